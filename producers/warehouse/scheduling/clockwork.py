"""One look at all schedules: what is due is asked for, once.

A run is asked for without taking it: who begins it moves the sync's word on (``counting.py``). So an ask that is lost
on the way costs nothing, and is made again after ``ASK_AGAIN_S``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from producers.warehouse.scheduling.counting import Counted, Counts, named
from producers.warehouse.scheduling.planning import Step, judge
from producers.warehouse.syncing.pausing import Pauses
from tercel.schedules import Schedule

ASK_AGAIN_S: Final = 300.0  # seconds after which an ask that nobody heard is made again; it is void by then
LONGEST_WAIT_S: Final = 5.0  # seconds between two looks, so that a pause or another beat is noticed


class Clockwork:
    """The schedules of some syncs."""

    def __init__(
        self, schedules: Mapping[str, Schedule], counts: Counts, pauses: Pauses, *, ask: Callable[[str, bytes], None]
    ) -> None:
        """``ask(sync, word)`` asks for a run, to be begun by who moves the sync's word on from what it is now."""
        self._schedules, self._counts, self._pauses, self._ask = schedules, counts, pauses, ask
        self._asked: dict[str, tuple[bytes, datetime]] = {}

    def turn(self, now: datetime) -> float:
        """Look at every schedule; return the seconds until the next look is worth while. Raises redis-py's errors."""
        self._counts.keep()
        words, paused = self._counts.of(self._schedules), self._pauses.all()
        wait = LONGEST_WAIT_S
        for name, schedule in self._schedules.items():
            word = words[name]
            verdict = judge(schedule, None if word is None else Counted.read(word), now)
            if verdict.step is Step.COUNT or (verdict.step is Step.RUN and name in paused):
                self._counts.move(name, word, Counted(now, named(schedule)))  # what a pause leaves out is not missed
            elif verdict.step is Step.RUN and word is not None:
                self._ask_once(name, word, now)
            else:
                wait = min(wait, (verdict.due - now).total_seconds())
        return wait

    def _ask_once(self, name: str, word: bytes, now: datetime) -> None:
        before = self._asked.get(name)
        if before is not None and before[0] == word and now - before[1] < timedelta(seconds=ASK_AGAIN_S):
            return
        self._ask(name, word)
        self._asked[name] = (word, now)
