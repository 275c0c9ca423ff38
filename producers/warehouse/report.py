"""What a backfill tells: while it works, and at its end."""

from __future__ import annotations

from dataclasses import dataclass

from tercel.store import RunStatus


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, earlier processes of it included.

    ``rows`` were read, ``enqueued`` of them became records on the lanes, ``rejected`` are bad rows; ``share`` of the
    input (0 to 1, by size) is behind it. ``waiting_for`` says why it stands still just now, empty while it does not.
    """

    run: str
    rows: int
    enqueued: int
    rejected: int
    share: float
    file: str
    waiting_for: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended. ``resumed_at`` is the number of rows that earlier processes had dealt with, 0 for a new run."""

    run: str
    status: RunStatus
    rows: int
    enqueued: int
    rejected: int
    resumed_at: int
