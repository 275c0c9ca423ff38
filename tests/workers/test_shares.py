"""Neither bulk nor hanging deployments may take every thread, and a call that has to wait costs next to nothing."""

from __future__ import annotations

import pytest

from tercel.records import Urgency
from tests.workers.rig import DEPLOYMENT, Rig, profiles
from workers.held import Shares


def test_bulk_leaves_a_quarter_of_the_threads_to_live_calls() -> None:
    shares = Shares(threads=8, deployments=1)

    assert [shares.take("prod", Urgency.BULK) for _ in range(8)] == [True] * 6 + [False] * 2
    assert shares.take("prod", Urgency.LIVE)


@pytest.mark.parametrize("deployments", [2, 3, 5, 8])
def test_were_all_deployments_but_one_to_hang_the_last_still_gets_a_thread(deployments: int) -> None:
    threads = 32
    shares = Shares(threads, deployments)
    taken = 0
    for name in range(deployments - 1):
        while shares.take(f"d{name}", Urgency.LIVE):
            taken += 1

    assert taken < threads
    assert shares.take("the last", Urgency.LIVE)


def test_a_call_whose_share_is_taken_is_put_off_without_being_claimed(rig: Rig) -> None:
    rig.enqueue(profiles(3), Urgency.BULK)
    rig.look()
    [(call_id, deployment)] = rig.wakeups()
    while rig.runtime.shares.take(DEPLOYMENT, Urgency.BULK):
        pass

    said = rig.deliver(call_id, deployment)

    key = f"{rig.settings.redis_prefix}tercel:{DEPLOYMENT}:call:{call_id}"
    assert "share" in str(said)
    assert rig.redis.hget(key, "claims") == b"0"
    assert rig.redis.hget(key, "fence") == b"0"


def test_a_call_that_was_put_off_is_delivered_when_a_thread_is_free(rig: Rig) -> None:
    rig.enqueue(profiles(3), Urgency.BULK)
    rig.look()
    [call] = rig.wakeups()
    taken = 0
    while rig.runtime.shares.take(DEPLOYMENT, Urgency.BULK):
        taken += 1
    rig.deliver(*call)
    for _ in range(taken):
        rig.runtime.shares.give(DEPLOYMENT, Urgency.BULK)

    rig.pump()

    assert rig.counts()["delivered"] == 3
