"""A run of a sync, from the lock to the report; also after a crash, and when somebody calls it off.

What an earlier process has left unfinished is brought to its end first: a row that was sent and not confirmed may be at
the destination, and a comparison that does not know of it would be wrong for good. Then the source is read, compared
with what was delivered, and the difference is sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Event

from producers.warehouse.patience import UNAVAILABLE_S, Patience, Stopped
from producers.warehouse.syncing.calling_off import UNDER_WAY_S, call_off, put_away
from producers.warehouse.syncing.cancelling import CancelRequests
from producers.warehouse.syncing.definition import RUN_KIND
from producers.warehouse.syncing.emptying import EMPTIED, check_first, refuse_nothing
from producers.warehouse.syncing.locking import Held
from producers.warehouse.syncing.ports import State, Sync, SyncLanes, SyncStore
from producers.warehouse.syncing.reading import read
from producers.warehouse.syncing.report import Phase, SyncProgress, SyncReport
from producers.warehouse.syncing.run_reasons import OUTCOME_UNKNOWN
from producers.warehouse.syncing.sending import Sending
from producers.warehouse.syncing.superseding import close_earlier_rejections
from producers.warehouse.syncing.work import STALL_S, CalledOff, GivenUp, Tools, Work
from tercel.errors import CheckpointMoved, SyncBusy, TercelError, UnavailableError
from tercel.messages import new_run_id
from tercel.store import RunRecord, RunStatus
from tercel.store.values import utc_now

STALE = "The definition has changed since the last full run: every row is sent again."
RUNS_LOOKED_AT = 200  # newest ones of a deployment, among which the one that goes on is looked for
NOT_SENT = "ended while it read its source: nothing was sent, the next run begins anew"


@dataclass(frozen=True, slots=True)
class Wish:
    """How a run was asked for: by what, with the guard switched off by whom (empty: it is on), with every row due.

    ``retry``: with rows that were refused too often. ``empty`` empties the audience, for ``emptied_by``.
    """

    trigger: str
    unguarded_by: str = ""
    full: bool = False
    retry: bool = False
    empty: Callable[[], None] | None = None
    emptied_by: str = ""


class SyncRunner:
    """Runs one sync. Its methods hold the sync's lock, and raise SyncBusy where another process does."""

    def __init__(
        self,
        sync: Sync,
        *,
        state: Callable[[], AbstractContextManager[State]],
        lock: Callable[[], AbstractContextManager[Held]],
        lanes: SyncLanes,
        store: SyncStore,
        requests: CancelRequests,
        high_water: int | None = None,
        progress: Callable[[SyncProgress], None] = lambda progress: None,
        stop: Event | None = None,
        wait: Callable[[float], object] | None = None,
        unavailable_s: float = UNAVAILABLE_S,
        stall_s: float = STALL_S,
        under_way_s: float = UNDER_WAY_S,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
        redis_place: str = "Redis",
    ) -> None:
        """``state`` and ``lock`` open the sync's state and its lock; both are closed when a run ends.

        ``stop``, once set, interrupts a run in good order: the next one goes on from there. ``high_water`` is in
        records a lane. A server that does not answer is waited for ``unavailable_s`` seconds, a run of which nothing
        ends ``stall_s``, and calls under way of a run that is called off ``under_way_s``.
        """
        self._sync, self._store, self._lanes = sync, store, lanes
        self._open_state, self._lock = state, lock
        self._under_way_s = under_way_s
        self._now = now
        stopping = stop or Event()
        wait = wait or stopping.wait

        def tools(opened: State, held: Held) -> Tools:
            return Tools(
                sync=sync,
                state=opened,
                lanes=lanes,
                store=store,
                held=held,
                requests=requests,
                stop=stopping,
                wait=wait,
                patience=Patience(wait, stopping.is_set, unavailable_s=unavailable_s),
                progress=progress,
                now=now,
                clock=clock,
                high_water=high_water,
                stall_s=stall_s,
                redis_place=redis_place,
            )

        self._tools = tools
        self._requests = requests

    def run(
        self,
        *,
        trigger: str = "manual",
        allow_empty: bool = False,
        full: bool = False,
        retry: bool = False,
        empty: Callable[[], None] | None = None,
        user: str = "",
    ) -> SyncReport:
        """Bring the destination to what the source says, and report.

        ``allow_empty`` switches the guard of a mirror off for this run, which is recorded with ``user``. ``full``
        sends every row, ``retry`` those too that are left alone because they were refused too often. A run that a timer
        starts (``trigger`` "schedule") while another goes on is recorded as skipped. ``empty`` is called before a
        mirror's first run sends anything, once its source was read to the end: it removes the members that nobody knows
        of (contract: warehouse sync, "Modes").

        Raises UsageError where ``empty`` is given and the run is not a mirror's first.

        The report's status is completed, completed with errors, failed (the guard, an audience that does not exist, no
        progress), cancelled, or interrupted (``stop`` was set; the next run goes on). Raises SyncBusy; what the source
        raises where it cannot be read to its end (the run is then failed, and nothing was sent); UnavailableError where
        Redis or the store does not answer for too long, and CheckpointMoved where another host sends the same run.
        """
        by = (user or "unnamed") if allow_empty else ""
        try:
            with self._held() as tools:
                former = self._finish_former(tools, full=full)
                if former is not None and former.status is RunStatus.INTERRUPTED:
                    return former
                return replace(
                    self._fresh(tools, Wish(trigger, by, full, retry, empty, user or "unnamed")), former=former
                )
        except SyncBusy:
            if trigger == "schedule":
                self._skipped(trigger)
            raise

    def cancel(self) -> SyncReport | None:
        """Call off the sync's unfinished run, if there is one.

        A run in another process's hands is asked to end, which it does at its next step; then None is returned. So it
        is where there is nothing to call off.
        """
        try:
            with self._held() as tools:
                work = self._unfinished(tools)
                return None if work is None else self._end(work, self._refuse_to_go_on)
        except SyncBusy:
            going = self._store.list_runs(RUNS_LOOKED_AT, deployment=self._sync.deployment)
            for run in going:
                if run.kind == RUN_KIND and run.name == self._sync.name and run.status is RunStatus.RUNNING:
                    self._requests.ask(run.id)
                    break
            return None

    def reset(self) -> SyncReport | None:
        """Forget what was delivered; an unfinished run is called off first, and its report returned."""
        with self._held() as tools:
            work = self._unfinished(tools)
            report = None if work is None else self._end(work, self._refuse_to_go_on)
            tools.state.reset()
            return report

    # -- one run ----------------------------------------------------------------------------------------------------

    def _fresh(self, tools: Tools, wish: Wish) -> SyncReport:
        if wish.empty is not None:
            check_first(self._sync, tools.state)
        known = tools.state.mapping_fingerprint()
        stale = known is not None and known != self._sync.fingerprint
        full = wish.full or stale or not self._sync.only_changes
        work = Work(tools, self._new_record(wish))
        work.save(RunStatus.RUNNING)

        def work_through() -> None:
            tripped = read(work, full=full, retry=wish.retry)
            if tripped is not None and not wish.unguarded_by and not self._sync.allow_empty:
                raise GivenUp(tripped.code, tripped.reason)
            work.look_up()
            if wish.empty is not None:
                refuse_nothing(work, sure=bool(wish.unguarded_by))
                wish.empty()
            work.save(RunStatus.RUNNING)  # from here on, a later process knows what it goes on with
            close_earlier_rejections(work)
            Sending(work).run()

        return replace(
            self._end(work, work_through), full=full, notes=_notes(stale=stale, emptied=wish.empty is not None)
        )

    def _finish_former(self, tools: Tools, *, full: bool) -> SyncReport | None:
        """Bring to its end what an earlier process has left, unless what it was sending is no longer wanted."""
        work = self._unfinished(tools)
        if work is None:
            return None
        if full or work.record.fingerprint != self._sync.fingerprint:
            return self._end(work, self._refuse_to_go_on)
        return self._end(work, Sending(work).run)

    def _unfinished(self, tools: Tools) -> Work | None:
        """Return the run that was left in the midst of its sending; put away what another left behind."""
        run = tools.state.run()
        if run is None:
            return None
        record = self._store.get_run(run)
        sending = record is not None and "due" in record.counts and record.counts["due"] > 0
        if record is not None and not record.status.is_final and not sending:
            self._store.save_run(replace(record, status=RunStatus.FAILED, finished_at=self._now(), error=NOT_SENT))
        if record is None or not sending:
            return None
        work = Work(tools, record)
        work.phase = Phase.SENDING
        if record.status.is_final:  # it was ended, and only not tidied up: the next run does that
            return None
        checkpoint = work.redis(lambda: self._lanes.checkpoint(run))
        work.reach(int(checkpoint) if checkpoint else work.counts.due)  # a Redis that lost it may have sent anything
        work.save(RunStatus.RUNNING)
        return work

    def _end(self, work: Work, work_through: Callable[[], None]) -> SyncReport:
        """Do the work, and record how it ended."""
        error = code = ""
        try:
            work_through()
            status = self._ended(work)
            if status is RunStatus.FAILED:
                code = OUTCOME_UNKNOWN
                error = f"What became of {work.counts.pending:,} rows is not known: the next run sends them again."
        except Stopped:
            status, error = RunStatus.INTERRUPTED, "stopped on request"
        except CalledOff:
            if work.phase is Phase.SENDING:
                call_off(work, under_way_s=self._under_way_s)
            status, error = RunStatus.CANCELLED, "cancelled on request"
        except GivenUp as given_up:
            if work.reached:
                call_off(work, under_way_s=self._under_way_s)
            status, error, code = RunStatus.FAILED, given_up.reason, given_up.code
        except CheckpointMoved:  # the run is in other hands, and so is its row in the store
            raise
        except BaseException as caught:
            known = isinstance(caught, TercelError)
            failed = known and work.phase is not Phase.SENDING  # what is being sent is gone on with
            with suppress(UnavailableError):
                said = str(caught) if known else type(caught).__name__
                work.save(RunStatus.FAILED if failed else RunStatus.INTERRUPTED, said)
            if failed:
                with suppress(TercelError):  # frees what was staged, which may be much; the next run would do it too
                    work.tools.state.finish()
            raise
        work.save(status, error)
        if status.is_final:
            work.patiently(work.tools.state.finish)
        return SyncReport(work.run, self._sync.name, status, work.counts, error=error, code=code)

    def _ended(self, work: Work) -> RunStatus:
        """Put a run away that came to its end, and say how it ended."""
        put_away(work)
        if work.counts.pending:
            return RunStatus.FAILED
        work.tools.state.set_mapping_fingerprint(self._sync.fingerprint)
        if work.counts.invalid or work.counts.rejected or work.counts.given_up:
            return RunStatus.COMPLETED_WITH_ERRORS
        return RunStatus.COMPLETED

    @staticmethod
    def _refuse_to_go_on() -> None:
        raise CalledOff

    # -- around it --------------------------------------------------------------------------------------------------

    @contextmanager
    def _held(self) -> Iterator[Tools]:
        with self._lock() as held, self._open_state() as state:
            yield self._tools(state, held)

    def _new_record(self, wish: Wish) -> RunRecord:
        run = new_run_id()
        while self._store.get_run(run) is not None or self._lanes.checkpoint(run):
            run = new_run_id()
        guard = f", guard switched off by {wish.unguarded_by}" if wish.unguarded_by else ""
        emptied = f", audience emptied first for {wish.emptied_by}" if wish.empty is not None else ""
        return RunRecord(
            id=run,
            name=self._sync.name,
            deployment=self._sync.deployment,
            kind=RUN_KIND,
            source=self._sync.source,
            status=RunStatus.RUNNING,
            trigger=f"{wish.trigger}{guard}{emptied}",
            started_at=self._now(),
            fingerprint=self._sync.fingerprint,
        )

    def _skipped(self, trigger: str) -> None:
        record = self._new_record(Wish(trigger))
        reason = "the run before was still going"
        self._store.save_run(replace(record, status=RunStatus.SKIPPED, finished_at=record.started_at, error=reason))


def _notes(*, stale: bool, emptied: bool) -> tuple[str, ...]:
    return tuple(note for note, wanted in ((STALE, stale), (EMPTIED, emptied)) if wanted)
