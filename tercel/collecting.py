"""How often Python looks for cycles in a process that goes through millions of small objects."""

from __future__ import annotations

import gc
from typing import Final

# Objects made before Python looks for cycles. Rows and messages live for milliseconds and form no cycle; looking for
# them at the default of 700 took a fifth of the time in which a sync puts rows on a lane.
THRESHOLD: Final = 100_000


def collect_rarely() -> None:
    """Look for cycles rarely from now on, and never among what there is already: modules, settings, connections."""
    gc.freeze()
    gc.set_threshold(THRESHOLD, 20, 100)
