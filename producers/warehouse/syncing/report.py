"""What a sync tells: while it works, and at its end. The sums of its counts hold, or the report says that they do not.

``source_rows = added + changed + unchanged + invalid + duplicates + given_up`` and ``sent = succeeded + rejected +
pending`` (contract: warehouse sync, "Run record").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Self

from tercel.store import RunStatus


class Phase(StrEnum):
    """What a run is doing."""

    QUERYING = "querying"
    COMPARING = "comparing"
    SENDING = "sending"


@dataclass(frozen=True, slots=True)
class SyncCounts:
    """The rows of one run, counted. Every number is rows.

    source_rows  read from the source
    added        not known to be at the destination
    changed      there, with other content
    unchanged    there as they are
    invalid      cannot be sent: bad values, no key, or a key that came twice with different content
    duplicates   identical repeats of another row
    gone         known to be at the destination, and no longer in the source (counted from the state)
    again        of those added, changed or gone: the last try failed
    due          to be sent, deletes included
    sent         taken up: on the lanes or beyond
    succeeded    the destination took them
    rejected     the destination will not take them
    pending      taken up, outcome unknown
    given_up     left alone: the destination refused the same content too often
    """

    source_rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    invalid: int = 0
    duplicates: int = 0
    gone: int = 0
    again: int = 0
    due: int = 0
    sent: int = 0
    succeeded: int = 0
    rejected: int = 0
    pending: int = 0
    given_up: int = 0

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Self:
        """Return the counts as a run's record keeps them; what it lacks is zero."""
        return cls(**{field.name: counts.get(field.name, 0) for field in fields(cls)})

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)

    def complaints(self) -> list[str]:
        """Return which sums do not hold, a phrase each; nothing where they do."""
        found = []
        told = self.added + self.changed + self.unchanged + self.invalid + self.duplicates + self.given_up
        if told != self.source_rows:
            found.append(f"{self.source_rows:,} rows were read, {told:,} are accounted for")
        known = self.succeeded + self.rejected + self.pending
        if known != self.sent:
            found.append(f"{self.sent:,} rows were sent, {known:,} are accounted for")
        return found


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a run has come. ``waiting_for`` says why it stands still just now; empty while it does not.

    ``share`` of the phase (0 to 1) is behind it; None where that cannot be known: a query does not say how much is
    left.
    """

    run: str
    sync: str
    phase: Phase
    counts: SyncCounts
    share: float | None = None
    waiting_for: str = ""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How a run ended. ``error`` and ``code`` say why it did not reach its end; both are empty where it did.

    ``full``: every row was due, whether it had changed or not. ``notes`` are sentences for whoever asked for the run.
    ``former`` is the run that an earlier process had left unfinished, and that was brought to its end first.
    """

    run: str
    sync: str
    status: RunStatus
    counts: SyncCounts
    full: bool = False
    error: str = ""
    code: str = ""
    notes: tuple[str, ...] = ()
    former: SyncReport | None = None

    @property
    def complaints(self) -> list[str]:
        """What does not add up, a phrase each. A run that was stopped while it read has not counted to its end."""
        return self.counts.complaints()
