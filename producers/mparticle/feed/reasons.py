"""Why the Events API's door does not take a batch: stable codes, and what each means."""

from __future__ import annotations

from typing import Final

from tercel.explain import Explanation

BAD_BATCH: Final = "T680"
WRONG_CREDENTIALS: Final = "T681"

REASONS: Final[dict[str, Explanation]] = {
    BAD_BATCH: Explanation(
        "A batch posted to mParticle's Events API is malformed",
        "A field is missing, has the wrong type, or holds more than the Events API takes (100 attributes, names of 256 "
        "and values of 4,096 characters, lists of 1,000 entries of 512). Alone it was answered 400; in a bulk request "
        "the others were taken and this one is kept as a rejection.",
        "The answer (or the rejection) names the field. Correct it at the sender and send the batch again.",
    ),
    WRONG_CREDENTIALS: Explanation(
        "Key or secret of a feed is wrong",
        "A request to the Events API's door was answered 403: its HTTP Basic key and secret are those of no feed.",
        'Give the sender the key and secret that stand under [mparticle.<name>] with door = "feed".',
    ),
}
