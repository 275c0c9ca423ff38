"""Redis' clock, told here: the quickest answer of late decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.clocks import KEEP_S, RedisClock

AHEAD_S = 1_000.0  # seconds by which Redis' clock is ahead of ours


def test_a_quick_answer_is_believed_over_a_slow_one() -> None:
    clock = RedisClock()
    clock.observe(0.0, 0.001, AHEAD_S + 0.0005)
    clock.observe(1.0, 1.5, AHEAD_S + 1.49)  # its way back took 10 ms of the 500

    assert clock.here(AHEAD_S + 2.0) == pytest.approx(2.0)


def test_an_old_answer_makes_room_for_newer_ones() -> None:
    clock = RedisClock()
    clock.observe(0.0, 0.001, AHEAD_S + 0.0005)
    clock.observe(KEEP_S + 1, KEEP_S + 1.002, AHEAD_S + KEEP_S + 1 + 0.0011)

    assert clock.here(AHEAD_S) == pytest.approx(-0.0001)


def test_a_clock_put_right_is_followed_at_once() -> None:
    clock = RedisClock()
    clock.observe(0.0, 0.001, AHEAD_S + 0.0005)
    clock.observe(1.0, 1.01, AHEAD_S - 60 + 1.005)

    assert clock.here(AHEAD_S - 60 + 2.0) == pytest.approx(2.0)


@given(st.lists(st.tuples(st.floats(0.0001, 0.5), st.floats(0, 1)), min_size=1, max_size=30))
def test_it_is_never_wrong_by_more_than_half_the_quickest_way_of_late(ways: list[tuple[float, float]]) -> None:
    clock = RedisClock()
    now, recent = 0.0, []
    for way, where in ways:
        clock.observe(now, now + way, AHEAD_S + now + way * where)
        now += way
        recent.append((now, way))
        quickest = min(w for heard, w in recent if heard >= now - KEEP_S)
        assert abs(clock.here(AHEAD_S + now) - now) <= quickest / 2 + 1e-6
