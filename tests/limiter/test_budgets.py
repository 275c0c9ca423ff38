"""Budgets of one deployment: slots, pauses and rates apart from each other, and one breaker for all."""

from __future__ import annotations

import itertools

import pytest
from redis import Redis

from workers.limiter import Booking, Limiter, Limits

LIMITS = Limits(rate=10, breaker_failures=2, breaker_open_s=5, breaker_max_s=20)
FAR_S = 1_000.0
USERS, EVENTS = "POST /user", "POST /event"


@pytest.fixture
def limiter(redis_client: Redis) -> Limiter:
    return Limiter(redis_client)


def book(limiter: Limiter, budget: str, horizon_s: float = FAR_S) -> Booking:
    return limiter.book("prod", LIMITS, horizon_s=horizon_s, records=1, budget=budget)


def test_requests_of_one_budget_take_no_slots_of_another(limiter: Limiter) -> None:
    for _ in range(50):
        book(limiter, EVENTS)

    assert book(limiter, USERS).wait_s == 0
    assert book(limiter, "").wait_s == 0


def test_a_budget_with_nothing_left_waits_and_the_others_go_on(limiter: Limiter) -> None:
    limiter.pace("prod", rate=0, for_s=30, budget=EVENTS)

    refused = book(limiter, EVENTS, horizon_s=2)

    assert (refused.granted, refused.why) == (False, "pause")
    assert 25 < refused.wait_s <= 30
    assert book(limiter, USERS, horizon_s=2).granted


def test_what_is_left_of_a_budget_is_spread_until_it_is_full_again(limiter: Limiter) -> None:
    limiter.pace("prod", rate=0.5, for_s=8, budget=EVENTS)

    slots = [book(limiter, EVENTS).at for _ in range(8)]

    gaps = [after - before for before, after in itertools.pairwise(slots)]
    assert gaps[:3] == pytest.approx([2, 2, 2], abs=0.05)
    assert slots[4] - slots[0] <= 8.1
    assert min(gaps) >= 0.05


def test_when_the_spread_is_over_the_budget_s_own_rate_is_back(limiter: Limiter, redis_client: Redis) -> None:
    limiter.pace("prod", rate=0.5, for_s=1_000, budget=EVENTS)
    redis_client.hset("tercel:limiter:prod:budget:POST /event", "pace_till", 0)

    slots = [book(limiter, EVENTS, horizon_s=FAR_S) for _ in range(20)]

    assert slots[-1].at - slots[0].at < 4


def test_a_429_slows_its_own_budget_and_is_counted_for_the_deployment(limiter: Limiter) -> None:
    limiter.slow("prod", LIMITS, after_s=20, budget=EVENTS)

    assert not book(limiter, EVENTS, horizon_s=2).granted
    assert book(limiter, USERS, horizon_s=2).granted
    state, of_events = limiter.state("prod", LIMITS), limiter.state("prod", LIMITS, budget=EVENTS)
    assert (state.slowed, state.paused, state.rate_allowed) == (1, False, 10)
    assert (of_events.paused, of_events.rate_allowed) == (True, 7)


def test_failures_open_one_breaker_for_all_budgets(limiter: Limiter) -> None:
    for _ in range(2):
        limiter.failed("prod", LIMITS)

    assert book(limiter, EVENTS).why == book(limiter, USERS).why == "breaker"
    assert limiter.state("prod", LIMITS).breaker_open

    limiter.passed("prod")

    assert book(limiter, EVENTS).granted


def test_slots_of_all_budgets_are_counted_together(limiter: Limiter) -> None:
    for budget in (USERS, EVENTS, USERS):
        book(limiter, budget)

    assert limiter.state("prod", LIMITS).slots == 3


def test_how_far_ahead_the_next_slot_of_each_budget_lies_is_known(limiter: Limiter, redis_client: Redis) -> None:
    for _ in range(100):
        book(limiter, EVENTS)

    ahead = limiter.ahead("prod", [EVENTS, USERS])

    assert 5 < ahead[EVENTS] <= 10
    assert ahead[USERS] == 0

    redis_client.hset("tercel:limiter:prod:budget:POST /event", "tat", 10**18)
    assert limiter.ahead("prod", [EVENTS]) == {EVENTS: 0}, "a clock that has jumped back stops nothing"
