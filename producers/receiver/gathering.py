"""Gathers what many requests hand in at the same time, so that one script, and one fsync, serves all of them.

Each deployment has a line. While one enqueue of a line is under way, the next loads gather; there is never a second one
in flight, so loads get to their lanes in the order in which they were handed in. No timer is needed: under little
traffic a load goes at once, under much the enqueues grow.

What is kept out comes again with its request. So what follows in the same request for the same profiles is kept out
with it: it would have overtaken it by then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from producers.receiver.values import Fate, Load

MOST_TOGETHER: Final = 500  # records in one enqueue: a script with more would hold Redis up for all others
MOST_WAITING: Final = 50_000  # records in memory at most, about 100 MB; beyond, senders are asked to come back

Put = Callable[[str, Sequence[Load]], Awaitable[list[Fate]]]


class Crowded(Exception):
    """Too many records wait in memory; nothing was taken in."""


class Gatherer:
    """Takes loads in and answers with their fates. Lives on one event loop.

    ``put`` enqueues loads of one deployment and returns their fates.
    """

    def __init__(
        self,
        put: Put,
        *,
        most_waiting: int = MOST_WAITING,
        most_together: int = MOST_TOGETHER,
    ) -> None:
        self._put = put
        self._most_waiting, self._most_together = most_waiting, most_together
        self._lines: dict[str, _Line] = {}
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How much waits in memory, by :attr:`Load.weight`."""
        return self._waiting

    async def hand_in(self, loads: Sequence[Load]) -> list[Fate]:
        """Return the fate of each load once all of them are known, in order.

        Who stops waiting (its client went away) changes nothing: the loads go on. Raises :class:`Crowded` where too
        much waits already; loads that are more than the limit by themselves get in when nothing else waits.
        """
        if not loads:
            return []
        weight = sum([load.weight for load in loads])
        if self._waiting and self._waiting + weight > self._most_waiting:
            raise Crowded
        self._waiting += weight
        ticket = _Ticket(len(loads), asyncio.get_running_loop().create_future())
        for place, load in enumerate(loads):
            line = self._lines.get(load.deployment)
            if line is None:
                line = self._lines[load.deployment] = _Line(load.deployment)
            line.waiting.append((load, ticket, place))
            if line.task is None:
                line.task = asyncio.create_task(self._run(line), name=f"line {load.deployment}")
        return await ticket.done

    async def _run(self, line: _Line) -> None:
        """Enqueue until the line is empty, one batch after the other."""
        try:
            while line.waiting:
                taken = line.take(self._most_together)
                try:
                    # What a request is kept out with is settled here, and does not go.
                    going = [one for one in taken if not (one[1].kept_out and one[1].keeps_out(one[2], one[0]))]
                    if going:
                        await self._enqueue(line.deployment, going)
                finally:
                    self._waiting -= sum([load.weight for load, _, _ in taken])
        finally:
            line.task = None

    async def _enqueue(self, deployment: str, going: Sequence[_Waiting]) -> None:
        """Enqueue these together, and tell those who wait for them."""
        loads = [load for load, _, _ in going]
        try:
            fates = await self._put(deployment, loads)
        except Exception as error:  # a mistake of ours: who waits must hear of it, and the line goes on
            for load, ticket, _ in going:
                ticket.fail(load, error)
        else:
            for (load, ticket, place), fate in zip(going, fates, strict=True):
                ticket.settle(place, load, fate)


class _Line:
    """What waits for one deployment."""

    __slots__ = ("deployment", "task", "waiting")

    def __init__(self, deployment: str) -> None:
        self.deployment = deployment
        self.waiting: deque[_Waiting] = deque()
        self.task: asyncio.Task[None] | None = None

    def take(self, most: int) -> list[_Waiting]:
        """Take loads off the front until they hold ``most`` records; one that is larger goes by itself."""
        taken = [self.waiting.popleft()]
        room = most - len(taken[0][0].records)
        while self.waiting and len(taken) < most:
            room -= len(self.waiting[0][0].records)
            if room < 0:
                break
            taken.append(self.waiting.popleft())
        return taken


class _Ticket:
    """What one request waits for: the fates of all its loads.

    ``kept_out`` are the profiles, by deployment, of which something did not get in, with what became of that.
    """

    __slots__ = ("_fates", "_missing", "done", "kept_out")

    def __init__(self, loads: int, done: asyncio.Future[list[Fate]]) -> None:
        self.done = done
        self.kept_out: dict[tuple[str, str], Fate] = {}
        self._fates = [Fate.REDIS_AWAY] * loads
        self._missing = loads

    def keeps_out(self, place: int, load: Load) -> bool:
        """Settle a load that follows one which was kept out; False where there is none for any of its profiles."""
        why = next((self.kept_out[one] for one in _concerned(load) if one in self.kept_out), None)
        if why is not None:
            self.settle(place, load, why)
        return why is not None

    def settle(self, place: int, load: Load, fate: Fate) -> None:
        """Note what became of a load."""
        self._fates[place] = fate
        if not fate.is_in:
            self.kept_out |= dict.fromkeys(_concerned(load), fate)
        self._missing -= 1
        if not self._missing and not self.done.done():
            self.done.set_result(self._fates)

    def fail(self, load: Load, error: Exception) -> None:
        """Note that a load met a mistake of ours."""
        self.kept_out |= dict.fromkeys(_concerned(load), Fate.REDIS_AWAY)
        self._missing -= 1
        if not self.done.done():
            self.done.set_exception(error)


def _concerned(load: Load) -> list[tuple[str, str]]:
    return [(load.deployment, text) for text in load.key_texts]


_Waiting = tuple[Load, _Ticket, int]  # a load, who waits for it, and its place among that one's loads
