"""`tercel segment test --send`: records go to the deployment at once, judged by the workers' own rules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.talon_one import Config, StandIn, Status, start
from sandbox.talon_one.config import AttributeType, Schema
from tercel.cli.opening import load_settings, open_store
from tercel.cli.segment.trying import Trial, trial
from tercel.lanes import Lanes
from tercel.records import Audience, Event, Membership, Profile
from workers.limiter import Limiter, Limits


@pytest.fixture
def standin(shared_redis: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    config = Config(
        attributes=Schema(profile={"Plan": AttributeType.STRING}), event_types=frozenset({"Order Completed"})
    )
    with start(config) as running:
        monkeypatch.setenv("TERCEL_DEPLOYMENTS__PROD__URL", running.url)
        monkeypatch.setenv("TERCEL_DEPLOYMENTS__PROD__KEY", config.keys[0].key)
        yield running


@contextmanager
def tried() -> Iterator[Trial]:
    with trial(load_settings(), "prod") as found:
        yield found


def test_records_arrive_in_order_each_in_a_request_of_its_own(standin: StandIn) -> None:
    records = [
        Profile(profile_id="ada", attributes={"Plan": "pro"}),
        Event(profile_id="ada", type="Order Completed", event_id="e1"),
    ]

    with tried() as trial_of_prod:
        found = trial_of_prod.send_all(records)

    assert [one.verdict for one in found] == ["delivered", "delivered"]
    assert [one.status // 100 for one in found] == [2, 2]
    assert [update.kind for update in standin.admin.order("ada")] == ["profile", "event"]
    assert b"ada" in found[0].body


def test_a_record_the_deployment_refuses_says_why_and_the_next_still_goes(standin: StandIn) -> None:
    with tried() as trial_of_prod:
        bad = trial_of_prod.send(Profile(profile_id="ada", attributes={"Shoe_Size": 42}))
        good = trial_of_prod.send(Profile(profile_id="ada", attributes={"Plan": "pro"}))

    assert not bad.ok
    assert bad.status == 400
    assert bad.verdict.startswith("a worker would reject it")
    assert bad.code.startswith("T4")
    assert good.ok


def test_every_request_takes_a_slot_of_the_shared_limiter(standin: StandIn) -> None:
    with tried() as trial_of_prod:
        trial_of_prod.send_all([Profile(profile_id=f"p{n}", attributes={"Plan": "pro"}) for n in range(3)])
        limiter: Limiter = trial_of_prod._rt.limiter
        assert limiter.state("prod", Limits(rate=60)).slots == 3


def test_a_429_slows_the_deployment_for_the_workers_too(standin: StandIn) -> None:
    standin.admin.set_faults(Status(status=429))

    with tried() as trial_of_prod:
        found = trial_of_prod.send(Profile(profile_id="ada", attributes={"Plan": "pro"}))
        state = trial_of_prod._rt.limiter.state("prod", Limits(rate=60))

    assert found.verdict.startswith("a worker would try again later")
    assert state.paused


def test_an_audience_that_a_membership_names_is_created_once_and_remembered(standin: StandIn) -> None:
    joins = [Membership(profile_id=f"p{n}", action="add", audience_name="Big spenders") for n in range(2)]

    with tried() as trial_of_prod:
        found = trial_of_prod.send_all(joins)

    assert [one.ok for one in found] == [True, True]
    with open_store(load_settings()) as store:
        [audience] = store.audiences("prod")
    assert audience.name == "Big spenders"


def test_an_audience_that_is_created_is_remembered_with_its_id(standin: StandIn) -> None:
    with tried() as trial_of_prod:
        assert trial_of_prod.send(Audience(action="create", name="Gold", external_id="g")).ok

    with open_store(load_settings()) as store:
        assert ("external", "g") in store.audience_ids("prod")


def test_nothing_is_queued_or_counted(standin: StandIn) -> None:
    with tried() as trial_of_prod:
        trial_of_prod.send(Profile(profile_id="ada", attributes={"Plan": "pro"}))
        lanes: Lanes = trial_of_prod._rt.lanes
        assert lanes.totals("prod")["received"] == 0


def test_a_deployment_that_is_not_there_gives_no_answer(prod: str, shared_redis: str) -> None:
    with tried() as trial_of_prod:
        found = trial_of_prod.send(Profile(profile_id="ada"))

    assert (found.ok, found.status) == (False, 0)
    assert found.verdict.startswith("a worker would try again later")
