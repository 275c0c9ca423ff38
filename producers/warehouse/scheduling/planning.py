"""Whether a sync is due. Pure: a schedule, a word, a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from producers.warehouse.scheduling.counting import Counted, named
from tercel.schedules import Schedule


class Step(StrEnum):
    """What is to be done with a sync now."""

    WAIT = "wait"
    COUNT = "count"  # begin to count: this schedule was not seen before
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, and the next due time; where one has passed, that one."""

    step: Step
    due: datetime


def judge(schedule: Schedule, counted: Counted | None, now: datetime) -> Verdict:
    """Judge one sync.

    A schedule that is new, or was changed, counts from now on: it has missed nothing. However many due times have
    passed since the last run, they are one.
    """
    if counted is None or counted.schedule != named(schedule):
        return Verdict(Step.COUNT, schedule.after(now))
    due = schedule.after(counted.since)
    return Verdict(Step.RUN if due <= now else Step.WAIT, due)
