"""What something in normal form became for one deployment."""

from __future__ import annotations

from dataclasses import dataclass

from producers.intake import Refusal
from producers.mparticle.normal import Note
from tercel.records import Record


@dataclass(frozen=True, slots=True)
class Translated:
    """``records`` in order; ``refused`` are parts that should have become records and could not.

    ``notes`` tell what was left out on the way, and ``filtered`` counts happenings that are of no use to the
    destination. Nothing of an input goes without being in one of the four.
    """

    records: tuple[Record, ...] = ()
    refused: tuple[Refusal, ...] = ()
    notes: tuple[Note, ...] = ()
    filtered: int = 0

    def __add__(self, other: Translated) -> Translated:
        """Return both, one after the other."""
        return Translated(
            self.records + other.records,
            self.refused + other.refused,
            self.notes + other.notes,
            self.filtered + other.filtered,
        )
