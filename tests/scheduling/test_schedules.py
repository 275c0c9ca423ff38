"""When schedules come round: intervals, cron, and the days on which clocks change. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tercel.schedules import Schedule, parse_schedule

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def coming(schedule: Schedule, after: datetime, count: int) -> list[str]:
    """The next moments, by the clock on the schedule's wall."""
    found = []
    for _ in range(count):
        after = schedule.after(after)
        found.append(f"{after.astimezone(schedule.zone):%d %H:%M %z}")
    return found


@pytest.mark.parametrize(
    ("text", "moment", "due"),
    [
        ("every 15 minutes", "2026-03-01T10:07:30", "2026-03-01T10:15:00"),
        ("every 15 minutes", "2026-03-01T10:15:00", "2026-03-01T10:30:00"),
        ("Every  hour", "2026-03-01T10:15:00", "2026-03-01T11:00:00"),
        ("every 2 days", "2026-03-01T10:15:00", "2026-03-02T00:00:00"),
        ("30 6 * * *", "2026-03-01T06:30:00", "2026-03-02T06:30:00"),
        ("30 6 * * mon-fri", "2026-03-06T07:00:00", "2026-03-09T06:30:00"),
        ("0 0 * * fri-sun", "2026-03-02T07:00:00", "2026-03-06T00:00:00"),
        ("0 0 * * 7", "2026-03-02T07:00:00", "2026-03-08T00:00:00"),
        ("5/20 * * * *", "2026-03-02T07:30:00", "2026-03-02T07:45:00"),
        ("0 12 1,15 jan,jul *", "2026-03-02T07:00:00", "2026-07-01T12:00:00"),
        ("0 0 29 2 *", "2096-03-01T00:00:00", "2104-02-29T00:00:00"),
        ("0 0 13 * fri", "2026-03-01T00:00:00", "2026-03-06T00:00:00"),
    ],
)
def test_a_schedule_comes_round(text: str, moment: str, due: str) -> None:
    assert parse_schedule(text).after(at(moment)) == at(due)


def test_a_cron_expression_is_meant_in_its_time_zone_summer_and_winter() -> None:
    schedule = parse_schedule("0 6 * * *", BERLIN)

    assert schedule.after(at("2026-01-10T00:00:00")) == at("2026-01-10T05:00:00")
    assert schedule.after(at("2026-07-10T00:00:00")) == at("2026-07-10T04:00:00")


def test_a_time_that_the_clock_leaves_out_in_spring_comes_an_hour_later() -> None:
    schedule = parse_schedule("30 2 * * *", BERLIN)

    assert coming(schedule, at("2026-03-28T00:00:00"), 3) == ["28 02:30 +0100", "29 03:30 +0200", "30 02:30 +0200"]


def test_a_time_that_comes_twice_in_autumn_counts_once() -> None:
    schedule = parse_schedule("30 2 * * *", BERLIN)

    assert coming(schedule, at("2026-10-24T12:00:00"), 2) == ["25 02:30 +0200", "26 02:30 +0100"]


@pytest.mark.parametrize("day", ["2026-03-28T22:00:00", "2026-10-24T22:00:00"], ids=["spring", "autumn"])
@pytest.mark.parametrize("text", ["*/15 * * * *", "every 15 minutes"])
def test_what_runs_all_day_runs_evenly_when_clocks_change(text: str, day: str) -> None:
    schedule, moments = parse_schedule(text, BERLIN), [at(day)]

    for _ in range(24):
        moments.append(schedule.after(moments[-1]))

    assert {later - earlier for earlier, later in pairwise(moments)} == {timedelta(minutes=15)}


def test_a_time_left_out_at_midnight_comes_in_order() -> None:
    """In Beirut the clock goes from 24:00 to 01:00."""
    schedule = parse_schedule("30 0,1 * * *", "Asia/Beirut")

    assert coming(schedule, at("2026-03-28T12:00:00"), 2) == ["29 01:30 +0300", "30 00:30 +0300"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("every 90 seconds", 90),
        ("* * * * *", 60),
        ("0,10 9 * * *", 600),
        ("50 23 * * *", 86_400),
        ("5,55 * * * *", 600),
    ],
)
def test_the_shortest_time_between_two_moments_is_known(text: str, seconds: int) -> None:
    assert parse_schedule(text).shortest == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("every", 'write e.g. "every 15 minutes"'),
        ("every 0 minutes", 'write e.g. "every 15 minutes"'),
        ("every 3 weeks", 'write e.g. "every 15 minutes"'),
        ("daily", "a cron expression of five parts"),
        ("0 6 * *", "a cron expression of five parts"),
        ("0 25 * * *", "has '25' as its hour, which must be from 0 to 23"),
        ("0 6 * * fri-mon", "a range that runs backwards"),
        ("*/0 6 * * *", "its step must be from 1 to 59"),
        ("0 6 * * someday", "has 'someday' as its day of the week"),
        ("0 6 1- * *", "write *, a number, a range"),
        ("0 6 31 feb,apr *", "a date that never comes"),
    ],
)
def test_what_is_no_schedule_is_refused_with_what_to_write(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) ") as refused:
        parse_schedule(text)

    assert words in str(refused.value)
