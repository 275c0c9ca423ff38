"""The desk behind every door: inputs become loads, what the store must know is written down, and all of it gets in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Final

from producers.receiver import observing, reasons
from producers.receiver.answers import Problem
from producers.receiver.gathering import Crowded, Gatherer
from producers.receiver.keeping import Input, Keeps, keep, keepsake_of
from producers.receiver.values import Fate, Load
from tercel.errors import StoreUnavailable

STORE_ANSWER_S: Final = 3.0  # seconds that the store gets: a database may be locked for longer than senders wait


class Desk:
    """Takes inputs in for good. ``aside`` is where the store, which blocks, is called."""

    def __init__(self, gatherer: Gatherer, store: Keeps, aside: Executor) -> None:
        self._gatherer, self._store, self._aside = gatherer, store, aside

    async def take(self, inputs: Sequence[Input]) -> list[Fate]:
        """Return the fate of each input, in order: accepted or duplicate. All of them are in Redis then.

        Raises :class:`Problem` (503) where one is not. Others may be; a repeat leaves out those with a ``seen_id``.
        """
        keepsake = keepsake_of(inputs)
        if keepsake:
            try:
                keeping = asyncio.get_running_loop().run_in_executor(self._aside, keep, self._store, keepsake)
                await asyncio.wait_for(keeping, STORE_ANSWER_S)  # what is kept after that is kept once all the same
            except (StoreUnavailable, TimeoutError):
                raise self._put_off(inputs, reasons.STORE_AWAY, "The database does not answer: try again.") from None
        try:
            fates = await self._gatherer.hand_in([_load(one) for one in inputs])
        except Crowded:
            raise self._put_off(inputs, reasons.CROWDED, "Too much is waiting here already: try again.") from None
        for fate in fates:
            if not fate.is_in:
                raise self._put_off(inputs, *_WHY[fate])
        for one in inputs:
            if one.taken.notes:
                for note in one.taken.notes:
                    observing.noted(one.sender, note)
        return fates

    @staticmethod
    def _put_off(inputs: Sequence[Input], code: str, text: str) -> Problem:
        observing.inputs_done(inputs[0].sender, "put_off", len(inputs))
        return Problem(503, code, text)


_WHY = {
    Fate.LANE_FULL: (reasons.LANE_FULL, "The queue is full: try again."),
    Fate.REDIS_AWAY: (reasons.REDIS_AWAY, "Redis does not answer: try again."),
}


def _load(one: Input) -> Load:
    taken = one.taken
    return Load(taken.deployment, taken.records, one.seen_id, taken.filtered, len(taken.refused))
