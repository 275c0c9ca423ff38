"""Several processes and threads on one database at once: nothing lost, nothing refused."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from tercel.store import Rejection, RunRecord, RunStatus, Store

PROCESSES = 4
ROUNDS = 8
BATCH = 40
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

WRITER = """
import sys
sys.path[:0] = [{folder!r}]
from test_store_concurrency import write
write(sys.argv[1], int(sys.argv[2]))
"""


def write(url: str, writer: int) -> None:
    """Be one of several processes: open the store for every round, as short commands do, and write to it."""
    for number in range(ROUNDS):
        with Store.open(url) as store:
            own = [rejection(f"own-{writer}-{number}-{place}") for place in range(BATCH)]
            shared = [rejection(f"shared-{number}-{place}") for place in range(BATCH)]
            store.add_rejections([*shared, *own] if writer % 2 else [*own, *reversed(shared)])
            store.save_run(run(f"{writer:04x}{number:04x}"))
            store.hold_audience("prod", f"audience {number}", None, "why")


def rejection(record_id: str) -> Rejection:
    return Rejection(record_id, "prod", "profile", "8f2c0a11", "T401", "why", "", {"profile_id": record_id})


def run(run_id: str) -> RunRecord:
    return RunRecord(run_id, "n", "prod", "profile", "s", RunStatus.RUNNING, "manual", NOON)


def processes_write(url: str) -> None:
    program = WRITER.format(folder=str(Path(__file__).parent))
    writers = [
        subprocess.Popen([sys.executable, "-c", program, url, str(writer)], stderr=subprocess.PIPE, text=True)
        for writer in range(PROCESSES)
    ]
    complaints = [writer.communicate()[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * PROCESSES, "\n".join(complaints)


def expect_everything(store: Store) -> None:
    own = {f"own-{writer}-{n}-{place}" for writer in range(PROCESSES) for n in range(ROUNDS) for place in range(BATCH)}
    shared = {f"shared-{number}-{place}" for number in range(ROUNDS) for place in range(BATCH)}
    listed = [found.record_id for found in store.rejections()]
    assert sorted(listed) == sorted(own | shared)
    assert len(store.list_runs(1_000)) == PROCESSES * ROUNDS
    assert [audience.name for audience in store.audiences()] == sorted(f"audience {n}" for n in range(ROUNDS))


def test_processes_that_all_create_and_write_one_sqlite_file_lose_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tercel.db"

    processes_write(url)

    with Store.open(url) as store:
        expect_everything(store)


def test_processes_that_write_one_database_lose_nothing(empty_url: str) -> None:
    Store.upgrade(empty_url)

    processes_write(empty_url)

    with Store.open(empty_url) as store:
        expect_everything(store)


def test_upgrades_at_the_same_time_are_done_once(empty_url: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        upgrades = list(threads.map(Store.upgrade, [empty_url] * 8))

    assert sum(upgrade.changed for upgrade in upgrades) == 1


def test_threads_share_a_store(store: Store) -> None:
    def work(thread: int) -> int:
        added = store.add_rejections([rejection(f"{thread}-{place}") for place in range(50)])
        store.save_run(run(f"{thread:08x}"))
        return added + len(list(store.rejections(limit=10)))

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(work, range(32))) == [60] * 32
    assert len(list(store.rejections())) == 32 * 50


def test_a_reader_does_not_stop_a_writer(store: Store) -> None:
    store.add_rejections([rejection(f"first-{place}") for place in range(1_000)])
    listing = store.rejections()
    next(listing)

    store.add_rejections([rejection("second")])

    assert "second" in [found.record_id for found in listing]
