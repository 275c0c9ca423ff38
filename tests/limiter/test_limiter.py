"""The shared limiter on a real Redis. Slots are read from its answers and Redis' own clock; nothing here waits."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from workers.limiter import Limiter, Limits

# Long pauses: a machine that stands still for some seconds must not use one up. Tests move the clock instead.
LIMITS = Limits(rate=10, breaker_failures=3, breaker_open_s=500, breaker_max_s=2_000)
HALF_OPEN_US = 600_000_000  # after this the breaker lets one request through
HASH = "tercel:limiter:prod"
HOUR_US = 3_600_000_000
FAR_S = 1_000.0  # a horizon that refuses nothing


@pytest.fixture
def limiter(redis_client: Redis) -> Limiter:
    return Limiter(redis_client)


def now_us(redis: Redis) -> int:
    seconds, micros = redis.time()
    return int(seconds) * 1_000_000 + int(micros)


def move_clock_back(redis: Redis, us: int) -> None:
    """Leave the limiter's times as a clock would that was ahead by so much and was then put right."""
    for field in ("tat", "msg_tat", "open_till", "pause", "slow_at", "climb_at"):
        if redis.hexists(HASH, field):
            redis.hincrbyfloat(HASH, field, us)


def move_clock_on(redis: Redis, us: int) -> None:
    """Let time pass: all that lies ahead is nearer now."""
    move_clock_back(redis, -us)


def book_ahead(redis: Redis) -> None:
    """Have the next half minute booked: the slots behind it do not depend on when they are asked for."""
    redis.hset(HASH, "tat", now_us(redis) + 30_000_000)


def slots(limiter: Limiter, redis: Redis, limits: Limits, n: int) -> list[float]:
    """Book ``n`` slots and return when they are, in seconds; the spacing after each is taken off again."""
    found = []
    for _ in range(n):
        assert limiter.book("prod", limits, horizon_s=FAR_S, records=1).granted
        found.append(float(redis.hget(HASH, "tat")) / 1e6)  # type: ignore[arg-type]
    return found


@settings(max_examples=40)
@given(
    rate=st.integers(1, 200),
    jitter=st.sampled_from([0.0, 0.01, 0.02, 0.1]),
    bookers=st.lists(st.sampled_from([0.15, 2.0, FAR_S]), min_size=1, max_size=60),
)
def test_no_second_sees_more_grants_than_the_rate_whoever_books(
    redis_client: Redis, rate: int, jitter: float, bookers: list[float]
) -> None:
    redis_client.delete(HASH)
    limiter, limits, granted = Limiter(redis_client), Limits(rate=rate, jitter=jitter), []
    for horizon_s in bookers:
        before = redis_client.hget(HASH, "tat")
        if limiter.book("prod", limits, horizon_s=horizon_s, records=1).granted:
            granted.append(float(redis_client.hget(HASH, "tat") or 0))
        else:
            assert redis_client.hget(HASH, "tat") == before, "a refusal books nothing"

    gaps = [after - before for before, after in itertools.pairwise(granted)]
    assert all(gap >= (1 + jitter) / rate * 1e6 - 1 for gap in gaps)


def test_slots_booked_from_many_threads_are_all_different_and_evenly_spaced(
    limiter: Limiter, redis_client: Redis
) -> None:
    limits, n = Limits(rate=100), 200
    with ThreadPoolExecutor(8) as pool:
        booked = list(pool.map(lambda _: limiter.book("prod", limits, horizon_s=FAR_S, records=1), range(n)))

    assert all(one.granted for one in booked)
    last_slot = float(redis_client.hget(HASH, "tat")) / 1e6 - 1 / 100  # type: ignore[arg-type]
    assert last_slot - now_us(redis_client) / 1e6 <= (n - 1) / 100
    assert max(one.wait_s for one in booked) <= (n - 1) / 100
    assert int(redis_client.hget(HASH, "slots") or 0) == n


def test_first_come_is_first_served(limiter: Limiter, redis_client: Redis) -> None:
    found = slots(limiter, redis_client, LIMITS, 20)

    assert found == sorted(found)


def test_without_a_rate_nothing_waits(limiter: Limiter) -> None:
    booked = [limiter.book("prod", Limits(rate=0), horizon_s=0, records=1) for _ in range(50)]

    assert {(one.granted, one.wait_s) for one in booked} == {(True, 0.0)}


