"""How much the Events API takes. (Contract: mparticle, section 4.)"""

from __future__ import annotations

from typing import Final

MOST_BATCHES: Final = 100  # in a request to /bulkevents
MOST_BATCH_BYTES: Final = 131_072  # 128 KB
MOST_REQUEST_BYTES: Final = 262_144  # 256 KB
MOST_ATTRIBUTES: Final = 100  # of an event, and of a user in a batch
MOST_NAME: Final = 256  # characters of an attribute's or an event's name
MOST_VALUE: Final = 4_096  # characters of an attribute's value
MOST_ENTRIES: Final = 1_000  # of a list
MOST_ENTRY: Final = 512  # characters of an entry of a list
