"""The balance: closes for what really happened, and says what is wrong for what did not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercel.balance import PARTS, UNFINISHED, balance, cross_check
from tercel.lanes import RUN_FIELDS, Lane, Survey
from tercel.records import LaneKind, Urgency

counts_of_parts = st.fixed_dictionaries({name: st.integers(0, 10**9) for name in PARTS})


def survey(*, depth: int = 0, ready: int = 0, later: int = 0) -> Survey:
    lanes = (Lane(LaneKind.PROFILE, Urgency.BULK, depth, 0, 0, None),) if depth else ()
    return Survey(0, False, lanes, {Urgency.LIVE: 0, Urgency.BULK: ready}, {Urgency.LIVE: 0, Urgency.BULK: later}, None)


@given(counts_of_parts)
def test_it_closes_whenever_the_parts_add_up_to_what_was_received(parts: dict[str, int]) -> None:
    found = balance({**parts, "received": sum(parts.values())})

    assert found.closes
    assert found.complaints() == []
    assert found.unfinished == sum(parts[name] for name in UNFINISHED)


@given(counts_of_parts, st.sampled_from(RUN_FIELDS), st.integers(1, 10**6))
def test_one_record_too_many_or_too_few_anywhere_and_it_does_not_close(
    parts: dict[str, int], where: str, n: int
) -> None:
    counts = {**parts, "received": sum(parts.values())}
    counts[where] += n

    found = balance(counts)

    assert not found.closes
    assert "DOES NOT CLOSE" in found.line()


def test_a_counter_below_zero_does_not_close_even_where_the_sum_is_right() -> None:
    found = balance({"received": 1, "delivered": 2, "in_flight": -1})

    assert found.missing == 0
    assert not found.closes
    assert "in flight is below zero" in found.line()


def test_the_line_reads_like_an_equation_without_the_zeros() -> None:
    assert balance({"received": 1500, "delivered": 1498, "rejected": 2}).line() == (
        "1,500 received = 1,498 delivered + 2 rejected"
    )
    assert balance({}).line() == "0 received = 0"


def test_counters_by_kind_are_passed_over() -> None:
    assert balance({"received": 1, "delivered": 1, "profile.delivered": 7}).closes


@pytest.mark.parametrize(
    ("counts", "lies", "agree"),
    [
        ({"waiting": 5}, survey(depth=5), True),
        ({"waiting": 5}, survey(depth=4), False),
        ({"in_flight": 1}, survey(ready=1), True),
        ({"in_flight": 999, "retrying": 1001}, survey(ready=1, later=1), True),
        ({"in_flight": 2001}, survey(ready=2), False),
        ({"in_flight": 1}, survey(), False),
        ({}, survey(later=1), False),
    ],
)
def test_counters_are_held_to_what_lies_in_lanes_and_calls(counts: dict[str, int], lies: Survey, agree: bool) -> None:
    assert (cross_check(balance(counts), lies) == []) is agree
