"""The backfill's logic: what a run sends, how it waits, stops, dies and goes on."""

from __future__ import annotations

import datetime as dt
import gzip
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.warehouse import REASONS, Backfill, Progress, ReadOptions, Report, mapping_of_options
from producers.warehouse.mapping import AnyMapping
from tercel.errors import CheckpointMoved, InputError, MappingError, RedisUnavailable
from tercel.messages import row_of
from tercel.store import RunStatus
from tests.warehouse.in_memory import Fate, Killed, MemoryLanes, MemoryStore, World, profile_ids

PROFILES = mapping_of_options(id_column="id")
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def customers(folder: Path, lines: Sequence[str], name: str = "customers.csv") -> Path:
    path = folder / name
    path.write_text("id,name\n" + "".join(f"{line}\n" for line in lines))
    return path


def written(folder: Path, content: str) -> Path:
    path = folder / "other.csv"
    path.write_text(content)
    return path


def backfill(
    world: World,
    files: Sequence[Path],
    *,
    fate: Fate | None = None,
    mapping: AnyMapping = PROFILES,
    lanes: MemoryLanes | None = None,
    **options: Any,
) -> Backfill:
    options.setdefault("batch_rows", 2)
    options.setdefault("wait", lambda seconds: None)
    return Backfill(
        deployment="prod",
        files=files,
        mapping=mapping,
        lanes=lanes or MemoryLanes(world, fate),
        store=MemoryStore(world, fate),
        now=lambda: NOW,
        **options,
    )


def test_every_row_becomes_one_record_and_a_bad_one_a_rejection_with_its_line_and_reason(tmp_path: Path) -> None:
    world = World()
    path = customers(tmp_path, ["1,a", "2,b,c", "3,c", ",d", "5,e"])

    report = backfill(world, [path]).run()

    assert profile_ids(world) == ["1", "3", "5"]
    found = sorted(world.rejections.values(), key=lambda rejection: rejection.source)
    assert [(bad.source, bad.code, bad.kind, bad.record) for bad in found] == [
        ("customers.csv:3", "T501", "profile", None),
        ("customers.csv:5", "T508", "profile", None),
    ]
    assert found[0].reason == "3 fields where the header has 2"
    assert all(bad.code in REASONS and bad.run == report.run for bad in found)
    assert report == Report(report.run, RunStatus.COMPLETED_WITH_ERRORS, 5, 3, 2, resumed_at=0)
    assert world.counts[report.run] == {"received": 5, "rejected": 2}


def test_a_run_without_bad_rows_is_completed_and_says_what_it_did(tmp_path: Path) -> None:
    world = World()
    report = backfill(world, [customers(tmp_path, ["1,a"])]).run()
    run = world.runs[report.run]
    assert (run.status, run.name, run.kind, run.counts) == (
        RunStatus.COMPLETED,
        "profiles of customers.csv",
        "backfill",
        {"rows": 1, "enqueued": 1, "rejected": 0},
    )
    assert "customers.csv (12 bytes of" in run.source


def test_several_files_of_any_format_are_one_run(tmp_path: Path) -> None:
    world = World()
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress(b"name,id\nx,3\n"))
    lines = tmp_path / "c.jsonl"
    lines.write_text('{"id":4}\n[]\n{"id":5}\n')
    empty = customers(tmp_path, [], "empty.csv")

    report = backfill(world, [customers(tmp_path, ["1,a", "2,b"]), packed, empty, lines]).run()

    assert profile_ids(world) == ["1", "2", "3", "4", "5"]
    assert [bad.source for bad in world.rejections.values()] == ["c.jsonl:2"]
    assert (report.rows, report.rejected) == (6, 1)


def test_a_batch_of_bad_rows_only_moves_the_checkpoint_too(tmp_path: Path) -> None:
    world = World()
    report = backfill(world, [customers(tmp_path, [",a", ",b", ",c"])]).run()
    assert world.counts[report.run] == {"received": 3, "rejected": 3}


def test_progress_is_told_after_every_batch(tmp_path: Path) -> None:
    told: list[Progress] = []
    path = customers(tmp_path, ["1,a", "2,b", ",c"])
    backfill(World(), [path], progress=told.append).run()
    assert [(p.rows, p.enqueued, p.rejected, p.file, p.waiting_for) for p in told] == [
        (2, 2, 0, "customers.csv", ""),
        (3, 2, 1, "customers.csv", ""),
    ]
    assert told[-1].share == 1.0


def test_a_full_lane_is_waited_for_with_growing_pauses_and_nothing_is_lost(tmp_path: Path) -> None:
    world = World()
    told: list[Progress] = []
    pauses: list[float] = []
    lanes = MemoryLanes(world, full_for=9)
    path = customers(tmp_path, ["1,a", "2,b", "3,c"])

    backfill(world, [path], lanes=lanes, wait=pauses.append, progress=told.append).run()

    assert profile_ids(world) == ["1", "2", "3"]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.05, 2.0)
    assert "full" in told[0].waiting_for


