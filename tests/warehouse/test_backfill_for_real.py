"""The backfill with the real lanes on a real Redis and the real store, killed for real."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from redis import Redis

from producers.warehouse import Backfill, Progress, Report, mapping_of_options
from tercel.embedded import EmbeddedRedis
from tercel.errors import CheckpointMoved
from tercel.lanes import Lanes
from tercel.messages import decode, lane_name
from tercel.records import LaneKind, Urgency
from tercel.store import RunStatus, Store
from tests.support.processes import Process, Processes
from tests.support.waiting import eventually

KILLS = 6
BATCHES = 60  # of 571 that a process is let do before it waits to be killed


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened


def customers(folder: Path, rows: int) -> Path:
    """A file whose every tenth row is bad."""
    path = folder / "customers.csv"
    lines = (f"{n:05d},name {n}" + (",more" if n % 10 == 0 else "") for n in range(rows))
    path.write_text("id,Name\n" + "".join(f"{line}\n" for line in lines))
    return path


def on_lane(redis: Redis, prefix: str, kind: LaneKind = LaneKind.PROFILE) -> list[str]:
    """The profile ids of the records on a bulk lane, oldest first."""
    found: list[bytes] = redis.lrange(prefix + lane_name("prod", kind, Urgency.BULK), 0, -1)  # type: ignore[assignment]
    return [decode(message).data["profile_id"] for message in reversed(found)]


def at_work(process: Process) -> bool:
    return "rows" in process.output


def run(redis: Redis, store: Store, prefix: str, path: Path, **options: object) -> Report:
    arguments = {"batch_rows": 50, "mapping": mapping_of_options(id_column="id"), **options}
    return Backfill(
        deployment="prod",
        files=[path],
        lanes=Lanes(redis, prefix=prefix),
        store=store,
        **arguments,  # type: ignore[arg-type]
    ).run()


def test_rows_lie_on_the_lane_in_order_and_the_numbers_add_up(
    redis_client: Redis, store: Store, prefix: str, tmp_path: Path
) -> None:
    report = run(redis_client, store, prefix, customers(tmp_path, 1_000))

    assert on_lane(redis_client, prefix) == [f"{n:05d}" for n in range(1_000) if n % 10]
    counts = Lanes(redis_client, prefix=prefix).run_counts(report.run)
    assert (counts["received"], counts["waiting"], counts["rejected"]) == (1_000, 900, 100)
    sources = {bad.source for bad in store.rejections(run=report.run)}
    assert sources == {f"customers.csv:{n + 2}" for n in range(0, 1_000, 10)}
    kept = store.get_run(report.run)
    assert kept is not None
    assert (kept.status, kept.counts) == (
        RunStatus.COMPLETED_WITH_ERRORS,
        {"rows": 1_000, "enqueued": 900, "rejected": 100},
    )


def test_a_file_of_bad_rows_only_still_moves_on(redis_client: Redis, store: Store, prefix: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("id,Name\n" + ",x\n" * 120)
    report = run(redis_client, store, prefix, path)
    assert Lanes(redis_client, prefix=prefix).run_counts(report.run)["rejected"] == 120
    assert len(list(store.rejections(run=report.run))) == 120


def test_a_lane_at_its_high_water_mark_is_waited_for(
    redis_client: Redis, store: Store, prefix: str, tmp_path: Path
) -> None:
    def drain(seconds: float) -> None:
        waited.append(len(on_lane(redis_client, prefix)))
        redis_client.delete(prefix + lane_name("prod", LaneKind.PROFILE, Urgency.BULK))

    waited: list[int] = []
    report = run(redis_client, store, prefix, customers(tmp_path, 400), high_water=90, wait=drain)
    assert report.enqueued == 360
    assert waited
    assert max(waited) < 90 + 50


def test_a_second_process_on_the_same_run_makes_the_slower_one_stop(
    redis_client: Redis, store: Store, prefix: str, tmp_path: Path
) -> None:
    path = customers(tmp_path, 400)
    fresh = Event()

    def other_process(progress: Progress) -> None:
        if not fresh.is_set():
            fresh.set()
            run(redis_client, store, prefix, path)

    with pytest.raises(CheckpointMoved, match="another process is running this backfill"):
        run(redis_client, store, prefix, path, progress=other_process)
    assert on_lane(redis_client, prefix) == [f"{n:05d}" for n in range(400) if n % 10]


def test_killed_again_and_again_every_row_is_there_exactly_once(
    redis_server: EmbeddedRedis,
    redis_client: Redis,
    store: Store,
    store_url: str,
    prefix: str,
    processes: Processes,
    tmp_path: Path,
) -> None:
    rows = 4_000
    path = customers(tmp_path, rows)
    arguments = ("-m", "tests.warehouse.backfill_process", redis_server.url, store_url, prefix, str(path))
    killed = 0
    for _ in range(KILLS):
        process = processes.python(*arguments, str(BATCHES))
        eventually(partial(at_work, process), describe=process.describe)
        process.kill9()
        killed += process.returncode == -9

    last = processes.python(*arguments, "0")
    assert last.wait() == 0, last.describe()

    assert killed == KILLS
    assert on_lane(redis_client, prefix) == [f"{n:05d}" for n in range(rows) if n % 10]
    (done,) = store.list_runs()
    assert done.status is RunStatus.COMPLETED_WITH_ERRORS
    assert len(list(store.rejections(run=done.id))) == rows // 10
    counts = Lanes(redis_client, prefix=prefix).run_counts(done.id)
    assert (counts["received"], counts["rejected"]) == (rows, rows // 10)
