"""Opening a state: where it lies, who may read it, what is said when it cannot be reached."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tercel.errors import SettingsError, StoreUnavailable
from tercel.store import Store
from tercel.store.syncing import Mode, SyncState
from tests.support.postgres import PASSWORD, PostgresServer
from tests.syncing_state.staging import compared, delivered, rows, sent

Opened = Callable[[], SyncState]


@pytest.fixture
def cleared_umask() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


def test_sqlite_keeps_each_sync_in_a_file_of_its_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with SyncState.open(f"sqlite:///{tmp_path}/tercel.db", name, folder=tmp_path / "syncs") as state:
            delivered(state, [name])

    assert sorted(path.name for path in (tmp_path / "syncs").iterdir()) == ["one.db", "two.db"]


@pytest.mark.usefixtures("cleared_umask")
def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    with SyncState.open(f"sqlite:///{tmp_path}/tercel.db", "one", folder=tmp_path / "syncs") as state:
        compared(state, ["a"])
        state.confirm([1], [])
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "syncs").iterdir()}

    assert set(modes.values()) == {0o600}
    assert (tmp_path / "syncs").stat().st_mode & 0o777 == 0o700


def test_a_finished_run_leaves_no_staging_behind(tmp_path: Path) -> None:
    with SyncState.open(f"sqlite:///{tmp_path}/tercel.db", "one", folder=tmp_path) as state:
        compared(state, ["a"])
        assert list(tmp_path.glob("*.stage"))
        state.finish()

    assert list(tmp_path.glob("*.stage")) == []


def test_a_sync_whose_name_begins_like_anothers_keeps_its_staging(tmp_path: Path) -> None:
    with (
        SyncState.open(f"sqlite:///{tmp_path}/tercel.db", "one", folder=tmp_path) as one,
        SyncState.open(f"sqlite:///{tmp_path}/tercel.db", "one-b", folder=tmp_path) as other,
    ):
        compared(other, ["b"])
        delivered(one, ["a"])

        assert sent(other) == [("add", "b")]


def test_syncs_in_one_database_know_nothing_of_each_other(url: str, tmp_path: Path) -> None:
    with (
        SyncState.open(url, "left", folder=tmp_path) as left,
        SyncState.open(url, "right", folder=tmp_path) as right,
    ):
        left.reset()
        right.reset()
        delivered(left, ["a"])
        compared(right, ["b"])

        assert (left.members(), sent(right)) == (1, [("add", "b")])


def test_the_state_lives_beside_the_stores_own_tables(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.new_database()
    with SyncState.open(url, "early", folder=tmp_path) as state:
        delivered(state, ["a"])

    assert Store.upgrade(url).changed
    with Store.open(url), SyncState.open(url, "early", folder=tmp_path) as state:
        assert state.members() == 1


def test_any_number_of_processes_may_open_a_new_state_at_once(url: str, tmp_path: Path) -> None:
    def look(_: int) -> int:
        with SyncState.open(url, "fresh", folder=tmp_path) as state:
            return state.members()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(look, range(16))) == [0] * 16


def test_a_reader_sees_the_state_while_a_run_stages(opened: Opened) -> None:
    runner, reader = opened(), opened()
    delivered(runner, ["a", "b"])
    runner.begin("next")
    runner.stage(rows(["a"]))

    assert (reader.run(), reader.members(), reader.pending()) == ("next", 2, 0)


def test_one_thread_may_send_while_another_confirms(state: SyncState) -> None:
    keys = [f"{number:04d}" for number in range(2_000)]
    compared(state, keys)

    def confirm(first: int) -> None:
        state.confirm(range(first, first + 100), [])

    with ThreadPoolExecutor(4) as pool:
        pages = [pool.submit(state.due, after, 100) for after in range(0, 2_000, 100)]
        confirmed = [pool.submit(confirm, first) for first in range(1, 2_001, 100)]
        for one in [*pages, *confirmed]:
            one.result()

    assert (state.pending(), state.members()) == (0, 2_000)


def test_a_connection_that_was_cut_is_made_anew(postgres: PostgresServer, shared_database: str, tmp_path: Path) -> None:
    with SyncState.open(shared_database, "cut", folder=tmp_path) as state:
        compared(state, ["a", "b"])
        postgres.cut_connections()
        with pytest.raises(StoreUnavailable):
            state.confirm([1], [])

        state.confirm([1], [])

        assert state.pending() == 1


def test_rows_that_a_crash_of_the_server_took_are_missed(
    postgres: PostgresServer, shared_database: str, tmp_path: Path
) -> None:
    with SyncState.open(shared_database, "crashed", folder=tmp_path) as state:
        state.begin("run")
        state.stage(rows(["a", "b"]))
        generation = state._tables.standing().generation
        prefix = state._tables._words["prefix"]  # type: ignore[attr-defined]
        postgres.execute_in(shared_database, f"TRUNCATE {prefix}_{generation}_staged")

        with pytest.raises(StoreUnavailable, match="has 0 of the 2 rows"):
            state.compare(Mode.MIRROR, full=False)


def test_a_staging_that_is_missing_is_said_and_the_next_run_begins_all_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tercel.db"
    with SyncState.open(url, "one", folder=tmp_path) as state:
        compared(state, ["a"])
    for path in tmp_path.glob("*.stage"):
        path.unlink()

    with SyncState.open(url, "one", folder=tmp_path) as state:
        with pytest.raises(StoreUnavailable, match="staging of sync one is missing: run the sync again"):
            state.due(0, 1)
        assert compared(state, ["a"]).added == 1


def test_the_state_of_a_newer_tercel_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tercel.db"
    with SyncState.open(url, "one", folder=tmp_path) as state:
        state._tables.run("UPDATE {standing} SET layout = 99")

    with pytest.raises(StoreUnavailable, match="newer Tercel"):
        SyncState.open(url, "one", folder=tmp_path)


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://tercel:{PASSWORD}@/nothing?host={tmp_path}"

    with pytest.raises(StoreUnavailable, match="state of sync one cannot use PostgreSQL") as caught:
        SyncState.open(url, "one", folder=tmp_path)
    assert PASSWORD not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailable, match="Not a directory"):
        SyncState.open(f"sqlite:///{tmp_path}/tercel.db", "one", folder=tmp_path / "file" / "syncs")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.db").write_text("this is no database, but it is long enough to be looked at as if it were one" * 9)

    with pytest.raises(StoreUnavailable, match="not a database"):
        SyncState.open(f"sqlite:///{tmp_path}/tercel.db", "one", folder=tmp_path)


def test_a_url_of_another_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="database_url"):
        SyncState.open("mysql://host/tercel", "one", folder=tmp_path)


def test_messages_hold_no_keys(state: SyncState) -> None:
    state.begin("run")
    with pytest.raises(StoreUnavailable) as caught:
        state.stage([("zoe@example.com", None, None)])  # type: ignore[list-item]

    assert "zoe" not in str(caught.value)
    assert "zoe" not in repr(caught.value.__cause__)