def test_cancelling_stops_after_the_batch_in_hand_and_the_same_command_goes_on(tmp_path: Path) -> None:
    world = World()
    cancel = Event()
    path = customers(tmp_path, ["1,a", "2,b", "3,c"])

    stopped = backfill(world, [path], cancel=cancel, progress=lambda progress: cancel.set()).run()
    assert (stopped.status, world.runs[stopped.run].status) == (RunStatus.INTERRUPTED, RunStatus.INTERRUPTED)
    assert profile_ids(world) == ["1", "2"]

    report = backfill(world, [path]).run()
    assert profile_ids(world) == ["1", "2", "3"]
    assert (report.run, report.status, report.resumed_at, report.rows) == (stopped.run, RunStatus.COMPLETED, 2, 3)


def test_cancelling_ends_a_wait_for_a_full_lane(tmp_path: Path) -> None:
    world = World()
    cancel = Event()
    lanes = MemoryLanes(world, full_for=1_000)
    report = backfill(
        world, [customers(tmp_path, ["1,a"])], lanes=lanes, cancel=cancel, wait=lambda seconds: cancel.set()
    ).run()
    assert report.status is RunStatus.INTERRUPTED
    assert world.records == []


def test_a_redis_that_does_not_answer_is_waited_for_a_while_and_then_the_run_is_interrupted(tmp_path: Path) -> None:
    class Unreachable(MemoryLanes):
        def enqueue(self, *args: Any, **options: Any) -> Any:
            raise RedisUnavailable("Redis cannot be reached")

    world = World()
    pauses: list[float] = []
    path = customers(tmp_path, ["1,a"])
    with pytest.raises(RedisUnavailable):
        backfill(world, [path], lanes=Unreachable(world), wait=pauses.append, unavailable_s=10).run()
    assert 10 <= sum(pauses) < 14
    (run,) = world.runs.values()
    assert (run.status, run.error) == (RunStatus.INTERRUPTED, "Redis cannot be reached")
    assert backfill(world, [path]).run().run == run.id


def test_a_finished_run_started_again_is_a_new_run(tmp_path: Path) -> None:
    world = World()
    path = customers(tmp_path, ["1,a"])
    first, second, third = (backfill(world, [path]).run() for _ in range(3))
    assert len({first.run, second.run, third.run}) == 3
    assert profile_ids(world) == ["1"] * 3


def test_a_new_run_never_starts_from_an_old_checkpoint_that_the_store_forgot(tmp_path: Path) -> None:
    world = World()
    path = customers(tmp_path, ["1,a"])
    backfill(world, [path]).run()
    world.runs.clear()
    backfill(world, [path]).run()
    assert profile_ids(world) == ["1", "1"]


@pytest.mark.parametrize(
    "options",
    [{"mapping": mapping_of_options(id_column="id", id_prefix="x")}, {"options": ReadOptions(delimiter=",")}],
    ids=["another mapping", "read otherwise"],
)
def test_another_command_is_another_run(tmp_path: Path, options: dict[str, Any]) -> None:
    world = World()
    path = customers(tmp_path, ["1,a", "2,b", "3,c"])
    with pytest.raises(Killed):
        backfill(world, [path], fate=Fate(call=6)).run()
    backfill(world, [path], **options).run()
    assert len(world.runs) == 2


def interrupted(world: World, path: Path) -> None:
    cancel = Event()
    backfill(world, [path], cancel=cancel, progress=lambda progress: cancel.set()).run()


def test_a_file_changed_since_the_unfinished_run_began_is_refused_unless_restarted(tmp_path: Path) -> None:
    world = World()
    path = customers(tmp_path, ["1,a", "2,b", "3,c"])
    interrupted(world, path)
    (old,) = world.runs
    customers(tmp_path, ["0,z", "1,a", "2,b", "3,c"])

    with pytest.raises(InputError, match=r"customers\.csv: changed since run .* --restart"):
        backfill(world, [path]).run()
    report = backfill(world, [path]).run(restart=True)

    assert profile_ids(world) == ["1", "2", "0", "1", "2", "3"]
    assert report.run != old
    assert world.runs[old].status is RunStatus.CANCELLED


def test_restart_begins_anew_and_a_killed_restart_is_resumed_not_the_run_it_replaced(tmp_path: Path) -> None:
    world = World()
    path = customers(tmp_path, ["1,a", "2,b", "3,c"])
    interrupted(world, path)
    (old,) = world.runs
    with pytest.raises(Killed):
        backfill(world, [path], fate=Fate(call=7, after_effect=True)).run(restart=True)
    report = backfill(world, [path]).run()
    assert report.run != old
    assert profile_ids(world) == ["1", "2", "1", "2", "3"]


def test_a_file_that_changes_while_it_is_read_fails_the_run(tmp_path: Path) -> None:
    world = World()
    path = customers(tmp_path, ["1,a", "2,b", "3,c"])
    with pytest.raises(InputError, match="changed while it was being read"):
        backfill(world, [path], progress=lambda progress: os.utime(path, ns=(1, 1))).run()
    assert [run.status for run in world.runs.values()] == [RunStatus.FAILED]


