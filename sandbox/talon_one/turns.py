"""Requests for one profile or session: how many may be there at once, and how many were seen together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

from sandbox.talon_one.replies import BUSY, Refusal

Guard = tuple[str, str]
"""What is guarded: ``profile`` or ``session``, and its id."""


class Turns:
    """One request at a time for an id; a few wait in order, the next is refused (contract section 7)."""

    def __init__(self) -> None:
        self._queues: dict[Guard, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, guard: Guard, most: int) -> AsyncIterator[None]:
        """Hold the turn of an id, after those who came before.

        Raises:
            Refusal: 409, ``most`` requests for this id are already there.
        """
        queue = self._queues.setdefault(guard, deque())
        if len(queue) >= most:
            raise Refusal(HTTPStatus.CONFLICT, BUSY.format(guard[0]))
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(mine)
        try:
            if queue[0] is not mine:
                await mine
            yield
        finally:
            first = queue[0] is mine
            queue.remove(mine)
            if not queue:
                del self._queues[guard]
            elif first and not queue[0].done():
                queue[0].set_result(None)


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
