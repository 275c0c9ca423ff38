"""What the store hands out and takes in: frozen values, apart from how they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


def utc_now() -> datetime:
    """Return the time, with its zone: the store takes no other."""
    return datetime.now(UTC)


class RejectionState(StrEnum):
    """What has become of a rejection."""

    OPEN = "open"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that will not be delivered, and why.

    ``record_id`` is its identity: adding it twice changes nothing. ``reason`` is one sentence without personal data.
    ``record`` (the record as JSON, None where the input could not be made one) and ``answer`` (the destination's own
    words) may hold personal data and are left out of ``repr``. ``source`` says where it came from, e.g.
    ``customers.csv:17``.
    """

    record_id: str
    deployment: str
    kind: str
    run: str
    code: str
    reason: str
    answer: str = field(repr=False)
    record: dict[str, Any] | None = field(repr=False)
    source: str = ""
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True)
class StoredRejection(Rejection):
    """A rejection as the store holds it. ``closed_at`` is when it was replayed or discarded."""

    state: RejectionState = RejectionState.OPEN
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RejectionCount:
    """How many rejections of one deployment and run share a code and a state."""

    deployment: str
    run: str
    code: str
    state: RejectionState
    count: int


class RunStatus(StrEnum):
    """How far a run has come. ``INTERRUPTED`` runs are resumed by the same command.

    ``SKIPPED``: it was due while the run before it was still going, and did nothing.
    """

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed with errors"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to a run in this status."""
        return self not in (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One execution of a backfill or sync. ``id`` is 8 hex digits; ``fingerprint`` says which command it belongs to."""

    id: str
    name: str
    deployment: str
    kind: str
    source: str
    status: RunStatus
    trigger: str
    started_at: datetime
    finished_at: datetime | None = None
    checkpoint: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    fingerprint: str = ""


class AudienceState(StrEnum):
    """How an audience's id at the destination became known, or why it is not.

    ``HELD``: it exists, and somebody has to tell its id. ``ANNOUNCED``: a producer has said that it will be created.
    """

    CREATED = "created"
    BOUND = "bound"
    HELD = "held"
    ANNOUNCED = "announced"


@dataclass(frozen=True, slots=True)
class StoredAudience:
    """An audience and its id at the destination; ``audience_id`` is None while announced, or held for ``reason``."""

    deployment: str
    audience_id: int | None
    name: str | None
    external_id: str | None
    state: AudienceState
    reason: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class KnownAudiences:
    """All that is known of a deployment's audiences at one moment.

    ``ids`` are known ids by ``("external", external id)`` and ``("name", name)``. ``names`` maps the external ids of
    those that are announced or held to their names. ``held`` maps ``("external", x)``, or ``("name", x)`` where there
    is no external id, to why it is held.
    """

    ids: Mapping[tuple[str, str], int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[tuple[str, str], str] = field(default_factory=dict)