def test_a_failed_run_goes_on_while_its_files_are_the_same_and_is_a_new_one_when_they_were_mended(
    tmp_path: Path,
) -> None:
    world = World()
    content = b"id,name\n" + b"".join(b"%d,%d\n" % (n, n * 7919 % 10_007) for n in range(130_000))
    whole = gzip.compress(content, 1)
    path = tmp_path / "customers.csv.gz"
    path.write_bytes(whole[:-1_000])
    reached = []
    for _ in range(2):
        with pytest.raises(InputError, match="cannot be read beyond line"):
            backfill(world, [path], batch_rows=20_000).run()
        reached.append(len(world.records))
    assert 0 < reached[0] <= reached[1] < 130_000
    assert profile_ids(world) == [str(n) for n in range(reached[1])]
    assert [run.status for run in world.runs.values()] == [RunStatus.FAILED]

    path.write_bytes(whole)
    report = backfill(world, [path], batch_rows=20_000).run()
    assert (report.resumed_at, report.rows, len(world.runs)) == (0, 130_000, 2)


def test_two_processes_on_one_run_do_not_mix_and_the_later_one_says_so(tmp_path: Path) -> None:
    world = World()
    path = customers(tmp_path, ["1,a", "2,b", "3,c", "4,d", "5,e"])

    def other_process(progress: Progress) -> None:
        if len(world.records) == 2:
            backfill(world, [path]).run()

    first = backfill(world, [path], progress=other_process)
    with pytest.raises(CheckpointMoved, match="another process is running this backfill"):
        first.run()
    assert profile_ids(world) == ["1", "2", "3", "4", "5"]
    assert [run.status for run in world.runs.values()] == [RunStatus.COMPLETED]


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda folder: [customers(folder, []), written(folder, "name\n")], MappingError, "has no column 'id'"),
        (lambda folder: [], InputError, "no file"),
        (lambda folder: [folder], InputError, "is not a file"),
        (lambda folder: [folder / "gone.csv"], InputError, "No such file"),
        (lambda folder: [customers(folder, [], "a.xlsx")], InputError, "does not say what it is"),
        (lambda folder: [customers(folder, [], "a.parquet.gz")], InputError, "compressed inside"),
        (lambda folder: [customers(folder, [])] * 2, InputError, "more than once"),
        (lambda folder: [customers(folder, []), customers(folder, ["x"], "b.jsonl")], InputError, "is not JSON Lines"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_sent(
    tmp_path: Path, make: Callable[[Path], list[Path]], error: type[Exception], said: str
) -> None:
    world = World()
    with pytest.raises(error, match=said):
        backfill(world, make(tmp_path))
    assert world == World()


rows = st.lists(st.sampled_from(["{n},a", "{n},b,c", ",d", '{n},"two\nlines"', '{n},"open', ""]), max_size=9)
kills = st.lists(st.tuples(st.integers(0, 14), st.booleans()), max_size=6)


@settings(max_examples=250)
@given(first=rows, second=rows, kills=kills, sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_killed_at_any_call_and_resumed_every_row_is_there_exactly_once(
    tmp_path: Path, first: list[str], second: list[str], kills: list[tuple[int, bool]], sizes: list[int]
) -> None:
    files = [
        customers(tmp_path, [row.format(n=f"{name}{i}") for i, row in enumerate(content)], f"{name}.csv")
        for name, content in (("a", first), ("b", second))
    ]
    expected = World()
    backfill(expected, files).run()

    world = World()
    for i, (call, after_effect) in enumerate([*kills, (None, False)]):
        fate = Fate(call, after_effect)
        try:
            backfill(world, files, fate=fate, batch_rows=sizes[i % len(sizes)]).run()
            break
        except Killed:
            if any(run.status.is_final for run in world.runs.values()):
                break  # it died after its work was done: the same command would now mean a new run

    assert world.records == expected.records
    assert world.rejections == expected.rejections
    assert world.counts == expected.counts
    outcome = [(run.id, run.status, run.counts) for run in world.runs.values()]
    assert outcome == [(run.id, run.status, run.counts) for run in expected.runs.values()]


def test_a_records_id_says_which_file_and_line_it_came_from(tmp_path: Path) -> None:
    world = World()
    first, second = customers(tmp_path, ["1,a", "2,b"]), tmp_path / "more.csv"
    second.write_text(first.read_text(), encoding="utf-8")
    seen: list[str] = []

    class Watched:
        def __init__(self, lanes: Any) -> None:
            self._lanes = lanes

        def __getattr__(self, name: str) -> Any:
            return getattr(self._lanes, name)

        def enqueue(self, *args: Any, **options: Any) -> Any:
            seen.extend(options["record_ids"])
            return self._lanes.enqueue(*args, **options)

    run = backfill(world, [first, second], lanes=Watched(MemoryLanes(world))).run().run

    assert [row_of(record_id, run) for record_id in seen] == [(0, 2), (0, 3), (1, 2), (1, 3)]
