"""Rate headers: nothing goes out when nothing remains, and a long window's rest is spread."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from tercel.records import LaneKind
from tests.destinations_sailthru.sailthru_given import NOW_S, answer, event, profile, request_for, sailthru
from workers.destinations.base import Pace, Request
from workers.destinations.sailthru.rates import BELIEVED_S

USER = request_for(LaneKind.PROFILE, [profile(a=1)])
EVENT = request_for(LaneKind.EVENT, [event()])


def told(request: Request, limit: int, remaining: int, in_s: int, **more: str) -> Pace | None:
    headers = {"limit": str(limit), "remaining": str(remaining), "reset": str(int(NOW_S) + in_s)}
    named = {f"x_rate_limit_{name}": value for name, value in headers.items()}
    return sailthru().pace(request, answer(200, None, **named, **more))


def test_when_nothing_remains_nothing_goes_out_until_the_reset() -> None:
    assert told(USER, 300, 0, 40) == Pace(0.0, 40.0)


def test_what_remains_of_a_long_window_is_spread_over_it() -> None:
    assert told(USER, 300, 120, 40) == Pace(3.0, 40.0)


def test_a_short_window_with_something_left_changes_nothing() -> None:
    assert told(USER, 300, 5, 1) is None


def test_a_limit_below_ours_is_obeyed_for_a_while() -> None:
    assert told(EVENT, 10, 9, 1) == Pace(10.0, BELIEVED_S)


def test_a_clock_that_differs_is_their_clock() -> None:
    theirs = formatdate(NOW_S + 100, usegmt=True)

    assert told(USER, 300, 0, 130, date=theirs) == Pace(0.0, 30.0)


@pytest.mark.parametrize("value", ["", "-1", "1e3", "٣", "9" * 40, "soon"])
def test_headers_that_are_no_numbers_say_nothing(value: str) -> None:
    assert sailthru().pace(USER, answer(200, None, x_rate_limit_remaining=value, x_rate_limit_reset=value)) is None


def test_every_request_has_a_budget_of_its_endpoint_and_method() -> None:
    assert (USER.budget, EVENT.budget) == ("POST /user", "POST /event")
    assert (sailthru().budgets["POST /user"], sailthru().budgets["POST /event"]) == (300, 40)
