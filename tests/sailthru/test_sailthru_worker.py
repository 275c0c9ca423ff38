"""Real worker processes that deliver to Sailthru, and are killed while a job runs there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from sandbox.sailthru import StandIn
from tercel.balance import balance
from tercel.lanes import Lanes
from tercel.records import Identities, Membership, Profile, Record, Urgency
from tercel.store import Store
from tests.sailthru.conftest import OF_SAILTHRU
from tests.support.house import READY_S, REST_S, SHRUNK
from tests.support.processes import Process, Processes
from tests.support.redis_server import DurableRedis
from tests.support.waiting import eventually

DEPLOYMENT = "prod"
MEMBERS = 300


@dataclass
class SailthruHouse:
    """A Redis and a store of the test's own, and workers that deliver to the stand-in."""

    lanes: Lanes
    store: Store
    client: Redis
    environment: dict[str, str]
    processes: Processes
    started: int = 0

    def start_worker(self) -> Process:
        """Start a worker, and wait until it is ready."""
        self.started += 1
        worker = self.processes.python(
            "-m", "celery", "-A", "workers.app", "worker", "-n", f"s{self.started}@%h", "--without-mingle",
            env=self.environment, name=f"worker-{self.started}",
        )  # fmt: skip
        eventually(lambda: " ready." in worker.output, READY_S, worker.describe)
        return worker

    def comes_to_rest(self) -> dict[str, int]:
        """Wait until every record has ended somewhere, and return the counts."""

        def unfinished() -> dict[str, int]:
            totals = self.lanes.totals(DEPLOYMENT)
            return {name: totals[name] for name in ("waiting", "in_flight", "retrying") if totals[name]}

        eventually(lambda: not unfinished(), REST_S, lambda: f"rest; there is still {unfinished()}")
        totals = self.lanes.totals(DEPLOYMENT)
        assert balance(totals).closes
        return totals


@pytest.fixture
def make_sailthru_house(
    processes: Processes, sailthru: StandIn, tmp_path: Path
) -> Iterator[Callable[[], SailthruHouse]]:
    with ExitStack() as stack:

        def build() -> SailthruHouse:
            redis = DurableRedis(tmp_path / "redis")
            stack.callback(redis.stop)
            [key] = sailthru.admin.config()["keys"]
            one = OF_SAILTHRU | {"url": sailthru.url, "key": key["key"], "rate": 0}
            environment = {
                "TERCEL_CONFIG": os.devnull,
                "TERCEL_HOME": str(tmp_path),
                "TERCEL_REDIS_URL": redis.url,
                "TERCEL_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
                "TERCEL_WORKER__THREADS": "4",
                **SHRUNK,
                **{f"TERCEL_DEPLOYMENTS__PROD__{name.upper()}": str(value) for name, value in one.items()},
            }
            store = stack.enter_context(Store.open(environment["TERCEL_DATABASE_URL"]))
            client = stack.enter_context(redis.client())
            stack.callback(processes.end_all)
            return SailthruHouse(Lanes(client, wake_s=1.0), store, client, environment, processes)

        yield build


def test_a_worker_that_dies_while_a_job_runs_loses_nothing_and_sends_nothing_again(
    make_sailthru_house: Callable[[], SailthruHouse], sailthru: StandIn
) -> None:
    sailthru.admin.configure({"job_delay_s": 3600.0})
    house = make_sailthru_house()
    worker = house.start_worker()
    people = [Membership(profile_id=f"p{i}@example.com", action="add", audience_name="Gold") for i in range(MEMBERS)]
    house.lanes.enqueue(DEPLOYMENT, Urgency.BULK, people)

    def asked() -> int:
        return sum(sailthru.admin.stats()["counts"].get("GET /job", {}).values())

    eventually(lambda: asked() > 1, describe="the first job to be asked for")
    taken_in = len(sailthru.admin.jobs())
    worker.kill9(group=True)
    house.start_worker()
    before = asked()
    eventually(lambda: asked() > before, REST_S, "the next worker to ask for it")
    sailthru.admin.configure({"job_delay_s": 0.0})

    totals = house.comes_to_rest()

    assert totals["delivered"] == MEMBERS
    assert len(sailthru.admin.jobs()) == taken_in == 1
    assert len(sailthru.admin.members("Gold")) == MEMBERS


def test_an_address_that_changes_keeps_its_profile_while_workers_are_killed(
    make_sailthru_house: Callable[[], SailthruHouse], sailthru: StandIn
) -> None:
    house = make_sailthru_house()
    changes = 12
    records: list[Record] = []
    for n in range(1, changes + 1):
        was, now = f"a{n - 1}@example.com", f"a{n}@example.com"
        records += [
            Profile(profile_id=was, person="7", attributes={"n": n}),
            Profile(profile_id=now, person="7", identities=Identities(was={"email": was}, now={"email": now})),
        ]
    house.lanes.enqueue(DEPLOYMENT, Urgency.LIVE, records)
    worker = house.start_worker()
    eventually(lambda: len(sailthru.admin.order()) > 3, describe="the first updates")
    worker.kill9(group=True)
    house.start_worker()

    totals = house.comes_to_rest()

    assert totals["rejected"] == 0
    [only] = sailthru.admin.profiles().values()
    assert only["keys"]["email"] == f"a{changes}@example.com"
    written = [one.content["n"] for one in sailthru.admin.history(only["keys"]["email"]) if one.kind == "vars"]
    assert written == sorted(written)
    assert written[-1] == changes
