"""What a mapping does with a message, step by step: what the event tester shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from producers.intake import Refusal
from producers.segment.actions.sent import SentRequest
from tercel.records import Record


@dataclass(frozen=True, slots=True)
class Step:
    """One mapping and one message.

    ``number`` counts the mappings of a destination from 1; ``action`` is a slug, or what a destination without mappings
    does. ``matched`` is whether the mapping is for this message; ``why_not`` says why it is not. ``warnings`` are about
    the mapping as it is written. ``fields`` are what the mapping made of the message: checked, or as they were made
    where the check refused them; None where it did not come so far. ``request`` is what Segment would have sent, keys
    masked; ``records`` what it becomes, ``refused`` what could not, ``notes`` what was done on the way.
    """

    number: int
    name: str
    action: str
    trigger: str
    matched: bool
    why_not: str = ""
    warnings: tuple[str, ...] = ()
    fields: dict[str, Any] | None = None
    request: SentRequest | None = None
    records: tuple[Record, ...] = ()
    refused: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