def test_after_a_pause_requests_leave_one_by_one_and_not_in_a_burst(limiter: Limiter, redis_client: Redis) -> None:
    slots(limiter, redis_client, LIMITS, 3)
    move_clock_on(redis_client, HOUR_US)

    first = limiter.book("prod", LIMITS, horizon_s=FAR_S, records=1)
    found = slots(limiter, redis_client, LIMITS, 5)

    assert first.wait_s == 0
    assert all(later - earlier >= 0.1 - 1e-5 for earlier, later in itertools.pairwise(found))


def test_bulk_may_not_book_so_far_ahead_that_live_waits_behind_it(limiter: Limiter) -> None:
    limits = Limits(rate=0.1)
    bulk = [limiter.book("prod", limits, horizon_s=15, records=1) for _ in range(20)]
    live = limiter.book("prod", limits, horizon_s=200, records=1)

    assert not all(one.granted for one in bulk)
    assert {one.why for one in bulk if not one.granted} == {"full"}
    assert live.granted
    assert live.wait_s <= 15 + 2 / limits.rate


def test_the_budget_of_records_makes_the_next_request_wait_for_what_the_last_one_carried(limiter: Limiter) -> None:
    limits = Limits(rate=0, messages_per_minute=60)
    first = limiter.book("prod", limits, horizon_s=2, records=100)
    second = limiter.book("prod", limits, horizon_s=2, records=1)

    assert (first.granted, first.wait_s) == (True, 0)
    assert (second.granted, second.why) == (False, "full")
    assert second.wait_s == pytest.approx(100, abs=30)


def test_a_429_pauses_everybody_and_lowers_the_rate(limiter: Limiter) -> None:
    limiter.slow("prod", LIMITS, after_s=300)

    refused = limiter.book("prod", LIMITS, horizon_s=2, records=1)
    assert (refused.granted, refused.why) == (False, "pause")
    assert refused.wait_s == pytest.approx(300, abs=60)
    assert limiter.state("prod", LIMITS).rate_allowed == pytest.approx(7, abs=0.1)


def test_one_storm_of_429s_lowers_the_rate_once(limiter: Limiter, redis_client: Redis) -> None:
    for _ in range(16):
        limiter.slow("prod", LIMITS, after_s=300)
        redis_client.hset(HASH, "slow_at", now_us(redis_client))  # the storm is as young as at its beginning

    assert limiter.state("prod", LIMITS).rate_allowed == pytest.approx(7)


def test_the_rate_climbs_back_to_the_limit(limiter: Limiter, redis_client: Redis) -> None:
    limiter.slow("prod", LIMITS, after_s=0)
    climbing = []
    for _ in range(4):
        climbing.append(limiter.state("prod", LIMITS).rate_allowed)
        move_clock_on(redis_client, 2_000_000)

    assert climbing == sorted(climbing)
    assert climbing[-1] == pytest.approx(10, abs=0.1)
    book_ahead(redis_client)
    found = slots(limiter, redis_client, LIMITS, 2)
    assert found[1] - found[0] == pytest.approx(0.1, abs=0.001)


def test_a_second_storm_lowers_the_rate_that_was_climbed_back_to(limiter: Limiter, redis_client: Redis) -> None:
    began_us = now_us(redis_client)
    limiter.slow("prod", LIMITS, after_s=0)
    move_clock_on(redis_client, 4_000_000)

    limiter.slow("prod", LIMITS, after_s=300)

    took_s = (now_us(redis_client) - began_us) / 1e6
    allowed = limiter.state("prod", LIMITS).rate_allowed
    assert allowed + 1e-3 >= (7 + 0.5 * 4) * 0.7
    assert allowed - 1e-3 <= (7 + 0.5 * (4 + took_s)) * 0.7


def test_however_many_storms_come_some_rate_is_left(limiter: Limiter, redis_client: Redis) -> None:
    for _ in range(50):
        limiter.slow("prod", LIMITS, after_s=0)
        move_clock_on(redis_client, 1_100_000)

    assert limiter.state("prod", LIMITS).rate_allowed >= 1


