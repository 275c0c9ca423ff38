"""What the lanes answer: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from xxhash import xxh3_128_digest

from tercel.records import LaneKind, Urgency

RUN_FIELDS: Final = (
    "received",
    "delivered",
    "merged",
    "unchanged",
    "filtered",
    "duplicate",
    "waiting",
    "in_flight",
    "retrying",
    "rejected",
    "discarded",
)  # the counters of a run and of a deployment: the first is the sum of the others


class Parcel(NamedTuple):
    """What one input became: the next ``records`` of an enqueue, and parts that became no record.

    ``seen_id`` (:func:`seen_id_of`) is what a repeat of the input is known by; empty: it is not looked for.
    """

    records: int
    seen_id: bytes = b""
    filtered: int = 0
    rejected: int = 0


def seen_id_of(*parts: str) -> bytes:
    """Return the 12 bytes by which a repeat of an input is known, from what identifies it (sender, message id, ...)."""
    return xxh3_128_digest("\x00".join(parts).encode("utf-8", "surrogatepass"))[:12]


@dataclass(frozen=True, slots=True)
class Enqueued:
    """``records`` went onto the lanes; ``repeated`` when an earlier call with this batch id had put them there.

    ``duplicates`` are the positions of the parcels that were left out because they had come before.
    """

    records: int
    repeated: bool = False
    duplicates: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """What lies in one lane: ``length`` records ready, ``waiting`` for their key's turn, ``freed`` keys to go on with.

    ``oldest_at_ms`` is when the record at its head was enqueued, None for an empty list.
    """

    kind: LaneKind
    urgency: Urgency
    length: int
    waiting: int
    freed: int
    oldest_at_ms: int | None

    @property
    def depth(self) -> int:
        """Records in the lane, those that wait for their turn included."""
        return self.length + self.waiting


@dataclass(frozen=True, slots=True)
class Survey:
    """A look at a deployment: its lanes that are not empty, and its calls by urgency.

    ``next_due_ms`` is the earliest time at which a call wants attention, None without calls.
    """

    now_ms: int
    halted: bool
    lanes: tuple[Lane, ...]
    ready: Mapping[Urgency, int]
    later: Mapping[Urgency, int]
    next_due_ms: int | None


@dataclass(frozen=True, slots=True)
class Halted:
    """A deployment that takes nothing until someone resumes it, or (if ``probed``) a probe passes."""

    code: str
    reason: str
    since_ms: int
    by_hand: bool
    probed: bool


def halted_of(fields: Mapping[bytes, bytes]) -> Halted | None:
    """Read the hash that says why a deployment is halted; empty: it is not."""
    if not fields:
        return None
    return Halted(
        code=fields.get(b"code", b"").decode(),
        reason=fields.get(b"reason", b"").decode(),
        since_ms=int(fields.get(b"since", b"0")),
        by_hand=fields.get(b"by_hand") == b"1",
        probed=fields.get(b"probed") == b"1",
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """A call in this worker's hands, for as long as its lease lasts. ``messages`` are its records, oldest first.

    ``attempts`` answers so far said "retry"; ``claims`` counts how often it was taken in hand since the last answer, so
    a number above one means that a worker died with it. ``receipts`` are the runs in it that ask for receipts;
    ``halted`` says whether the deployment was halted when the call was claimed. ``ticket`` is what the destination
    wanted remembered of it the last time; a call that is split loses it.
    """

    call_id: str
    fence: int
    deployment: str
    kind: LaneKind
    urgency: Urgency
    attempts: int
    claims: int
    created_ms: int
    run: str
    messages: tuple[bytes, ...]
    receipts: frozenset[str] = frozenset()
    ticket: str = ""
    halted: Halted | None = None


class Change(StrEnum):
    """How a change to a call ended. Only ``DONE`` changed anything; ``STALE`` means that another worker has it now."""

    DONE = "ok"
    GONE = "gone"
    STALE = "stale"
    REPEAT = "repeat"
