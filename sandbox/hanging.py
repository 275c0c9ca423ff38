"""Requests that hang until somebody lets go of them."""

from __future__ import annotations

import asyncio


class Hanging:
    """The requests that hang now; ``number`` is how many."""

    def __init__(self) -> None:
        self.number = 0
        self._release = asyncio.Event()

    def release(self) -> int:
        """Let go of every request that hangs now; their number comes back."""
        let_go = self.number
        self._release.set()
        self._release = asyncio.Event()
        return let_go

    async def wait(self) -> None:
        """Wait for the next :meth:`release`."""
        released = self._release
        self.number += 1
        try:
            await released.wait()
        finally:
            self.number -= 1
