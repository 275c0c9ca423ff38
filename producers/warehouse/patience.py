"""Waiting: for a lane to drain as long as it takes, for a server that does not answer a bounded time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from tercel.errors import LaneFull, UnavailableError

FIRST_PAUSE_S: Final = 0.05  # seconds before the second try; doubled for each further one
LONGEST_PAUSE_S: Final = 2.0  # a full lane of half a million records does not run dry meanwhile
UNAVAILABLE_S: Final = 60.0  # seconds of pauses after which a server that does not answer ends the run

T = TypeVar("T")


class Stopped(Exception):
    """The backfill was asked to stop while it waited."""


class Patience:
    """Tries again what may be tried again: every call it is given has to be harmless when repeated."""

    def __init__(
        self,
        wait: Callable[[float], object],
        stopped: Callable[[], bool],
        *,
        unavailable_s: float = UNAVAILABLE_S,
    ) -> None:
        """``wait`` pauses for so many seconds, or until ``stopped`` turns true."""
        self._wait = wait
        self._stopped = stopped
        self._unavailable_s = unavailable_s

    def call(self, attempt: Callable[[], T], waiting: Callable[[str], None]) -> T:
        """Call until it succeeds, with growing pauses; tell ``waiting`` why before each.

        Raises :class:`Stopped`, and :class:`UnavailableError` once it has waited ``unavailable_s`` for a server.
        """
        pause, left = FIRST_PAUSE_S, self._unavailable_s
        while True:
            try:
                return attempt()
            except LaneFull as full:
                reason = str(full)
            except UnavailableError as error:
                if left <= 0:
                    raise
                reason = str(error)
                left -= pause
            waiting(reason)
            self._wait(pause)
            if self._stopped():
                raise Stopped
            pause = min(2 * pause, LONGEST_PAUSE_S)
