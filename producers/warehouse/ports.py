"""What a backfill needs of the lanes and of the store. ``tercel.lanes`` and ``tercel.store`` provide it, and more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from tercel.lanes import Enqueued
from tercel.records import Record, Urgency
from tercel.store import Rejection, RunRecord


class EnqueueTarget(Protocol):
    """Where records go: :class:`tercel.lanes.Lanes`."""

    def enqueue(
        self,
        deployment: str,
        urgency: Urgency,
        records: Sequence[Record],
        *,
        run: str,
        checkpoint: tuple[str, str] | None = None,
        high_water: int | None = None,
        tally: Mapping[str, int] | None = None,
        record_ids: Sequence[str] | None = None,
    ) -> Enqueued:
        """Put records on their lanes, move the run's checkpoint and add to its counters, all of it or nothing.

        ``records`` may be empty. Raises :class:`LaneFull` and :class:`CheckpointMoved`.
        """

    def checkpoint(self, run: str) -> str:
        """Return how far a run has come; "" at the start."""


class RunStore(Protocol):
    """Where runs and rejections are kept: :class:`tercel.store.Store`."""

    def add_rejections(self, rejections: Iterable[Rejection]) -> int:
        """Add rejections; those whose ``record_id`` is known stay as they were."""

    def save_run(self, run: RunRecord) -> None:
        """Add the run, or replace the one with its id."""

    def get_run(self, run_id: str) -> RunRecord | None:
        """Return a run by its id."""

    def find_run(self, name: str | None = None, *, fingerprint: str | None = None) -> RunRecord | None:
        """Return the newest run with a fingerprint."""