def failing(limiter: Limiter, n: int) -> bool:
    return [limiter.failed("prod", LIMITS) for _ in range(n)][-1].broken


def test_failures_in_a_row_open_the_breaker(limiter: Limiter) -> None:
    assert not failing(limiter, 2)
    assert failing(limiter, 1)
    refused = limiter.book("prod", LIMITS, horizon_s=2, records=1)
    assert (refused.granted, refused.why, refused.failing) == (False, "breaker", True)


def test_the_failure_that_opens_the_breaker_says_for_how_long(limiter: Limiter) -> None:
    failed = [limiter.failed("prod", LIMITS) for _ in range(4)]

    assert [(one.broken, one.opened_s, one.in_a_row) for one in failed] == [
        (False, 0, 1),
        (False, 0, 2),
        (True, 500, 3),
        (True, 0, 4),
    ]


def test_only_the_success_that_closes_the_breaker_says_so(limiter: Limiter) -> None:
    failing(limiter, 3)

    assert [limiter.passed("prod"), limiter.passed("prod")] == [True, False]


def test_a_success_between_them_keeps_it_closed(limiter: Limiter) -> None:
    failing(limiter, 2)
    limiter.passed("prod")

    assert not failing(limiter, 2)


def test_a_half_open_breaker_lets_exactly_one_request_through(limiter: Limiter, redis_client: Redis) -> None:
    failing(limiter, 3)
    move_clock_on(redis_client, HALF_OPEN_US)

    with ThreadPoolExecutor(8) as pool:
        booked = list(pool.map(lambda _: limiter.book("prod", LIMITS, horizon_s=2, records=1), range(24)))

    assert sum(one.granted for one in booked) == 1


def test_a_refused_booking_does_not_use_up_the_half_open_breaker(limiter: Limiter, redis_client: Redis) -> None:
    failing(limiter, 3)
    move_clock_on(redis_client, HALF_OPEN_US)
    limiter.slow("prod", LIMITS, after_s=300)
    assert not limiter.book("prod", LIMITS, horizon_s=2, records=1).granted

    redis_client.hdel(HASH, "pause")

    assert limiter.book("prod", LIMITS, horizon_s=2, records=1).granted


def test_the_breaker_closes_when_the_one_request_passes(limiter: Limiter, redis_client: Redis) -> None:
    failing(limiter, 3)
    move_clock_on(redis_client, HALF_OPEN_US)
    limiter.book("prod", LIMITS, horizon_s=2, records=1)

    limiter.passed("prod")

    assert not limiter.state("prod", LIMITS).breaker_open
    assert limiter.book("prod", LIMITS, horizon_s=2, records=1).granted


@pytest.mark.parametrize("jump_us", [2 * HOUR_US, 48 * HOUR_US])
@pytest.mark.parametrize(
    "before",
    [
        lambda limiter, limits: limiter.book("prod", limits, horizon_s=2, records=1),
        lambda limiter, limits: [limiter.failed("prod", limits) for _ in range(3)],
        lambda limiter, limits: limiter.slow("prod", limits, after_s=10),
    ],
    ids=["booked", "breaker open", "slowed"],
)
def test_a_clock_that_jumps_back_does_not_stop_the_deployment(
    limiter: Limiter, redis_client: Redis, jump_us: int, before: Callable[[Limiter, Limits], object]
) -> None:
    limits = replace(LIMITS, messages_per_minute=60_000)
    before(limiter, limits)

    move_clock_back(redis_client, jump_us)

    assert not limiter.state("prod", limits).breaker_open
    assert limiter.book("prod", limits, horizon_s=2, records=1).granted
    assert limiter.state("prod", limits).rate_allowed == pytest.approx(10, abs=3.1)


FREE_S = 0.01  # seconds a request may leave late by without anybody moving: part of the jitter allowance


@settings(max_examples=40)
@given(late_s=st.lists(st.one_of(st.just(0.0), st.floats(0, 0.25)), min_size=1, max_size=60))
def test_late_requests_never_crowd_a_second(redis_client: Redis, late_s: list[float]) -> None:
    redis_client.flushdb()
    limiter, limits = Limiter(redis_client), replace(LIMITS, jitter=0.02)
    spacing = 1.02 / 10
    arrived = []
    for late in late_s:
        booking = limiter.book("prod", limits, horizon_s=FAR_S, records=1)
        slot = float(redis_client.hget(HASH, "tat")) / 1e6 - spacing  # type: ignore[arg-type]
        arrived.append(slot + late)
        if late > FREE_S:
            limiter.late("prod", booking, by_s=late - FREE_S)

    arrived.sort()
    assert all(later - first > 1 for first, later in zip(arrived, arrived[10:], strict=False))


