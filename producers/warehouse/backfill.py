"""A backfill: the rows of files onto the bulk lanes, each exactly once, however often the process is killed.

Per batch, in this order: bad rows into the store (their ids make a repeat harmless), then one script that pushes the
records, counts the bad rows and moves the run's checkpoint. A crash before the script leaves the checkpoint where it
was, and the batch is read again; a crash after it leaves nothing to do. The checkpoint in Redis is the truth; the run's
row in the store is what people look at.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Final

from producers.warehouse import identity, runs
from producers.warehouse.mapping import AnyMapping
from producers.warehouse.patience import UNAVAILABLE_S, Patience, Stopped
from producers.warehouse.ports import EnqueueTarget, RunStore
from producers.warehouse.report import Progress, Report
from producers.warehouse.rows import AS_USUAL, START, BadRow, Position, ReadOptions, RowBatch
from producers.warehouse.sources import Source, look_at
from producers.warehouse.values import RowRefused
from tercel.connections import translated
from tercel.errors import CheckpointMoved, InputError, TercelError, UnavailableError
from tercel.messages import row_record_id
from tercel.records import Record, Urgency
from tercel.store import Rejection, RunRecord, RunStatus
from tercel.store.values import utc_now

BATCH_ROWS: Final = 500  # rows an enqueue carries: enough to make the round trip cheap, few enough not to hold Redis up


@dataclass(frozen=True, slots=True)
class Step:
    """One batch of rows, mapped: it takes the run from ``before`` to ``after``, with ``share`` of the input read.

    ``numbers[i]`` is the line (row for Parquet) that ``records[i]`` came from.
    """

    before: Position
    after: Position
    records: Sequence[Record]
    numbers: Sequence[int]
    bad: Sequence[BadRow]
    share: float


class Backfill:
    """Puts the rows of files on a deployment's bulk lanes. Give it the same arguments again to go on with a run."""

    def __init__(
        self,
        *,
        deployment: str,
        files: Sequence[Path],
        mapping: AnyMapping,
        lanes: EnqueueTarget,
        store: RunStore,
        options: ReadOptions = AS_USUAL,
        batch_rows: int = BATCH_ROWS,
        high_water: int | None = None,
        progress: Callable[[Progress], None] = lambda progress: None,
        cancel: Event | None = None,
        wait: Callable[[float], object] | None = None,
        unavailable_s: float = UNAVAILABLE_S,
        now: Callable[[], datetime] = utc_now,
        trigger: str = "manual",
        redis_place: str = "Redis",
    ) -> None:
        """Look at the files and compile the mapping; nothing is read further, and nothing sent.

        ``high_water`` (records a lane) makes the run wait while a lane holds more. ``progress`` is called after every
        batch and before every wait. ``cancel``, once set, stops the run after the batch in hand; the same command goes
        on from there. ``wait`` pauses for so many seconds (by default until ``cancel`` is set). A server that does not
        answer is waited for ``unavailable_s`` seconds. ``redis_place`` names Redis in errors.

        Raises :class:`InputError` and :class:`MappingError`.
        """
        self._sources = look_at(files, mapping, options)
        self._command = runs.Command(deployment, self._sources, mapping)
        self._deployment = deployment
        self._kind = mapping.lane_kind.value
        self._lanes = lanes
        self._store = store
        self._batch_rows = batch_rows
        self._high_water = high_water
        self._progress = progress
        self._cancel = cancel or Event()
        self._patience = Patience(wait or self._cancel.wait, self._cancel.is_set, unavailable_s=unavailable_s)
        self._now = now
        self._trigger = trigger
        self._redis_place = redis_place

    def run(self, *, restart: bool = False) -> Report:
        """Send every row that was not sent yet, and report.

        ``restart`` gives up an unfinished run of the same command and begins anew. The report's status is completed,
        completed with errors (some rows were bad), or interrupted (``cancel`` was set).

        Raises :class:`InputError` when a file is damaged, or was changed since the unfinished run began;
        :class:`CheckpointMoved` when another process is at work on the same run; :class:`UnavailableError` when Redis
        or the store does not answer for too long. The same command goes on where such a run was left.
        """
        run, start = self._begin(restart)
        at = start
        share = 0.0
        status = RunStatus.COMPLETED
        try:
            with closing(self._steps(start)) as steps:
                for step in steps:
                    if self._cancel.is_set():
                        raise Stopped
                    self._take(run, step, share)
                    at, share = step.after, step.share
                    self._tell(run, at, share)
            if at.bad:
                status = RunStatus.COMPLETED_WITH_ERRORS
            self._patiently(lambda: self._save(run, status, at), run, at, share)
        except Stopped:
            status = RunStatus.INTERRUPTED
            self._save(run, status, at, "stopped on request")
        except CheckpointMoved as moved:  # the run is in other hands, and so is its row in the store
            raise CheckpointMoved(
                f"another process is running this backfill (run {run.id}): it goes on there, nothing was sent twice"
            ) from moved
        except BaseException as error:
            failed = isinstance(error, InputError)
            said = str(error) if isinstance(error, TercelError) else type(error).__name__
            with suppress(UnavailableError):
                self._save(run, RunStatus.FAILED if failed else RunStatus.INTERRUPTED, at, said)
            raise
        return Report(run.id, status, at.rows, at.rows - at.bad, at.bad, resumed_at=start.rows)

    def _begin(self, restart: bool) -> tuple[RunRecord, Position]:
        with translated(self._redis_place):
            run = runs.begin(
                self._command,
                store=self._store,
                lanes=self._lanes,
                restart=restart,
                trigger=self._trigger,
                now=self._now,
            )
            return run, Position.decode(self._lanes.checkpoint(run.id))

    def _steps(self, start: Position) -> Generator[Step, None, None]:
        """Read and map the rows behind ``start``, batch by batch, file by file."""
        total = sum(source.size for source in self._sources) or 1
        size_before = sum(source.size for source in self._sources[: start.file])
        at = start
        for number, source in enumerate(self._sources[start.file :], start=start.file):
            source.check_unchanged()
            reader = source.open(at.place if number == start.file else START)
            try:
                while batch := reader.read(self._batch_rows):
                    records, numbers, bad = _mapped(source, batch)
                    after = Position(number, batch.end, at.rows + len(batch), at.bad + len(bad))
                    yield Step(at, after, records, numbers, bad, (size_before + source.size * reader.share) / total)
                    at = after
            finally:
                reader.close()
            source.check_unchanged()
            size_before += source.size

    def _take(self, run: RunRecord, step: Step, share: float) -> None:
        """Bring a batch where it belongs: the bad rows first, then the records together with the checkpoint.

        The checkpoint makes a repeat harmless. A batch id of our own would too, but it would also hide that another
        process has taken the same batch.
        """
        before, after = step.before.encode(), step.after.encode()
        if step.bad:
            rejections = [self._rejection(run, step.after.file, bad) for bad in step.bad]
            self._patiently(lambda: self._store.add_rejections(rejections), run, step.before, share)

        def enqueue() -> None:
            with translated(self._redis_place):
                self._lanes.enqueue(
                    self._deployment,
                    Urgency.BULK,
                    step.records,
                    run=run.id,
                    checkpoint=("" if step.before == Position() else before, after),
                    high_water=self._high_water,
                    tally={"rejected": len(step.bad)} if step.bad else None,
                    record_ids=[row_record_id(run.id, step.after.file, number) for number in step.numbers],
                )

        self._patiently(enqueue, run, step.before, share)

    def _rejection(self, run: RunRecord, file: int, bad: BadRow) -> Rejection:
        path = self._sources[file].path
        return Rejection(
            record_id=identity.rejection_id(run.id, file, bad.number),
            deployment=self._deployment,
            kind=self._kind,
            run=run.id,
            code=bad.code,
            reason=bad.text,
            answer="",
            record=None,
            source=f"{path.name}:{bad.number}",
            created_at=self._now(),
        )

    def _patiently(self, attempt: Callable[[], object], run: RunRecord, at: Position, share: float) -> None:
        self._patience.call(attempt, lambda reason: self._tell(run, at, share, reason))

    def _tell(self, run: RunRecord, at: Position, share: float, waiting_for: str = "") -> None:
        file = self._sources[at.file].path.name
        self._progress(Progress(run.id, at.rows, at.rows - at.bad, at.bad, share, file, waiting_for))

    def _save(self, run: RunRecord, status: RunStatus, at: Position, error: str = "") -> None:
        """Write the run's row, with what this process knows of it."""
        self._store.save_run(
            replace(
                run,
                status=status,
                finished_at=self._now(),
                checkpoint=at.encode(),
                counts={"rows": at.rows, "enqueued": at.rows - at.bad, "rejected": at.bad},
                error=error,
            )
        )


def _mapped(source: Source, batch: RowBatch) -> tuple[list[Record], list[int], list[BadRow]]:
    """Map a batch's rows to records and the numbers of their rows; those that cannot be mapped join its bad rows."""
    make = source.mapper.make
    records: list[Record] = []
    numbers: list[int] = []
    bad = list(batch.bad)
    for number, row in zip(batch.numbers, batch.rows, strict=True):
        try:
            records.append(make(row, number))
        except RowRefused as refused:
            bad.append(BadRow(number, refused.code, refused.text))
        else:
            numbers.append(number)
    return records, numbers, bad
