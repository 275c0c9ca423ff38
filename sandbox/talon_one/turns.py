"""Requests for one profile or session: how many may be there at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
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
