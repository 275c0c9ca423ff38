"""One run of a sync as a process of its own: ``python -m bench.sync_run WHAT``, WHAT being JSON.

The last line it prints is a JSON object: wall-clock and CPU milliseconds of this process by phase, how many rows were
read and sent, and this process's largest memory in KiB. ``until`` says where the run ends: at ``compared`` (one page of
due rows is on its lane by then), at ``queued`` (all of them are), or at ``delivered``.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path
from threading import Event
from typing import Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict

from producers.warehouse.syncing.definition import load_sync
from producers.warehouse.syncing.making import make_runner
from producers.warehouse.syncing.report import Phase, SyncProgress
from tercel.collecting import collect_rarely
from tercel.connections import connect
from tercel.lanes import Lanes
from tercel.settings import Settings
from tercel.store import Store

DEPLOYMENT: Final = "bench"
SYNC: Final = "bench"


class What(BaseModel):
    """A sync, where it reads and keeps its state, and the Redis of its lanes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    redis: str
    home: Path
    database: str
    sync: dict[str, Any]
    until: Literal["compared", "queued", "delivered"] = "queued"


class Watch:
    """Notes when phases begin, and has the run stop where it is to end."""

    def __init__(self, stop: Event, until: str) -> None:
        self._stop, self._until = stop, until
        self._phase = Phase.QUERYING
        self._since = _now()
        self.spent: dict[str, int] = {}
        self.sent = 0

    def __call__(self, progress: SyncProgress) -> None:
        if progress.phase is not self._phase:
            self.note()
            self._phase = progress.phase
        self.sent = progress.counts.sent
        if progress.phase is not Phase.SENDING or self._until == "delivered" or self._stop.is_set():
            return
        if self._until == "compared" or self.sent == progress.counts.due:
            self.note()
            self._stop.set()

    def note(self) -> None:
        """Add the time since the last note to the phase."""
        wall, cpu = _now()
        for name, value in (("wall", wall - self._since[0]), ("cpu", cpu - self._since[1])):
            key = f"{self._phase.value}_{name}_us"
            self.spent[key] = self.spent.get(key, 0) + value
        self._since = (wall, cpu)


def peak_kib() -> int:
    """Return this process's largest memory. What the kernel says of resource usage counts its parent's, too."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _now() -> tuple[int, int]:
    return time.perf_counter_ns() // 1_000, time.process_time_ns() // 1_000


def main() -> None:
    """Run what the argument says."""
    what = What.model_validate_json(sys.argv[1])
    settings = Settings.load(
        Path(os.devnull),
        environ={},
        home=str(what.home),
        redis_url=what.redis,
        database_url=what.database,
        deployments={DEPLOYMENT: {"url": "http://127.0.0.1:9", "key": "none"}},
        syncs={SYNC: {"deployment": DEPLOYMENT, **what.sync}},
    )
    stop = Event()
    collect_rarely()  # as the command does
    with Store.open(what.database) as store, connect(what.redis) as redis:
        watch = Watch(stop, what.until)
        runner = make_runner(
            load_sync(settings, SYNC),
            database_url=what.database,
            home=what.home,
            lanes=Lanes(redis),
            store=store,
            progress=watch,
            stop=stop,
        )
        report = runner.run()
        if what.until == "delivered":
            watch.note()
    counts = report.counts
    peak = peak_kib()
    found = {"rows": counts.source_rows, "sent": watch.sent, "succeeded": counts.succeeded, "peak_kib": peak}
    print(orjson.dumps(found | watch.spent).decode())


if __name__ == "__main__":
    main()
