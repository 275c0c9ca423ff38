"""The lock of a sync: one holder, and nothing left of it when the holder is gone, however it went."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from producers.warehouse.syncing.locking import only_one
from tercel.errors import StoreUnavailable, SyncBusy
from tests.support.postgres import PostgresServer
from tests.support.processes import Processes
from tests.support.waiting import eventually

HOLD = (
    "import sys, time; from pathlib import Path; from producers.warehouse.syncing.locking import only_one\n"
    "with only_one(sys.argv[1], 'vip', folder=Path(sys.argv[2])): print('held'); time.sleep(600)"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        yield server.new_database()


def test_a_second_holder_is_refused_and_told_what_to_do(database: str, tmp_path: Path) -> None:
    refused = pytest.raises(SyncBusy, match="tercel sync cancel vip")
    with only_one(database, "vip", folder=tmp_path), refused, only_one(database, "vip", folder=tmp_path):
        pytest.fail("two hold it")

    with only_one(database, "vip", folder=tmp_path) as again:
        again.check()


def test_syncs_do_not_hold_each_other_up(database: str, tmp_path: Path) -> None:
    with only_one(database, "vip", folder=tmp_path), only_one(database, "customers", folder=tmp_path) as other:
        other.check()


def test_a_killed_holder_leaves_nothing_behind(database: str, tmp_path: Path, processes: Processes) -> None:
    holder = processes.python("-c", HOLD, database, str(tmp_path), name="holder")
    eventually(lambda: "held" in holder.output, 60, holder.describe)
    with pytest.raises(SyncBusy), only_one(database, "vip", folder=tmp_path):
        pytest.fail("two hold it")

    holder.kill9()

    def take() -> bool:
        with only_one(database, "vip", folder=tmp_path):
            return True

    assert eventually(take)


def test_a_holder_whose_connection_was_cut_is_told_so(postgres: PostgresServer, tmp_path: Path) -> None:
    def hold() -> None:
        with only_one(postgres.new_database(), "vip", folder=tmp_path) as held:
            held.check()
            postgres.cut_connections()
            held.check()

    with pytest.raises(StoreUnavailable, match="lock of sync vip was lost"):
        hold()
