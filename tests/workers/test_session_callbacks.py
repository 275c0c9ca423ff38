"""Sessions with a callback, delivered: the answer is posted before the call is settled, the key is kept nowhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.talon_one import StandIn, Status
from tercel.records import Callback, LaneKind, Session, Urgency
from tests.support.waiting import eventually
from tests.workers.callback_host import CallbackHost, callback_host
from tests.workers.rig import DEPLOYMENT, Rig, profiles
from workers.enqueueing import enqueue

MakeRig = Callable[..., Rig]
KEY = "secret-of-the-callback-receiver-0123456789"
LEASE_S = 3.0  # seconds; short, because a test waits for its end, and longer than a busy machine stands still


@pytest.fixture
def host() -> Iterator[CallbackHost]:
    with callback_host() as host:
        yield host


@pytest.fixture
def rig(make_rig: MakeRig) -> Rig:
    return make_rig(receiver={"callback_hosts": ["127.0.0.1"], "callback_allow_http": True})


def session(host: CallbackHost, n: int = 0, **more: Any) -> Session:
    callback = Callback(
        uri=host.url(), header="X-Api-Key", key=KEY, correlation_id=f"c{n}", fields=("customerSession",)
    )
    return Session(session_id=f"s{n}", profile_id=f"p{n}", callback=callback, **more)


def test_the_answer_to_a_session_is_posted_once_it_is_delivered(rig: Rig, host: CallbackHost) -> None:
    rig.enqueue([session(host, n) for n in range(3)], Urgency.LIVE)

    rig.pump()

    came = {one.headers["x-correlation-id"]: one for one in host.came}
    assert {name: one.content["customerSession"]["integrationId"] for name, one in came.items()} == {
        "c0": "s0",
        "c1": "s1",
        "c2": "s2",
    }
    assert {tuple(one.content) for one in host.came} == {("customerSession",)}
    assert {one.headers["x-api-key"] for one in host.came} == {KEY}
    assert rig.counts()["delivered"] == 3
    rig.balance_closes()


def test_a_session_whose_callback_is_refused_is_delivered_all_the_same(
    rig: Rig, host: CallbackHost, standin: StandIn
) -> None:
    host.statuses = [404]
    rig.enqueue([session(host)], Urgency.LIVE)

    rig.pump()

    assert list(standin.admin.sessions()) == ["s0"]
    assert (len(host.came), rig.counts()["delivered"], rig.rejections()) == (1, 1, [])
    rig.balance_closes()


def test_a_host_that_the_settings_do_not_list_is_not_called(make_rig: MakeRig, host: CallbackHost) -> None:
    rig = make_rig()
    rig.enqueue([session(host)], Urgency.LIVE)

    rig.pump()

    assert (host.came, rig.counts()["delivered"]) == ([], 1)


def test_a_call_stays_in_hand_while_its_callback_takes_longer_than_its_lease(
    make_rig: MakeRig, host: CallbackHost, standin: StandIn
) -> None:
    rig = make_rig(
        delivery={"lease_s": LEASE_S, "wake_s": 0.5},
        receiver={"callback_hosts": ["127.0.0.1"], "callback_allow_http": True},
    )
    host.hangs = True
    rig.enqueue([session(host)], Urgency.LIVE)
    rig.look()
    [(call_id, _)] = rig.wakeups()
    with ThreadPoolExecutor(1) as pool:
        delivering = pool.submit(rig.deliver, call_id)
        eventually(lambda: host.came, describe="the callback")

        # Were the lease not renewed, a turn would find it ended, and the session would be sent again.
        def beyond_the_lease() -> bool:
            rig.one_turn()
            return rig.redis.time()[0] > began + 1.5 * LEASE_S

        began = rig.redis.time()[0]
        eventually(beyond_the_lease, describe="the time after the lease")

        assert standin.admin.stats()["requests"] == 1
        host.hangs = False
        host.ended.set()
        assert delivering.result() == "1 delivered"
    rig.balance_closes()


def test_a_rejected_session_keeps_its_callback_without_the_key_and_can_be_replayed(
    rig: Rig, host: CallbackHost, standin: StandIn
) -> None:
    standin.admin.set_faults(Status(status=400, body="{}", times=1))
    rig.enqueue([session(host)], Urgency.LIVE)
    rig.pump()
    [rejection] = rig.rejections()
    assert rejection.record is not None
    assert rejection.record["callback"]["header"] == "X-Api-Key"
    assert KEY not in str(rejection.record)

    rig.enqueue([Session.model_validate(rejection.record)], Urgency.LIVE)
    rig.pump()

    assert len(host.came) == 1
    assert "x-api-key" not in host.came[0].headers


def test_a_message_that_cannot_be_read_is_kept_without_what_may_be_a_key(rig: Rig, host: CallbackHost) -> None:
    rig.enqueue([session(host)], Urgency.LIVE)
    lane = f"{rig.settings.redis_prefix}{DEPLOYMENT}.session.live"
    message = rig.redis.rpop(lane)
    assert isinstance(message, bytes)
    rig.redis.lpush(lane, message.replace(b'"body":"[[', b'"body":"[[['))

    rig.pump(lambda: len(rig.rejections()) == 1)

    [rejection] = rig.rejections()
    assert rejection.code == "T320"
    assert rejection.record is not None
    assert "s0" in rejection.record["message"]
    assert KEY not in rejection.record["message"]


def test_data_that_is_no_session_is_kept_without_its_key(rig: Rig, host: CallbackHost) -> None:
    data = session(host).data() | {"state": "no such state"}

    enqueue(rig.runtime, "task-1", DEPLOYMENT, "live", data, kind=LaneKind.SESSION)

    [rejection] = rig.rejections()
    assert rejection.code == "T321"
    assert KEY not in str(rejection.record)


def test_bulk_calls_start_nothing_for_callbacks(rig: Rig) -> None:
    rig.enqueue(profiles(50))

    rig.pump()

    assert not [thread for thread in threading.enumerate() if thread.name == "tercel-callbacks"]
