"""What a translation returns."""

from __future__ import annotations

from typing import NamedTuple

from producers.intake import Refusal, Taken
from producers.mparticle.normal import Note
from tercel.records import Record


class Translation(NamedTuple):
    """Records in order, and what became none: ``refused`` with reasons, ``filtered`` counted, ``notes`` saying why."""

    records: tuple[Record, ...] = ()
    refused: tuple[Refusal, ...] = ()
    filtered: int = 0
    notes: tuple[Note, ...] = ()

    def taken(self, deployment: str) -> Taken:
        """Return the same as doors hand it on, for one deployment."""
        return Taken(deployment, self.records, self.refused, self.filtered, tuple(note.word for note in self.notes))
