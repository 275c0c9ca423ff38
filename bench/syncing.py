"""What a row of a sync costs, from its source to the lane; how much memory that takes; and a mirror's first run.

Rates are by CPU time of the one process that runs the sync, so that other work on the machine counts little: a core of
its own would do so many rows a second. Redis and PostgreSQL are other processes. The source of the memory's measurement
is one column of ids; its run ends with the first due rows on their lane, as the others go the same way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.applications import Tercel, working
from bench.children import running
from bench.machine import load_average
from bench.mirror import KIB_PER_MIB, running_postgresql
from bench.rig import RedisRig, own_redis
from bench.source_rows import AUDIENCE, FIELDS, ID, load_table, write_csv, write_ids, write_parquet
from bench.stand_in import SECOND_NS
from bench.sync_run import What
from sandbox.talon_one import Config, StandIn, start
from sandbox.talon_one.config import Audience, RateLimit
from tests.support.postgres import PostgresServer

PROCESSES: Final = 2  # workers, in the first run of a mirror
FULL_CALL: Final = 1_000  # memberships
US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows of each measurement, and the requests a second that the first run may make."""

    rows: int
    memory_rows: int
    members: int
    rate: float


FULL: Final = Plan(1_000_000, 10_000_000, 2_000_000, 60.0)
QUICK: Final = Plan(100_000, 500_000, 150_000, 10.0)


@dataclass(frozen=True, slots=True)
class Queued:
    """One source. Microseconds of CPU a row: reading, mapping and staging; comparing; putting on the lane.

    ``per_s`` is rows a second of one core over all three, ``mapped_per_s`` over the first alone.
    """

    source: str
    rows: int
    read_us: float
    compare_us: float
    enqueue_us: float
    per_s: float
    mapped_per_s: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class FirstRun:
    """A mirror's first run against a limit of ``rate`` requests a second: the share of it that was used."""

    members: int
    rate: float
    share: float
    sending_s: float


def measure(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure, and return the figures by name."""
    load = load_average()
    with own_redis("everysec") as place, running_postgresql() as postgres:
        found = [_queued(source, place.folder, postgres, plan.rows) for source in ("csv", "parquet", "postgresql")]
        for one in found:
            say(f"{one.source}: {one.per_s:,.0f} rows/s queued, {one.mapped_per_s:,.0f} staged, {one.peak_mib:.0f} MiB")
        memory = [_memory(place.folder, rows) for rows in (plan.memory_rows // 10, plan.memory_rows)]
        for rows, peak_mib in memory:
            say(f"{rows:,} rows: {peak_mib:.0f} MiB")
        first = _first_run(place.folder, plan)
        say(f"first run of {first.members:,} members: {first.share:.1%} of {first.rate:g} requests a second")
    return {
        **{f"{one.source}_per_s": round(one.per_s) for one in found},
        "memory_rows": memory[-1][0],
        "memory_mib": memory[-1][1],
        "memory_mib_of_a_tenth": memory[0][1],
        "first_run_share": round(first.share, 4),
        "by_source": [asdict(one) for one in found],
        "first_run": asdict(first),
        "load_before": load,
    }


def _queued(source: str, folder: Path, postgres: PostgresServer, rows: int) -> Queued:
    sync: dict[str, Any] = {"object": "profiles", "id": ID, "fields": FIELDS}
    if source == "postgresql":
        sync |= load_table(postgres.new_database(), rows)
    else:
        write = write_csv if source == "csv" else write_parquet
        sync |= {"files": [str(write(folder / f"rows.{source}", rows))]}
    with own_redis("everysec") as redis:
        found = _run(redis, sync, "queued")
    read, compare, enqueue = (found[f"{phase}_cpu_us"] / rows for phase in ("querying", "comparing", "sending"))
    return Queued(
        source=source,
        rows=found["rows"],
        read_us=round(read, 2),
        compare_us=round(compare, 2),
        enqueue_us=round(enqueue, 2),
        per_s=US / (read + compare + enqueue),
        mapped_per_s=US / read,
        peak_mib=round(found["peak_kib"] / KIB_PER_MIB, 1),
    )


def _memory(folder: Path, rows: int) -> tuple[int, float]:
    file = write_ids(folder / f"ids-{rows}.csv", rows)
    with own_redis("everysec") as redis:
        found = _run(redis, _mirror(file), "compared")
    file.unlink()
    return found["rows"], round(found["peak_kib"] / KIB_PER_MIB, 1)


def _first_run(folder: Path, plan: Plan) -> FirstRun:
    file = write_ids(folder / "members.csv", plan.members)
    config = Config(audiences=(Audience(name="bench", id=AUDIENCE),), rate=RateLimit(per_second=round(plan.rate)))
    with own_redis("everysec") as redis, start(config) as stand_in:
        tercel = Tercel(stand_in.url, rate=plan.rate)
        with working(tercel, redis.url, redis.folder, processes=PROCESSES):
            _run(redis, _mirror(file), "delivered")
        return _share(stand_in, plan)


def _share(stand_in: StandIn, plan: Plan) -> FirstRun:
    """From the first request to the last: reading the source comes before, and has no limit to use."""
    at_ns = stand_in.admin.arrivals()["ns"]
    seconds = (at_ns[-1] - at_ns[0]) / SECOND_NS
    return FirstRun(
        members=plan.members,
        rate=plan.rate,
        share=plan.members / FULL_CALL / (seconds * plan.rate + 1),  # the first request takes no time
        sending_s=round(seconds, 1),
    )


def _mirror(file: Path) -> dict[str, Any]:
    return {"object": "audiences", "mode": "mirror", "audience_id": AUDIENCE, "files": [str(file)], "id": ID}


def _run(redis: RedisRig, sync: dict[str, Any], until: str) -> dict[str, int]:
    home = redis.folder / "home"
    home.mkdir(exist_ok=True)
    what = What.model_validate(
        {"redis": redis.url, "home": home, "database": f"sqlite:///{home}/tercel.db", "sync": sync, "until": until}
    )
    program = [sys.executable, "-m", "bench.sync_run", what.model_dump_json()]
    with running(program, name="sync", folder=redis.folder) as child:
        return child.answer()
