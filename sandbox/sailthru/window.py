"""The rate limit by fixed windows of the clock, and the three headers that tell of it on every answer."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.wire import Header


@dataclass(frozen=True, slots=True)
class Place:
    """Whether a request got a place, and the headers that say how many are left until when (epoch seconds)."""

    admitted: bool
    headers: tuple[Header, ...] = ()


FREE = Place(True)


def told(limit: int, remaining: int, reset: int) -> tuple[Header, ...]:
    """The three headers."""
    return (
        (b"x-rate-limit-limit", str(limit).encode()),
        (b"x-rate-limit-remaining", str(remaining).encode()),
        (b"x-rate-limit-reset", str(reset).encode()),
    )


class FixedWindow:
    """At most ``limit`` requests in a window of ``window_s`` seconds; windows begin at multiples of their length."""

    def __init__(self, limit: int, window_s: int) -> None:
        self.limit, self._window_s = limit, window_s
        self._number = self._taken = 0

    def take(self, now_s: float) -> Place:
        """Decide about a request at this time (epoch seconds)."""
        if not self.limit:
            return FREE
        number = int(now_s) // self._window_s
        if number != self._number:
            self._number, self._taken = number, 0
        admitted = self._taken < self.limit
        self._taken += admitted
        return Place(admitted, told(self.limit, self.limit - self._taken, self.reset(now_s)))

    def reset(self, now_s: float) -> int:
        """When the window of this moment is over (epoch seconds)."""
        return (int(now_s) // self._window_s + 1) * self._window_s
