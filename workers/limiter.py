"""The shared limiter: every HTTP request of a deployment takes its slot here, whichever worker or host sends it.

A reserving GCRA with burst 1 on Redis' own clock: the script books the next free slot and answers how long to wait for
it. First come, first served, evenly spaced, one round trip. A 429 moves the whole deployment's next slot away and
lowers its rate, which then climbs back; failures in a row open a breaker that lets one request at a time try. Where a
destination counts some requests apart, each of its budgets has slots, pauses and a rate of its own.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from redis import Redis

from workers.clocks import RedisClock

SLOW_FACTOR: Final = 0.7  # of the rate that is left after a 429
SLOW_PAUSE_S: Final = 1.0  # seconds nothing goes out after a 429 that names no time: the destination's window
CLIMB_SHARE: Final = 0.05  # of the limit that the rate regains every second after a 429
CLOCK_SLACK_S: Final = 60.0  # seconds a time may lie too far ahead; beyond it, the clock has jumped back since
MOST_SHIFT_S: Final = 1.0  # seconds one late request may move the others: by then its second is over
MAX_PAUSE_S: Final = 3_600.0  # seconds; a Retry-After beyond it is not believed


@dataclass(frozen=True, slots=True)
class Limits:
    """What a deployment allows: ``rate`` requests/s and ``messages_per_minute`` records, 0 for no limit.

    ``jitter`` widens the spacing so that requests which travel unevenly still never come too close.
    """

    rate: float
    jitter: float = 0.0
    messages_per_minute: int = 0
    breaker_failures: int = 10
    breaker_open_s: float = 1.0
    breaker_max_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Booking:
    """``granted``: go in ``wait_s`` seconds. Refused: nothing is booked, a slot would be free in about ``wait_s``.

    ``why`` a refusal: ``full``, ``pause`` (after a 429) or ``breaker``. ``failing``: there were failures of late, so a
    success is worth reporting. ``at`` is the slot granted, in ``time.monotonic`` seconds; ``mark_us`` is what
    :meth:`Limiter.late` wants to know.
    """

    granted: bool
    wait_s: float
    failing: bool
    why: str = ""
    at: float = 0.0
    mark_us: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """What a failure did: ``broken`` while the breaker is open, ``opened_s`` where this one opened it for so long.

    ``in_a_row`` counts the failures over the deployment since the last success.
    """

    broken: bool
    opened_s: float
    in_a_row: int


@dataclass(frozen=True, slots=True)
class LimiterState:
    """What the limiter of one deployment looks like now. Rates are requests/s; ``rate_limit`` 0: no limit."""

    rate_limit: float
    rate_allowed: float
    slots: int
    slowed: int
    paused: bool
    breaker_open: bool


class Limiter:
    """The limiter of every deployment on one Redis. The only code that touches the limiter's keys."""

    def __init__(self, redis: Redis, *, prefix: str = "") -> None:
        self._redis = redis
        self._prefix = f"{prefix}tercel:limiter:"
        self._clock = RedisClock()
        source = (files("workers") / "limiter.lua").read_text()
        self._script = redis.register_script(source)

    def book(self, deployment: str, limits: Limits, *, horizon_s: float, records: int, budget: str = "") -> Booking:
        """Book the next slot if it is free within ``horizon_s`` seconds, for a request of so many records.

        ``limits`` are those of the ``budget``, "" for the deployment's own.
        """
        asked = time.monotonic()
        answer: list[Any] = self._run(
            deployment,
            "book",
            limits.rate,
            limits.jitter,
            int(horizon_s * 1e6),
            records,
            limits.messages_per_minute,
            int(limits.breaker_open_s * 1e6),
            int(limits.breaker_max_s * 1e6),
            CLIMB_SHARE,
            budget=budget,
        )
        granted, wait_us, fails = answer[:3]
        if not granted:
            return Booking(False, wait_us / 1e6, fails > 0, why=answer[3].decode())
        mark_us, slot_us = answer[3], int(answer[4])
        self._clock.observe(asked, time.monotonic(), (slot_us - wait_us) / 1e6)
        return Booking(True, wait_us / 1e6, fails > 0, at=self._clock.here(slot_us / 1e6), mark_us=mark_us)

    def late(self, deployment: str, booking: Booking, *, by_s: float, budget: str = "") -> None:
        """A request left so late that those a second behind it must go ``by_s`` seconds later than planned.

        Otherwise the destination would count one too many in the second that begins with the late one. Of several
        requests that one stall has made late, only the latest costs anything, and no more than a second: one whose body
        the destination was slow to take must not stop all others for as long. Harmless when repeated.
        """
        self._run(deployment, "late", booking.mark_us + int(min(by_s, MOST_SHIFT_S) * 1e6), budget=budget)

    def pace(self, deployment: str, *, rate: float, for_s: float, budget: str) -> None:
        """The destination says what is left of a budget: no more than ``rate`` requests/s for ``for_s`` seconds.

        Rate 0: nothing goes out until then. The budget's own rate stays what it is. Harmless when repeated.
        """
        self._run(deployment, "pace", rate, int(min(max(for_s, 0.0), MAX_PAUSE_S) * 1e6), budget=budget)

    def slow(self, deployment: str, limits: Limits, *, after_s: float | None, budget: str = "") -> None:
        """A 429 came: nothing goes out for ``after_s`` (or a second), and the rate drops for a while."""
        pause = SLOW_PAUSE_S if after_s is None else min(max(after_s, 0.0), MAX_PAUSE_S)
        self._run(deployment, "slow", limits.rate, int(pause * 1e6), SLOW_FACTOR, CLIMB_SHARE, budget=budget)

    def failed(self, deployment: str, limits: Limits) -> Failed:
        """A request failed for the deployment's own reasons."""
        broken, opened_us, in_a_row = self._run(
            deployment,
            "fail",
            limits.breaker_failures,
            int(limits.breaker_open_s * 1e6),
            int(limits.breaker_max_s * 1e6),
        )
        return Failed(bool(broken), opened_us / 1e6, in_a_row)

    def passed(self, deployment: str) -> bool:
        """A request went through after failures: the breaker closes. True: it had been open."""
        return bool(self._run(deployment, "pass"))

    def state(self, deployment: str, limits: Limits, *, budget: str = "") -> LimiterState:
        """Look at a deployment or one of its budgets, whose ``limits`` they are, without booking anything."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(self._key(deployment, budget), ["limit", "allowed", "climb_at", "pause"])
            pipe.hmget(self._key(deployment), ["slots", "slowed", "open_till"])
            pipe.time()
            fields, counted, (seconds, micros) = pipe.execute()
        _, allowed, climb_at, pause = (float(f) if f else 0.0 for f in fields)
        slots, slowed, open_till = (float(f) if f else 0.0 for f in counted)
        now = seconds * 1e6 + micros
        rate = limits.rate if fields[0] is None else float(fields[0])
        longest_open = (limits.breaker_max_s + CLOCK_SLACK_S) * 1e6
        climbed = allowed + rate * CLIMB_SHARE * max(0.0, now - climb_at) / 1e6
        return LimiterState(
            rate_limit=rate,
            rate_allowed=min(rate, climbed) if allowed else rate,
            slots=int(slots),
            slowed=int(slowed),
            paused=pause > now,
            breaker_open=now < open_till <= now + longest_open,
        )

    def ahead(self, deployment: str, budgets: Iterable[str]) -> dict[str, float]:
        """Return how many seconds away the next free slot of each budget is, 0 where one is free now."""
        wanted = list(budgets)
        with self._redis.pipeline(transaction=False) as pipe:
            for budget in wanted:
                pipe.hmget(self._key(deployment, budget), ["tat", "pause"])
            pipe.time()
            *found, (seconds, micros) = pipe.execute()
        now = seconds * 1e6 + micros
        return {
            budget: max(_ahead_s(tat, now, 2 * CLOCK_SLACK_S), _ahead_s(pause, now, MAX_PAUSE_S + CLOCK_SLACK_S))
            for budget, (tat, pause) in zip(wanted, found, strict=True)
        }

    def set_limit(self, deployment: str, rate: float | None) -> None:
        """Change a deployment's limit for all workers at once, without a restart; None: back to the setting."""
        if rate is None:
            self._redis.hdel(self._key(deployment), "limit")
        else:
            self._redis.hset(self._key(deployment), "limit", str(rate))

    def _key(self, deployment: str, budget: str = "") -> str:
        return f"{self._prefix}{deployment}:budget:{budget}" if budget else f"{self._prefix}{deployment}"

    def _run(self, deployment: str, command: str, *args: Any, budget: str = "") -> Any:
        booking_id = secrets.token_hex(8)
        keys = [self._key(deployment), f"{self._prefix}{deployment}:done:"]
        if budget:
            keys.append(self._key(deployment, budget))
        return self._script(keys=keys, args=[command, booking_id, *args])


def _ahead_s(at_us: bytes | None, now_us: float, longest_s: float) -> float:
    """Return how far a time lies ahead, in seconds; 0 where it is further than it can be: the clock has jumped back."""
    seconds = (float(at_us or 0) - now_us) / 1e6
    return seconds if 0 < seconds <= longest_s else 0.0
