"""One stand-in for the tests of this folder, fresh for each; a rig that delivers to it; syncs from files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from sandbox.talon_one import StandIn, start
from tercel.embedded import EmbeddedRedis
from tests.support.postgres import PostgresServer, leave_out_where_unwanted, running_postgres
from tests.syncing.synced import GIVEN, Synced
from tests.workers.rig import Rig


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_out_where_unwanted(config, items)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def _process() -> Iterator[StandIn]:
    with start(GIVEN) as standin:
        yield standin


@pytest.fixture
def standin(_process: StandIn) -> Iterator[StandIn]:
    """A stand-in that knows two profile attributes and audience 7, and holds nothing else."""
    _process.admin.replace_config(GIVEN)
    _process.admin.reset()
    yield _process
    _process.admin.clear_faults()
    _process.admin.release()


@pytest.fixture
def rig(
    redis_server: EmbeddedRedis, redis_client: Redis, prefix: str, standin: StandIn, tmp_path: Path
) -> Iterator[Rig]:
    """What delivers, inside the test's process."""
    rig = Rig(redis_server.url, prefix, standin, tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def synced(rig: Rig, standin: StandIn, tmp_path: Path) -> Callable[..., Synced]:
    """Declare a sync with a file as its source: ``synced("vip", object="audiences", mode="mirror", audience_id=7)``."""

    def declare(name: str, **definition: object) -> Synced:
        return Synced(rig, standin, tmp_path, name, definition)

    return declare


@pytest.fixture
def mirror(synced: Callable[..., Synced]) -> Synced:
    """A mirror of audience 7."""
    return synced("vip", object="audiences", mode="mirror", audience_id=7)


@pytest.fixture
def customers(synced: Callable[..., Synced]) -> Synced:
    """A sync of profiles with names and points."""
    return synced(
        "customers", object="profiles", fields={"Name": "name", "Points": {"column": "points", "type": "number"}}
    )
