"""The pure parts of the benchmarks: what is made of what was seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest

from bench.answers import latencies_ms
from bench.cpu import parse_stat
from bench.errors import BenchError
from bench.following import Sample, follow, reached_ns, steady_per_s
from bench.latency import by_sharing
from bench.producing import STAMP, Feed
from bench.records import profile_id, profile_number
from bench.spread import number, percentile, spread
from bench.stand_in import Window, tightest_ms, utilisation
from sandbox.talon_one import Applied

SECOND = 1_000_000_000
MS = 1_000_000


@dataclass(frozen=True)
class Seen:
    items: int
    last_ns: int


def counting(*items: int) -> Iterator[Seen]:
    return (Seen(n, place * SECOND) for place, n in enumerate(items, 1))


def looked(*items: int, expected: int | None = None) -> list[Sample]:
    seen, clock = counting(*items), iter(range(0, 1000 * SECOND, SECOND))
    return follow(lambda: next(seen), lambda: expected, clock_ns=lambda: next(clock), sleep=lambda _: None, stuck_s=5.0)


def test_a_percentile_is_the_smallest_value_that_the_share_does_not_exceed() -> None:
    values = [float(n) for n in range(100, 0, -1)]

    assert (percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1.0)) == (50, 99, 100)


def test_the_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 0.99) == 7.0


def test_a_spread_names_the_smallest_the_middle_and_the_largest() -> None:
    assert str(spread([3_000.0, 1_000.0, 2_500.0])) == "2,500 (1,000 to 3,000, 3 runs)"


def test_a_spread_of_one_run_is_written_as_a_number() -> None:
    assert str(spread([12_345.6])) == "12,346"


@pytest.mark.parametrize(("value", "text"), [(1_234_567.0, "1,234,567"), (12.34, "12.3"), (0.456, "0.46")])
def test_numbers_are_written_with_the_digits_that_matter(value: float, text: str) -> None:
    assert number(value) == text


def test_following_ends_with_the_last_arrival() -> None:
    assert looked(0, 40, 40, 100, expected=100) == [Sample(0, 0), Sample(2 * SECOND, 40), Sample(4 * SECOND, 100)]


def test_more_records_than_were_sent_end_the_measurement() -> None:
    with pytest.raises(BenchError, match="some came twice"):
        looked(50, 101, expected=100)


def test_records_that_never_come_end_the_measurement() -> None:
    with pytest.raises(BenchError, match=r"99 of 100 records have arrived, and none for 5 s"):
        looked(*[99] * 20, expected=100)


def test_a_share_is_reached_between_two_samples_by_straight_line() -> None:
    samples = [Sample(0, 0), Sample(10 * SECOND, 100), Sample(20 * SECOND, 200)]

    assert reached_ns(samples, 0.25) == 5 * SECOND


def test_the_steady_rate_leaves_start_and_end_out() -> None:
    samples = [Sample(0, 0), Sample(90 * SECOND, 10), Sample(91 * SECOND, 90), Sample(200 * SECOND, 100)]

    assert steady_per_s(samples, 0.10, 0.90) == pytest.approx(80.0)


def test_utilisation_counts_only_requests_within_the_window() -> None:
    at_60_a_second = [n * SECOND // 60 for n in range(600)]

    assert utilisation(at_60_a_second, Window(2 * SECOND, 8 * SECOND)) == pytest.approx(1.0, abs=0.005)


def test_the_tightest_span_is_that_of_one_request_more_than_the_limit_allows() -> None:
    arrivals = [0, 100 * MS, 900 * MS, 1_050 * MS, 2_500 * MS]

    assert tightest_ms(arrivals, rate=2) == 900.0 - 0.0


def test_there_is_no_tightest_span_of_fewer_requests() -> None:
    assert tightest_ms([0, 1, 2], rate=60) is None


def test_cpu_seconds_are_read_whatever_the_name_of_the_command_holds() -> None:
    text = "42 (a) b (c)) S 7 42 42 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 1 1 1"

    assert parse_stat(text) == (7, 2.0)


def test_the_shared_live_records_of_a_feed_stay_in_the_pool_and_never_come_twice() -> None:
    numbers = list(islice(Feed(redis="unix:///r", pool=20_000, step=7_919, apart=10_000_000).numbers(), 10_000))

    assert len(set(numbers)) == 10_000
    assert all(n < 20_000 for n in numbers[::2])
    assert all(n >= 10_000_000 for n in numbers[1::2])


def test_the_number_of_a_made_profile_can_be_read_from_its_id() -> None:
    assert profile_number(profile_id(1_234_567)) == 1_234_567


def test_latencies_are_told_apart_by_whether_the_backfill_has_the_profile_too() -> None:
    found = by_sharing({profile_id(5): 10.0, profile_id(10_000_006): 20.0})

    assert (found["shared"].p99_ms, found["disjoint"].p99_ms, found["all"].records) == (10.0, 20.0, 2)


def applied(request: int, profile: str, **content: Any) -> Applied:
    return Applied(seq=0, request=request, kind="profile", profile=profile, content=content)


def logged(at_ms: int, *, took_ms: int = 1, items: int = 1, outcome: str = "204") -> dict[str, Any]:
    return {"call": "PUT /x", "at_ns": at_ms * MS, "took_ns": took_ms * MS, "items": items, "outcome": outcome}


def test_a_latency_is_from_the_stamp_to_the_answer_of_the_request_that_carried_the_record() -> None:
    updates = [applied(1, "bulk"), applied(2, "live", **{STAMP: 100 * MS})]

    assert latencies_ms(updates, [logged(90), logged(140, took_ms=5)]) == {"live": 45.0}


def test_requests_turned_away_at_the_door_are_not_counted_as_applied() -> None:
    updates = [applied(1, "live", **{STAMP: 100 * MS})]

    assert latencies_ms(updates, [logged(110, outcome="429", items=0), logged(150)]) == {"live": 51.0}


def test_requests_logged_after_the_updates_were_read_are_left_out() -> None:
    updates = [applied(1, "live", **{STAMP: 100 * MS})]

    assert latencies_ms(updates, [logged(120), logged(130, items=9)]) == {"live": 21.0}


def test_a_log_that_does_not_fit_the_updates_is_not_believed() -> None:
    with pytest.raises(BenchError, match="do not fit together"):
        latencies_ms([applied(1, "live", **{STAMP: 0})], [logged(1, items=2)])


def test_a_request_that_failed_makes_the_times_worthless() -> None:
    with pytest.raises(BenchError, match="ended with 503"):
        latencies_ms([applied(1, "live", **{STAMP: 0})], [logged(1), logged(2, outcome="503")])
