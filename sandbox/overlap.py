"""How many requests for one profile were seen together."""

from __future__ import annotations

from collections.abc import Sequence


class Overlap:
    """How many requests that contain a profile were in hand at the same time."""

    def __init__(self) -> None:
        self.peaks: dict[str, int] = {}
        self._in_hand: dict[str, int] = {}

    def enter(self, profiles: Sequence[str]) -> None:
        """A request that contains ``profiles`` (each once) is in hand now."""
        in_hand, peaks = self._in_hand, self.peaks
        for profile in profiles:
            number = in_hand.get(profile, 0) + 1
            in_hand[profile] = number
            if number > peaks.get(profile, 1):
                peaks[profile] = number

    def leave(self, profiles: Sequence[str]) -> None:
        """That request has been answered."""
        in_hand = self._in_hand
        for profile in profiles:
            number = in_hand[profile] - 1
            if number:
                in_hand[profile] = number
            else:
                del in_hand[profile]

    @property
    def largest(self) -> int:
        """The largest overlap of any profile; 1 where no two requests ever met."""
        return max(self.peaks.values(), default=1)
