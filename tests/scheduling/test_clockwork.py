"""Schedules in the hands of one beat or two: what is due is begun once, whatever was missed. A clock handed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from producers.warehouse.scheduling.clockwork import ASK_AGAIN_S, LONGEST_WAIT_S, Clockwork
from producers.warehouse.scheduling.counting import Counted, Counts, named
from producers.warehouse.syncing.pausing import Pauses
from tercel.schedules import parse_schedule

SYNC = "vips"
MORNING = datetime(2026, 3, 2, 8, 7, tzinfo=UTC)


class Beat:
    """A beat with its own memory, on a Redis that others use too."""

    def __init__(self, redis: Redis, prefix: str, schedule: str = "every 15 minutes") -> None:
        self.counts, self.pauses = Counts(redis, prefix=prefix), Pauses(redis, prefix=prefix)
        self.schedule = parse_schedule(schedule)
        self.asked: list[bytes] = []
        self.clockwork = Clockwork(
            {SYNC: self.schedule}, self.counts, self.pauses, ask=lambda _sync, word: self.asked.append(word)
        )

    def turn(self, now: datetime) -> float:
        return self.clockwork.turn(now)

    def begun(self, now: datetime) -> int:
        """How many of the asks may begin their run."""
        asked, self.asked = self.asked, []
        return sum(self.counts.move(SYNC, word, Counted(now, named(self.schedule))) for word in asked)


@pytest.fixture
def beat(redis_client: Redis, prefix: str) -> Beat:
    """A beat that has begun to count at seven minutes past eight."""
    beat = Beat(redis_client, prefix)
    beat.turn(MORNING)
    return beat


def later(minutes: float) -> datetime:
    return MORNING + timedelta(minutes=minutes)


def test_a_new_schedule_has_missed_nothing(beat: Beat) -> None:
    assert beat.asked == []


def test_nothing_is_asked_for_before_it_is_due(beat: Beat) -> None:
    beat.turn(later(7.99))

    assert beat.asked == []


def test_what_is_due_is_asked_for_once_and_begun_once(beat: Beat) -> None:
    beat.turn(later(8))
    beat.turn(later(8.1))

    assert len(beat.asked) == 1
    assert beat.begun(later(8.1)) == 1
    beat.turn(later(8.2))
    assert beat.asked == []


def test_the_next_look_is_when_something_is_due(beat: Beat) -> None:
    assert beat.turn(later(8) - timedelta(seconds=2)) == pytest.approx(2)
    assert beat.turn(later(1)) == LONGEST_WAIT_S


def test_two_beats_begin_one_run(beat: Beat, redis_client: Redis, prefix: str) -> None:
    other = Beat(redis_client, prefix)

    beat.turn(later(8))
    other.turn(later(8))

    assert beat.begun(later(8)) + other.begun(later(8)) == 1


def test_after_an_outage_there_is_one_run_and_not_one_for_each_that_was_missed(
    redis_client: Redis, prefix: str, beat: Beat
) -> None:
    started_anew = Beat(redis_client, prefix)

    for seconds in range(0, 60, 5):
        started_anew.turn(later(10 * 60) + timedelta(seconds=seconds))

    assert started_anew.begun(later(10 * 60 + 1)) == 1
    started_anew.turn(later(10 * 60 + 2))
    assert started_anew.asked == []


def test_an_ask_that_nobody_heard_is_made_again_and_begun_once(beat: Beat) -> None:
    beat.turn(later(8))
    beat.turn(later(8) + timedelta(seconds=ASK_AGAIN_S))

    assert len(beat.asked) == 2
    assert beat.begun(later(14)) == 1


def test_a_pause_leaves_runs_out_and_its_end_brings_none_back(beat: Beat) -> None:
    beat.pauses.pause(SYNC, by="ada")
    beat.turn(later(8))
    beat.pauses.resume(SYNC)
    beat.turn(later(20))

    assert beat.asked == []
    beat.turn(later(23))
    assert beat.begun(later(23)) == 1


def test_a_changed_schedule_counts_from_its_change(beat: Beat, redis_client: Redis, prefix: str) -> None:
    changed = Beat(redis_client, prefix, "0 8 * * *")

    changed.turn(later(24 * 60 - 30))
    assert changed.asked == []

    changed.turn(later(24 * 60 - 1))
    assert changed.begun(later(24 * 60)) == 1


def test_a_beat_says_that_it_keeps_the_schedules(beat: Beat) -> None:
    assert beat.counts.are_kept()
