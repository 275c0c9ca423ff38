"""Scheduled runs that an earlier process left unfinished: they are gone on with at once, not at the next due time."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from producers.warehouse.syncing.definition import RUN_KIND
from tercel.store import RunRecord, RunStatus

TRIGGER = "schedule"
_UNFINISHED = (RunStatus.RUNNING, RunStatus.INTERRUPTED)


class Runs(Protocol):
    """Where runs are kept: :class:`tercel.store.Store`."""

    def list_runs(self, limit: int = 20, *, kind: str | None = None, name: str | None = None) -> list[RunRecord]:
        """Return runs, newest first."""


def unfinished(syncs: Collection[str], store: Runs, paused: Collection[str]) -> list[str]:
    """Return the syncs whose last run came by schedule and did not reach its end. Raises StoreUnavailable."""
    found = []
    for name in syncs:
        last = next((run for run in store.list_runs(kind=RUN_KIND, name=name) if _counts(run)), None)
        if last is not None and last.trigger == TRIGGER and last.status in _UNFINISHED and name not in paused:
            found.append(name)
    return found


def _counts(run: RunRecord) -> bool:
    """Whether a run says anything of how the last one ended: one that was skipped does not."""
    return run.status is not RunStatus.SKIPPED
