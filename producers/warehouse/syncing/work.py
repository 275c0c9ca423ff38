"""One run in hand: what it works with, what it has counted, how it tells of itself, and why it may have to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event
from typing import Final, TypeVar

from producers.warehouse.patience import Patience, Stopped
from producers.warehouse.syncing.cancelling import CancelRequests
from producers.warehouse.syncing.locking import Held
from producers.warehouse.syncing.ports import State, Sync, SyncLanes, SyncStore
from producers.warehouse.syncing.report import Phase, SyncCounts, SyncProgress
from tercel.connections import translated
from tercel.store import RunRecord, RunStatus

T = TypeVar("T")

STALL_S: Final = 3_600.0  # seconds without any end of a record after which a run gives up waiting


class CalledOff(Exception):
    """Somebody asked for the run to be cancelled."""


class GivenUp(Exception):
    """The run cannot go on. ``code`` and ``reason`` say why."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class Tools:
    """What every run of a sync works with, for as long as the lock is held.

    ``high_water`` is in records a lane. ``stall_s`` is how many seconds a run waits for anything of it to end.
    ``clock`` gives seconds that only ever grow.
    """

    sync: Sync
    state: State
    lanes: SyncLanes
    store: SyncStore
    held: Held
    requests: CancelRequests
    stop: Event
    wait: Callable[[float], object]
    patience: Patience
    progress: Callable[[SyncProgress], None]
    now: Callable[[], datetime]
    clock: Callable[[], float]
    high_water: int | None
    stall_s: float
    redis_place: str


class Work:
    """A run in hand. Its counts are what this process knows; the state has the last word on outcomes."""

    def __init__(self, tools: Tools, record: RunRecord) -> None:
        self.tools = tools
        self.record = record
        self.counts = SyncCounts.of(record.counts)
        self.phase = Phase.QUERYING
        self.share: float | None = None
        self.reached = int(record.checkpoint or 0)  # the number of the last due row that is on the lanes, or was

    @property
    def run(self) -> str:
        """The run's id."""
        return self.record.id

    def look_up(self) -> None:
        """Look whether to go on. Raises Stopped, CalledOff, and StoreUnavailable where the lock was lost."""
        if self.tools.stop.is_set():
            raise Stopped
        self.tools.held.check()
        if self.redis(lambda: self.tools.requests.asked(self.run)):
            raise CalledOff

    def redis(self, attempt: Callable[[], T]) -> T:
        """Do something that is harmless when repeated, with the patience for a full lane or a server that is away."""

        def guarded() -> T:
            with translated(self.tools.redis_place):
                return attempt()

        return self.patiently(guarded)

    def patiently(self, attempt: Callable[[], T]) -> T:
        """Do something that is harmless when repeated, waiting for whatever does not answer. Raises Stopped."""
        return self.tools.patience.call(attempt, self.tell)

    def tell(self, waiting_for: str = "") -> None:
        """Say how far the run is."""
        name = self.tools.sync.name
        self.tools.progress(SyncProgress(self.run, name, self.phase, self.counts, self.share, waiting_for))

    def count(self, **counts: int) -> None:
        """Set some of the counts."""
        self.counts = replace(self.counts, **counts)

    def reach(self, seq: int) -> None:
        """Take rows up to a number for sent."""
        self.reached = max(self.reached, seq)
        ended = self.counts.succeeded + self.counts.rejected
        self.count(sent=self.reached, pending=max(0, self.reached - ended))

    def save(self, status: RunStatus, error: str = "") -> None:
        """Write the run's row: what people see of it, and what a later process resumes it by."""
        self.record = replace(
            self.record,
            status=status,
            finished_at=self.tools.now() if status is not RunStatus.RUNNING else None,
            checkpoint=str(self.reached),
            counts=self.counts.as_dict(),
            error=error,
        )
        self.tools.store.save_run(self.record)
