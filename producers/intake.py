"""What one input (a message, a request, an item of a batch) became: the value that doors hand to the lanes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tercel.records import Record


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an input, or a part of it, became no record.

    ``code`` is known to ``tercel explain``; ``where`` is the field, as a person would name it (``data[3].adds``);
    ``reason`` says what is wrong and what would be right, without repeating personal data.
    """

    code: str
    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" if self.where else self.reason


class Taken(NamedTuple):
    """What one input became for one deployment: records in order, and what became none.

    ``filtered`` counts parts that were left out on purpose (no trigger matched, a consent says no). ``refused`` are
    parts that should have become records and could not. ``notes`` are stable words for what was done to it on the way
    (``audience_changes_without_rules``), counted and shown, never personal.
    """

    deployment: str
    records: tuple[Record, ...] = ()
    refused: tuple[Refusal, ...] = ()
    filtered: int = 0
    notes: tuple[str, ...] = ()

    @property
    def is_lost(self) -> bool:
        """Whether nothing of the input can be delivered although something should be."""
        return not self.records and bool(self.refused)
