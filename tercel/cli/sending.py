"""What ``tercel backfill`` does: run the backfill, show how it goes, wait if asked to, and report."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from producers.warehouse import AnyMapping, Backfill, Format, ReadOptions, Report, load_mapping, mapping_of_options
from tercel.cli import console
from tercel.cli.failing import INTERRUPTED
from tercel.cli.gathering import run_state
from tercel.cli.opening import Start, load_settings, open_redis, open_store, pick_deployment
from tercel.cli.progress import Show, progress_display
from tercel.cli.reporting import NOT_CLOSING, run_json
from tercel.cli.supervising import stopping_on_signals
from tercel.cli.waiting import wait_until_delivered
from tercel.errors import MappingError, UsageError
from tercel.store import RunStatus

SOME_REJECTED = 4  # exit status: the rest went through
NOT_ADDING_UP = 1


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for."""

    files: tuple[Path, ...]
    deployment: str | None
    mapping: AnyMapping
    form: str | None
    delimiter: str | None
    columns: str | None
    restart: bool
    wait: bool
    json_wanted: bool


class Cancel:
    """Ctrl-C: first a request to stop in good order, then an interruption."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def __call__(self) -> None:
        if self.event.is_set():
            raise KeyboardInterrupt
        self.event.set()


def mapping_from(file: Path | None, options: Mapping[str, Any]) -> AnyMapping:
    """Return the mapping of a file, or of options. Raises MappingError."""
    if file is not None:
        if options:
            raise MappingError("--mapping says it all: leave --id, --map and the other options of the mapping away.")
        return load_mapping(file)
    if "id_column" not in options:
        raise MappingError("Which column holds the profile's id? Say --id COLUMN, or give a --mapping FILE.")
    return mapping_of_options(**options)


def send(request: Request) -> int:
    """Run the backfill. Return the exit status."""
    settings = load_settings()
    name, _ = pick_deployment(settings, request.deployment)
    options = _read_options(request)
    cancel = Cancel()
    with ExitStack() as stack:
        redis = stack.enter_context(open_redis(settings, start=Start.ALWAYS))
        store = stack.enter_context(open_store(settings))
        show = stack.enter_context(progress_display(quiet=request.json_wanted))
        backfill = Backfill(
            deployment=name,
            files=request.files,
            mapping=request.mapping,
            lanes=redis.lanes,
            store=store,
            options=options,
            high_water=settings.lanes.high_water,
            progress=show.reading,
            cancel=cancel.event,
            redis_place=redis.place,
        )
        with stopping_on_signals(cancel):
            report = backfill.run(restart=request.restart)
            delivered = True
            if request.wait and report.status is not RunStatus.INTERRUPTED:
                delivered = wait_until_delivered(report.run, name, redis, settings, show, stopped=cancel.event.wait)
        show.close()
        record = store.get_run(report.run)
        with redis.guard():
            state = None if record is None else run_state(record, redis.lanes)
    if request.json_wanted:
        console.out_json(
            {
                "run": report.run,
                "status": report.status.value,
                "rows": report.rows,
                "enqueued": report.enqueued,
                "rejected": report.rejected,
                "resumed_at": report.resumed_at,
                "delivered": request.wait and delivered and report.status is not RunStatus.INTERRUPTED,
                "balance": None if state is None else run_json(state)["balance"],
            }
        )
    else:
        _say(report, show, waited=request.wait, delivered=delivered)
        if state is not None and state.balance is not None:
            console.out(f"balance: {state.balance.line()}")
    closes = state is None or state.balance is None or (state.balance.closes and not state.complaints)
    if not closes and state is not None:
        console.note(f"{NOT_CLOSING}: {'; '.join(state.complaints) or 'the balance does not close'}")
    rejected = report.rejected
    if request.wait and state is not None and state.balance is not None:
        rejected = state.balance.parts["rejected"]
    return _exit_status(report, rejected=rejected, delivered=delivered, closes=closes)


def _exit_status(report: Report, *, rejected: int, delivered: bool, closes: bool) -> int:
    if report.status is RunStatus.INTERRUPTED or not delivered:
        return INTERRUPTED
    if not closes:
        return NOT_ADDING_UP
    return SOME_REJECTED if rejected else 0


def _say(report: Report, show: Show, *, waited: bool, delivered: bool) -> None:
    resumed = f" (it went on at row {report.resumed_at:,})" if report.resumed_at else ""
    if report.status is RunStatus.INTERRUPTED:
        console.out(
            f"run {report.run}: interrupted after {report.rows:,} rows{resumed}. Give the same command again: it goes "
            "on from there, no row is skipped or sent twice."
        )
        return
    console.out(
        f"run {report.run}: {report.rows:,} rows read{resumed}, {report.enqueued:,} on the lanes, "
        f"{report.rejected:,} rejected"
    )
    if report.rejected:
        console.out(f"see why: tercel rejected list --run {report.run}")
    if waited and not delivered:
        console.out("Stopped waiting. Everything is on the lanes and will be delivered: see `tercel status`.")
    elif not waited:
        console.out("`tercel worker` delivers them; `tercel status` shows how far it is.")


def _read_options(request: Request) -> ReadOptions:
    """Check and return how the files are to be read. Raises UsageError."""
    delimiter = {"tab": "\t", "\\t": "\t"}.get(request.delimiter or "", request.delimiter)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise UsageError(f"--delimiter {request.delimiter}: give one character, such as ; or | or tab.")
    columns = None
    if request.columns is not None:
        columns = tuple(name.strip() for name in request.columns.split(","))
        if not all(columns) or len(set(columns)) != len(columns):
            raise UsageError("--columns: give each column one name of its own, with commas between them.")
    return ReadOptions(format=Format(request.form) if request.form else None, delimiter=delimiter, columns=columns)
