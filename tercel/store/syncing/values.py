"""What a sync's state is asked for and answers with. Values only; nothing here knows a database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

FINGERPRINT_BYTES = 16  # of a mapped row: xxh3_128 of its canonical JSON

StagedRow: TypeAlias = tuple[str, bytes, bytes | None]
"""A mapped row of the source: its key, the fingerprint of its content, and its payload where the key is not enough."""

Op: TypeAlias = Literal["upsert", "add", "delete"]


class Mode(StrEnum):
    """What becomes of rows that are new, changed or gone (contract: warehouse sync, "Modes")."""

    UPSERT = "upsert"
    ADD = "add"
    REMOVE = "remove"
    MIRROR = "mirror"

    @property
    def put(self) -> Op:
        """What a row that is in the source asks for."""
        return _PUT[self]

    @property
    def deletes_gone(self) -> bool:
        """Whether rows that left the source are deleted at the destination."""
        return self is Mode.MIRROR

    @property
    def sends_changes(self) -> bool:
        """Whether new content of a known row is news to the destination."""
        return self in (Mode.UPSERT, Mode.MIRROR)

    @property
    def keeps(self) -> Literal["present", "absent"]:
        """What a row of the state says about its key. The state of one meaning says nothing in the other."""
        return "absent" if self is Mode.REMOVE else "present"


_PUT: dict[Mode, Op] = {Mode.UPSERT: "upsert", Mode.ADD: "add", Mode.REMOVE: "delete", Mode.MIRROR: "add"}


class Phase(StrEnum):
    """How far the run has come that holds the state."""

    IDLE = "idle"
    STAGING = "staging"
    SENDING = "sending"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the source asks for, as rows.

    ``source_rows == added + changed + unchanged + duplicates + conflicting_rows + given_up`` always.

    Attributes:
        source_rows: rows staged.
        added: keys that were never delivered, as far as is known.
        changed: known keys that are due: with other content, a failed last try, or because everything is sent.
        unchanged: known keys that are not due.
        gone: keys of the state that the source no longer has. A mirror deletes them, other modes forget them.
        duplicates: repeats of a row with the same content, beyond the first.
        conflicting: keys that came with different contents. None of their rows is due, nor are they gone.
        conflicting_rows: how often these keys came.
        again: rows among the due ones whose last try failed, or ended unknown.
        due: records to send: added + changed + deletes.
        given_up: keys that are left alone, because their content was refused too often.
    """

    source_rows: int
    added: int
    changed: int
    unchanged: int
    gone: int
    duplicates: int
    conflicting: int
    conflicting_rows: int
    again: int
    due: int
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """One row to send. ``payload`` is as staged; None for what left the source."""

    seq: int
    op: Op
    key: str
    payload: bytes | None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The due rows by outcome. ``unknown`` rows were sent, but how that ended was never learnt."""

    delivered: int = 0
    rejected: int = 0
    unknown: int = 0
    pending: int = 0
