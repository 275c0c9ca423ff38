"""What it takes to find the 1% of a mirror's members that changed, on SQLite and on PostgreSQL, and how that grows.

PostgreSQL is a temporary cluster with the tests' settings: little memory (16 MB of shared buffers), no waiting for the
disk. Each size is a process of its own, whose memory is looked at; that of PostgreSQL is not.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from bench.children import running
from bench.errors import BenchError
from bench.machine import load_average
from tests.support.postgres import HOW_TO_INSTALL, PostgresServer, running_postgres

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
MS: Final = 1_000
KIB_PER_MIB: Final = 1_024


@dataclass(frozen=True, slots=True)
class Plan:
    """How many members, one measurement after another."""

    sizes: tuple[int, ...]


FULL: Final = Plan((50_000, 500_000, 5_000_000))
QUICK: Final = Plan((50_000, 200_000))


@dataclass(frozen=True, slots=True)
class Mirrored:
    """One size on one database, in seconds.

    ``total_s`` is a run in which 1% is due, without the sending: staging, comparing, reading what is due, confirming,
    and taking the outcomes over. ``first_total_s`` is the first run, in which every member is due. ``cpu_s`` is this
    side's CPU time in ``total_s``, ``peak_mib`` its largest memory in both runs.
    """

    database: str
    members: int
    due: int
    stage_s: float
    compare_s: float
    confirm_s: float
    total_s: float
    first_total_s: float
    cpu_s: float
    peak_mib: float


def measure(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure, and return the figures by name: the largest size on each database, and every measurement."""
    load = load_average()
    with tempfile.TemporaryDirectory(prefix="tercel-bench-mirror-") as folder, running_postgresql() as postgres:
        found = []
        for size in plan.sizes:
            for database in (SQLITE, POSTGRESQL):
                url = f"sqlite:///{folder}/tercel.db" if database == SQLITE else postgres.new_database()
                found.append(_mirrored(database, url, Path(folder), size))
                _tell(found[-1], say)
    largest = {one.database: one for one in found if one.members == max(plan.sizes)}
    return {
        "members": max(plan.sizes),
        "sqlite_s": largest[SQLITE].total_s,
        "postgresql_s": largest[POSTGRESQL].total_s,
        "peak_mib": max(one.peak_mib for one in found),
        "by_size": [asdict(one) for one in found],
        "load_before": load,
    }


def _tell(one: Mirrored, say: Callable[[str], None]) -> None:
    say(
        f"{one.database}, {one.members:,} members: {one.total_s:.1f} s for {one.due:,} due rows (stage "
        f"{one.stage_s:.1f}, compare {one.compare_s:.1f}, confirm {one.confirm_s:.1f}; {one.cpu_s:.1f} s of CPU), "
        f"first run {one.first_total_s:.1f} s, {one.peak_mib:.0f} MiB"
    )


def _mirrored(database: str, url: str, folder: Path, size: int) -> Mirrored:
    program = [sys.executable, "-m", "bench.mirroring", url, str(folder), str(size)]
    with running(program, name=f"{database} {size}", folder=folder) as child:
        found = child.answer()
    if found["members"] != size:
        raise BenchError(f"the state has {found['members']:,} members after both runs, not {size:,}")
    steps = ("stage_ms", "compare_ms", "due_ms", "confirm_ms", "finish_ms")
    return Mirrored(
        database=database,
        members=size,
        due=found["due"],
        stage_s=found["stage_ms"] / MS,
        compare_s=found["compare_ms"] / MS,
        confirm_s=(found["confirm_ms"] + found["finish_ms"]) / MS,
        total_s=sum(found[step] for step in steps) / MS,
        first_total_s=sum(found[f"first_{step}"] for step in steps) / MS,
        cpu_s=found["cpu_ms"] / MS,
        peak_mib=round(found["peak_kib"] / KIB_PER_MIB, 1),
    )


@contextmanager
def running_postgresql() -> Iterator[PostgresServer]:
    """Run a PostgreSQL while the context lasts. Raises BenchError where none is installed."""
    try:
        with running_postgres() as server:
            yield server
    except pytest.fail.Exception as error:
        raise BenchError(error.msg or HOW_TO_INSTALL) from None