def test_of_requests_that_one_stall_made_late_only_the_latest_costs(limiter: Limiter, redis_client: Redis) -> None:
    bookings = [limiter.book("prod", LIMITS, horizon_s=FAR_S, records=1) for _ in range(3)]
    before = float(redis_client.hget(HASH, "tat"))  # type: ignore[arg-type]

    for booking, by_s in zip(bookings, (0.2, 0.1, 0.05), strict=True):
        limiter.late("prod", booking, by_s=by_s)

    assert float(redis_client.hget(HASH, "tat")) - before == pytest.approx(200_000)  # type: ignore[arg-type]


def test_a_request_that_took_long_to_leave_costs_a_second_and_not_as_long_as_it_took(
    limiter: Limiter, redis_client: Redis
) -> None:
    booking = limiter.book("prod", LIMITS, horizon_s=FAR_S, records=1)
    before = float(redis_client.hget(HASH, "tat"))  # type: ignore[arg-type]

    limiter.late("prod", booking, by_s=10.0)

    assert float(redis_client.hget(HASH, "tat")) - before == pytest.approx(1_000_000)  # type: ignore[arg-type]


def test_a_request_late_after_others_were_moved_moves_again(limiter: Limiter, redis_client: Redis) -> None:
    first = limiter.book("prod", LIMITS, horizon_s=FAR_S, records=1)
    limiter.late("prod", first, by_s=0.2)
    second = limiter.book("prod", LIMITS, horizon_s=FAR_S, records=1)
    before = float(redis_client.hget(HASH, "tat"))  # type: ignore[arg-type]

    limiter.late("prod", second, by_s=0.1)

    assert float(redis_client.hget(HASH, "tat")) - before == pytest.approx(100_000)  # type: ignore[arg-type]


def test_a_limit_changes_for_all_without_a_restart(limiter: Limiter, redis_client: Redis) -> None:
    book_ahead(redis_client)
    limiter.set_limit("prod", 100)
    fast = slots(limiter, redis_client, LIMITS, 2)
    limiter.set_limit("prod", None)
    slow = slots(Limiter(redis_client), redis_client, LIMITS, 2)

    assert fast[1] - fast[0] == pytest.approx(0.01, abs=0.001)
    assert slow[1] - slow[0] == pytest.approx(0.1, abs=0.001)


def test_a_limit_of_nought_set_by_hand_switches_the_limit_off(limiter: Limiter) -> None:
    limiter.set_limit("prod", 0)

    assert limiter.state("prod", LIMITS).rate_limit == 0
    assert all(limiter.book("prod", LIMITS, horizon_s=0, records=1).granted for _ in range(20))


def test_deployments_do_not_share_their_limits(limiter: Limiter) -> None:
    limiter.slow("prod", LIMITS, after_s=300)

    assert limiter.book("test", LIMITS, horizon_s=0, records=1).granted


def test_a_command_sent_again_books_one_slot(limiter: Limiter, redis_client: Redis) -> None:
    """As redis-py does when an answer was lost: the same arguments, twice."""
    script, sent = limiter._script, []

    def twice(**arguments: object) -> object:
        sent.append([script(**arguments), script(**arguments)])  # type: ignore[arg-type]
        return sent[-1][1]

    limiter._script = twice  # type: ignore[assignment]
    booking = limiter.book("prod", LIMITS, horizon_s=2, records=1)
    limiter.failed("prod", LIMITS)
    limiter.slow("prod", LIMITS, after_s=1)
    limiter.late("prod", booking, by_s=0.1)

    assert [first == second for first, second in sent] == [True] * 4
    assert float(redis_client.hget(HASH, "shifted")) == 100_000  # type: ignore[arg-type]
    found = redis_client.hmget(HASH, ["slots", "fails", "slowed"])
    assert found == [b"1", b"1", b"1"]
