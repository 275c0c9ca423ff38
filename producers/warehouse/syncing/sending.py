"""The due rows of a run: onto the bulk lanes in order, and then until the last of them has ended.

The checkpoint in Redis is the number of the last row on the lanes, and moves in the step that puts rows there: so a
crash at any moment sends no row twice, and leaves none out. Receipts are read all the while, or a long run would fill
Redis with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from producers.warehouse.patience import Stopped
from producers.warehouse.syncing.confirming import Confirming
from producers.warehouse.syncing.report import Phase
from producers.warehouse.syncing.run_reasons import STOOD_STILL
from producers.warehouse.syncing.work import GivenUp, Work
from tercel.errors import CheckpointMoved
from tercel.messages import row_record_id
from tercel.records import LaneKind, Urgency
from tercel.store.chunks import chunked
from tercel.store.syncing import Due

PAGE_ROWS: Final = 5_000  # due rows read from the state at once
BATCH_ROWS: Final = 500  # rows an enqueue carries: enough to make the round trip cheap, few enough not to hold Redis up
FIRST_PAUSE_S: Final = 0.02  # seconds until receipts are looked for again; doubled while there are none
LONGEST_PAUSE_S: Final = 0.5


class Sending:
    """Brings the due rows of one run to their ends."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._confirming = Confirming(work)

    def run(self) -> None:
        """Send every due row and wait for its end. What is left pending has no outcome that could be known.

        Raises Stopped, CalledOff and GivenUp; CheckpointMoved where another process sends the same run; and what the
        servers raise that do not answer for too long.
        """
        work = self._work
        work.phase = Phase.SENDING
        work.redis(lambda: work.tools.lanes.ask_receipts(work.run))
        self._open()
        self._profiles_first()
        while True:
            try:
                self._enqueue_all()
            except CheckpointMoved:
                self._begin_again()
                continue
            self._wait_for_the_end()
            if not (work.counts.pending and self._was_lost()):
                return
            self._begin_again()

    def _open(self) -> None:
        """Count what is not sent, once: the run's balance then holds every row of its source."""
        counts = self._work.counts
        told = {
            "rejected": counts.invalid,
            "unchanged": counts.unchanged + counts.given_up,
            "duplicate": counts.duplicates,
        }
        if self._checkpoint() == "":
            self._enqueue([], "", "0", {name: n for name, n in told.items() if n})

    def _profiles_first(self) -> None:
        """Wait until the profiles that were on their bulk lane before have left it.

        A membership of a profile that does not exist yet would create it empty (contract, Z21).
        """
        work, tools = self._work, self._work.tools
        if tools.sync.kind is not LaneKind.MEMBERSHIP:
            return
        began_ms = work.redis(lambda: tools.lanes.survey(tools.sync.deployment)).now_ms
        pause = FIRST_PAUSE_S
        while True:
            survey = work.redis(lambda: tools.lanes.survey(tools.sync.deployment))
            if not any(
                lane.kind is LaneKind.PROFILE
                and lane.urgency is Urgency.BULK
                and lane.oldest_at_ms is not None
                and lane.oldest_at_ms <= began_ms
                for lane in survey.lanes
            ):
                return
            work.tell("profiles go before memberships, and some are still on their lane")
            pause = self._pause(pause)

    def _enqueue_all(self) -> None:
        work, tools = self._work, self._work.tools
        at = int(self._checkpoint() or 0)
        work.reach(at)
        while page := work.patiently(partial(tools.state.due, at, PAGE_ROWS)):
            work.look_up()
            for rows in chunked(page, BATCH_ROWS):
                last = rows[-1].seq
                self._enqueue(rows, str(at), str(last))
                at = last
            work.reach(at)
            work.share = at / work.counts.due if work.counts.due else None
            self._confirming.drain()
            self._confirming.check_audience()
            work.tell()

    def _enqueue(self, rows: Sequence[Due], before: str, after: str, tally: dict[str, int] | None = None) -> None:
        work, tools = self._work, self._work.tools
        records = [tools.sync.prepared(row) for row in rows]
        ids = [row_record_id(work.run, 0, row.seq) for row in rows]
        tried = False

        def attempt() -> None:
            nonlocal tried
            if tried:  # the lane is full, perhaps for hours: what ends meanwhile is taken in, and a request heard
                work.look_up()
                self._confirming.drain()
            tried = True
            tools.lanes.enqueue(
                tools.sync.deployment,
                Urgency.BULK,
                records,
                run=work.run,
                checkpoint=(before, after),
                high_water=tools.high_water,
                tally=tally or None,
                record_ids=ids,
            )

        work.redis(attempt)

    def _wait_for_the_end(self) -> None:
        work, tools = self._work, self._work.tools
        self._confirming.recount()
        pause, moved_at = FIRST_PAUSE_S, tools.clock()
        while work.counts.pending:
            unfinished = self._confirming.unfinished()
            taken = self._confirming.drain()
            self._confirming.check_audience()
            if not unfinished and not taken:
                break
            if taken:
                pause, moved_at = FIRST_PAUSE_S, tools.clock()
            work.share = 1 - work.counts.pending / work.counts.sent if work.counts.sent else None
            work.tell(self._obstacle())
            if tools.clock() - moved_at > tools.stall_s:
                raise GivenUp(STOOD_STILL, self._stalled())
            work.look_up()
            if not taken:
                pause = self._pause(pause)
        self._confirming.recount()

    def _checkpoint(self) -> str:
        return self._work.redis(lambda: self._work.tools.lanes.checkpoint(self._work.run))

    def _was_lost(self) -> bool:
        """Whether Redis knows nothing of the run any more."""
        return self._checkpoint() == ""

    def _begin_again(self) -> None:
        """Send what has no outcome once more, to a Redis that has lost the run. Raises CheckpointMoved otherwise."""
        work = self._work
        if not self._was_lost():
            raise CheckpointMoved(f"another process sends run {work.run}: it goes on there, nothing was sent twice")
        work.redis(lambda: work.tools.lanes.ask_receipts(work.run))
        self._open()

    def _obstacle(self) -> str:
        tools = self._work.tools
        halted = self._work.redis(lambda: tools.lanes.halted(tools.sync.deployment))
        return "" if halted is None else f"{tools.sync.deployment} is halted: {halted.code}: {halted.reason}"

    def _stalled(self) -> str:
        tools, why = self._work.tools, self._obstacle()
        return (
            f"{self._work.counts.pending:,} rows are on the lanes of {tools.sync.deployment}, and none has ended for "
            f"{tools.stall_s:,.0f} seconds{f': {why}' if why else ''}. What was not sent yet was taken off the lanes."
        )

    def _pause(self, pause: float) -> float:
        """Wait, and return how long to wait next time. Raises Stopped, CalledOff."""
        self._work.tools.wait(pause)
        if self._work.tools.stop.is_set():
            raise Stopped
        self._work.look_up()
        return min(2 * pause, LONGEST_PAUSE_S)
