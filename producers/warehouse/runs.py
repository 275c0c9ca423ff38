"""Which run a backfill is: the unfinished one of the same command, or a new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from producers.warehouse import identity
from producers.warehouse.mapping import AnyMapping
from producers.warehouse.ports import EnqueueTarget, RunStore
from producers.warehouse.sources import Source
from tercel.errors import InputError
from tercel.store import RunRecord, RunStatus

KIND = "backfill"
_FILES_NAMED = 3  # in a run's name; the rest is counted


@dataclass(frozen=True, slots=True)
class Command:
    """What the user asked for."""

    deployment: str
    sources: Sequence[Source]
    mapping: AnyMapping

    @property
    def fingerprint(self) -> str:
        """What the same command has in common, however often it is given."""
        return identity.fingerprint(self.deployment, self.sources, self.mapping)

    @property
    def name(self) -> str:
        """The run's name for people: ``profiles of customers.csv``."""
        names = [source.path.name for source in self.sources]
        more = f" and {len(names) - _FILES_NAMED} more" if len(names) > _FILES_NAMED else ""
        return f"{self.mapping.object}s of {', '.join(names[:_FILES_NAMED])}{more}"

    @property
    def source(self) -> str:
        """The files as they are now: path, size and time of the last change."""
        return "; ".join(str(source) for source in self.sources)


def begin(
    command: Command,
    *,
    store: RunStore,
    lanes: EnqueueTarget,
    restart: bool,
    trigger: str,
    now: Callable[[], datetime],
) -> RunRecord:
    """Find the command's unfinished run, or make a new one, and save it as running.

    ``restart`` gives an unfinished run up (it is then cancelled) and begins anew. Raises :class:`InputError` when a
    file was changed since the unfinished run began.
    """
    command_print, source = command.fingerprint, command.source
    last = store.find_run(fingerprint=command_print)
    if last is not None and _is_unfinished(last, source):
        if not restart:
            _check_same_files(last, command)
            resumed = replace(last, status=RunStatus.RUNNING, error="", finished_at=None)
            store.save_run(resumed)
            return resumed
        store.save_run(
            replace(last, status=RunStatus.CANCELLED, finished_at=now(), error="given up for a run from the start")
        )
    started_at = now()
    if last is not None:  # the newest run is found by its start: a clock that was set back must not hide it
        started_at = max(started_at, last.started_at + timedelta(microseconds=1))
    run = RunRecord(
        id=_free_id(command_print, store, lanes),
        name=command.name,
        deployment=command.deployment,
        kind=KIND,
        source=source,
        status=RunStatus.RUNNING,
        trigger=trigger,
        started_at=started_at,
        fingerprint=command_print,
    )
    store.save_run(run)
    return run


def _is_unfinished(run: RunRecord, source: str) -> bool:
    """A failed run counts as long as its files are the same: a disk may have been away for a moment."""
    return not run.status.is_final or (run.status is RunStatus.FAILED and run.source == source)


def _free_id(command_print: str, store: RunStore, lanes: EnqueueTarget) -> str:
    """Return the first id of the command that neither the store nor the lanes have seen.

    The lanes are asked too, because rows may have been removed from the store: an old checkpoint found under a new
    run's id would make it skip rows.
    """
    count = 0
    while True:
        run = identity.run_id(command_print, count)
        if store.get_run(run) is None and not lanes.checkpoint(run):
            return run
        count += 1


def _check_same_files(run: RunRecord, command: Command) -> None:
    if run.source == command.source:
        return
    changed = [source for source in command.sources if str(source) not in run.source]
    raise InputError(
        f"{', '.join(str(source.path) for source in changed)}: changed since run {run.id} began, which is not finished "
        f"(it began with {run.source}). Put the file back, or send all of it again with --restart (records that were "
        "sent are harmless when sent twice)"
    )
