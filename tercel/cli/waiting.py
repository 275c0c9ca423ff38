"""Waiting until everything of a run is delivered or rejected, and saying what stands in the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from tercel.balance import Balance, balance
from tercel.cli.alive import workers_alive
from tercel.cli.opening import OpenRedis
from tercel.cli.progress import Show
from tercel.errors import RedisUnavailable
from tercel.settings import Settings

EVERY_S: Final = 0.5  # seconds between two looks
IDLE_S: Final = 5.0  # seconds without any progress before workers are asked whether they are there
UNAVAILABLE_S: Final = 60.0  # seconds for which Redis may be away


def wait_until_delivered(
    run: str,
    deployment: str,
    redis: OpenRedis,
    settings: Settings,
    show: Show,
    *,
    stopped: Callable[[float], bool],
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Wait until nothing of the run is waiting, in flight or retrying. False: we were told to stop before.

    ``stopped`` pauses for so many seconds and says whether to stop. Raises RedisUnavailable when it is away too long.
    """
    remark, last = "", -1
    moved_at = answered_at = clock()
    while True:
        try:
            found, halt = _look(run, deployment, redis)
            answered_at = clock()
        except RedisUnavailable:
            if clock() - answered_at > UNAVAILABLE_S:
                raise
        else:
            if not found.unfinished:
                return True
            if found.unfinished != last:
                last, moved_at, remark = found.unfinished, clock(), ""
            elif clock() - moved_at > IDLE_S and not halt:
                remark = "" if workers_alive(settings) else "no worker answers: start one with `tercel worker`"
                moved_at = clock()
            show.delivering(run, found, halt or remark)
        if stopped(EVERY_S):
            return False


def _look(run: str, deployment: str, redis: OpenRedis) -> tuple[Balance, str]:
    """Return the run's counters, and why its deployment is halted if it is."""
    with redis.guard():
        halted = redis.lanes.halted(deployment)
        found = balance(redis.lanes.run_counts(run))
    return found, "" if halted is None else f"{deployment} is halted: {halted.code}: {halted.reason}"
