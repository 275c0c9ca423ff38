"""``kill -9`` in the midst of a mirror's runs, real worker processes, both databases: the audience equals the source.

The source changes before every run, so that a member that was added and never confirmed would be found out: it stays in
the audience for good.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.faults import Latency
from sandbox.talon_one import Config, RateLimit
from sandbox.talon_one.config import Audience
from tercel.store import RunStatus, Store
from tests.support.house import House
from tests.support.postgres import PostgresServer
from tests.support.processes import Process
from tests.support.waiting import eventually

AUDIENCE = 7
PEOPLE = 6_000
KILLS = 8
RUN_S = 180.0  # seconds for a run to end; generous, machines are busy

# Moments to kill at: what the process has just said.
MOMENTS = ("at querying", "at comparing", "at sending", "at sending 5000", "status")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        yield server.new_database()


@pytest.fixture
def home(make_house: Callable[..., House], database: str, tmp_path: Path) -> House:
    """A house with a mirror of audience 7 over a file, and one worker."""
    Store.upgrade(database)
    sync = {
        "DEPLOYMENT": "prod",
        "OBJECT": "audiences",
        "MODE": "mirror",
        "AUDIENCE_ID": str(AUDIENCE),
        "ID": "id",
        "FILES": str(tmp_path / "vip.csv"),
        "MAX_GONE_SHARE": "1",
    }
    house = make_house(
        config=Config(audiences=(Audience(id=AUDIENCE, name="vip"),), rate=RateLimit(per_second=0)),
        TERCEL_DATABASE_URL=database,
        **{f"TERCEL_SYNCS__VIP__{name}": value for name, value in sync.items()},
    )
    house.start_workers(1)
    return house


def write(file: Path, ids: set[str]) -> None:
    file.write_text("id\n" + "".join(f"{one}\n" for one in sorted(ids)))


def start(house: House) -> Process:
    return house.processes.python("-m", "tests.syncing.sync_process", "vip", env=house.environment, name="sync")


def members(house: House) -> set[str]:
    return {profile for _, profile in house.standin.admin.memberships()}


@pytest.mark.parametrize("seed", [1])
def test_the_audience_equals_the_source_after_the_rerun_wherever_it_was_killed(
    home: House, database: str, tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    people = [f"p{n:05d}" for n in range(PEOPLE)]
    home.standin.admin.set_faults(Latency(delay_s=0.02))

    for kill in range(KILLS):
        write(tmp_path / "vip.csv", set(dice.sample(people, PEOPLE * 2 // 3)))
        moment = dice.choice(MOMENTS)
        running = start(home)
        eventually(lambda: moment in running.output or not running.running, RUN_S, running.describe)  # noqa: B023
        running.kill9()
        if kill % 3 == 0:
            home.wait_ready(home.replace(0))
    source = set(dice.sample(people, PEOPLE // 2))
    write(tmp_path / "vip.csv", source)
    last = start(home)
    last.wait(RUN_S)
    home.comes_to_rest()

    assert f"status {RunStatus.COMPLETED.value} " in last.output
    assert last.output.rstrip().endswith("[]")
    assert members(home) == source
    home.balance_closes()
    with Store.open(database) as store:
        assert {run.status for run in store.list_runs() if not run.status.is_final} == set()
