"""How long a call waits before it is tried again: exponential, with full jitter."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """``first_s`` and ``max_s``, in seconds, bound the wait; the bound doubles with every attempt."""

    first_s: float
    max_s: float

    def delay_s(self, attempts: int, after_s: float | None = None, *, rng: random.Random | None = None) -> float:
        """Return the wait after ``attempts`` failed attempts (0: this was the first), in seconds.

        ``after_s`` is what the destination asked for: never less than that.
        """
        bound = min(self.max_s, self.first_s * 2.0 ** min(attempts, 30))
        drawn = (rng or random).uniform(0, bound)
        return drawn if after_s is None else after_s + drawn
