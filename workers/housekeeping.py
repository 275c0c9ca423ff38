"""What has to be done now and then by one worker of all: rejections hold personal data and are not kept for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from tercel.errors import StoreUnavailable
from workers.runtime import Runtime

EVERY_S: Final = 3_600.0  # seconds between two rounds, over all workers


class Housekeeping:
    """Deletes rejections older than ``rejections_keep_days``. Call :meth:`look_in` as often as you like."""

    def __init__(
        self, runtime: Runtime, *, every_s: float = EVERY_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rt = runtime
        self._every_s = every_s
        self._clock = clock
        self._next = clock()

    def look_in(self) -> bool:
        """Do a round if it is time, and no other worker did. Return whether it was done here."""
        if self._clock() < self._next:
            return False
        self._next = self._clock() + self._every_s
        key = f"{self._rt.settings.redis_prefix}tercel:housekeeping"
        if not self._rt.redis.set(key, b"1", nx=True, px=int(self._every_s * 1000)):
            return False
        try:
            self._rt.store.purge_older_than(self._rt.settings.rejections_keep_days)
        except StoreUnavailable:
            return False  # the next round comes
        return True
