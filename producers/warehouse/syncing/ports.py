"""What a run needs of others: the definition of the sync, its state, the lanes, the store of runs and rejections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from producers.warehouse.rows import BadRow
from producers.warehouse.syncing.guarding import Limits
from tercel.lanes import Enqueued, Halted, Receipts, Survey
from tercel.messages import Prepared
from tercel.records import LaneKind, Record, Urgency
from tercel.store import Rejection, RejectionCount, RunRecord, StoredRejection
from tercel.store.syncing import Comparison, Due, Mode, Outcomes, StagedRow

__all__ = ["MappedRows", "State", "Sync", "SyncLanes", "SyncStore"]


class MappedRows(Protocol):
    """Rows of the source, mapped: (key, fingerprint, payload) each; and those that cannot be."""

    @property
    def rows(self) -> Sequence[StagedRow]:
        """The rows that can be sent."""

    @property
    def bad(self) -> Sequence[BadRow]:
        """The rows that cannot, with their reasons."""

    @property
    def place(self) -> str:
        """Where they were read, for a person: a file's name, or that it was a query."""

    @property
    def file(self) -> int:
        """Their file's place among the files; 0 for a query."""

    @property
    def share(self) -> float | None:
        """The share of the source (0 to 1) behind them; None where that cannot be known."""


class Sync(Protocol):
    """A sync as its definition says it is."""

    @property
    def name(self) -> str:
        """The name of its table in the settings."""

    @property
    def deployment(self) -> str:
        """Where it sends to."""

    @property
    def kind(self) -> LaneKind:
        """The lane of its records: profiles or memberships."""

    @property
    def mode(self) -> Mode:
        """What becomes of rows that are new, changed, gone."""

    @property
    def only_changes(self) -> bool:
        """Whether rows that are unchanged are left out."""

    @property
    def max_tries(self) -> int:
        """In how many runs the same content may be refused before it is left alone. 0: without limit."""

    @property
    def limits(self) -> Limits:
        """What a mirror may delete without being asked."""

    @property
    def allow_empty(self) -> bool:
        """Whether the guard is off for good."""

    @property
    def source(self) -> str:
        """The source for people to read, without secrets."""

    @property
    def fingerprint(self) -> str:
        """What makes every row stale when it changes: query, mapping, target."""

    def rows(self) -> Iterator[MappedRows]:
        """Read the source to its end. Raises InputError and others of ours; a partial result never ends quietly."""

    def prepared(self, due: Due) -> Prepared:
        """Return the record that brings a due row about, ready to be put on its lane."""


class State(Protocol):
    """What is known to be at the destination: :class:`tercel.store.syncing.SyncState`."""

    def begin(self, run: str) -> None:
        """Forget an unfinished staging, and begin one for a run."""

    def stage(self, rows: Sequence[StagedRow]) -> None:
        """Take mapped rows, in any order."""

    def compare(self, mode: Mode, *, full: bool, most_tries: int = 0) -> Comparison:
        """Freeze what was staged into due rows, without content that was refused ``most_tries`` times (0: no limit)."""

    def given_up(self, keys: Sequence[str]) -> set[str]:
        """Return which of some keys the comparison left alone for that."""

    def conflicts(self) -> Iterator[str]:
        """Yield the keys that came twice with different content."""

    def due(self, after: int, limit: int) -> list[Due]:
        """Return due rows without an outcome, by their numbers, from the one behind ``after`` on."""

    def confirm(self, delivered: Iterable[int], rejected: Iterable[int]) -> None:
        """Keep the outcomes of due rows, by number."""

    def doubt(self, upto: int) -> int:
        """Mark what the due rows without an outcome, up to a number, are about as unknown; return how many."""

    def outcomes(self) -> Outcomes:
        """Count the due rows by outcome."""

    def members(self) -> int:
        """Count the rows known to be at the destination."""

    def mapping_fingerprint(self) -> str | None:
        """Return the fingerprint of the definition that the rows were sent by."""

    def set_mapping_fingerprint(self, fingerprint: str) -> None:
        """Keep it."""

    def finish(self) -> None:
        """End the run that is being sent: take its outcomes over."""

    def reset(self) -> None:
        """Forget everything."""

    def run(self) -> str | None:
        """Return the run that the staging belongs to."""


class SyncLanes(Protocol):
    """Where records go and receipts come from: :class:`tercel.lanes.Lanes`."""

    def enqueue(
        self,
        deployment: str,
        urgency: Urgency,
        records: Sequence[Record | Prepared],
        *,
        run: str,
        checkpoint: tuple[str, str] | None = None,
        high_water: int | None = None,
        tally: Mapping[str, int] | None = None,
        record_ids: Sequence[str] | None = None,
    ) -> Enqueued:
        """Put records on their lanes and move the run's checkpoint. Raises LaneFull, CheckpointMoved."""

    def checkpoint(self, run: str) -> str:
        """Return how far a run has come; "" at the start."""

    def ask_receipts(self, run: str) -> None:
        """Have the end of each record of a run told."""

    def receipts(self, run: str, *, most: int) -> Receipts:
        """Return the oldest receipts that were not dropped yet."""

    def drop_receipts(self, run: str, read: Receipts) -> None:
        """Forget the receipts that were read."""

    def end_receipts(self, run: str) -> None:
        """Stop asking, and forget what was not read."""

    def cancel(self, deployment: str, run: str) -> int:
        """Take a run's records that still wait off the lanes; return how many."""

    def run_counts(self, run: str) -> dict[str, int]:
        """Return a run's counters."""

    def add_counts(self, deployment: str, run: str, counts: Mapping[str, int]) -> None:
        """Move counters by hand."""

    def halted(self, deployment: str) -> Halted | None:
        """Return why a deployment is halted."""

    def survey(self, deployment: str) -> Survey:
        """Look at a deployment's lanes."""


class SyncStore(Protocol):
    """Where runs and rejections are kept: :class:`tercel.store.Store`."""

    def add_rejections(self, rejections: Iterable[Rejection]) -> int:
        """Add rejections; known ones stay as they were."""

    def rejections(self, *, run: str, limit: int | None = None) -> Iterator[StoredRejection]:
        """Yield the open rejections of a run."""

    def rejection_counts(self, *, deployment: str | None = None, run: str | None = None) -> list[RejectionCount]:
        """Count open rejections."""

    def discard(self, record_ids: Iterable[str]) -> int:
        """Close open rejections for good."""

    def save_run(self, run: RunRecord) -> None:
        """Add the run, or replace the one with its id."""

    def list_runs(self, limit: int = 20, *, deployment: str | None = None) -> list[RunRecord]:
        """Return runs, newest first."""

    def get_run(self, run_id: str) -> RunRecord | None:
        """Return a run by its id."""
