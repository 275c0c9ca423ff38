"""What a Firehose message became, as inputs for the desk: each part is known when the message comes again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from producers.intake import Refusal, Taken
from producers.mparticle.messages import Message
from producers.mparticle.normal import Note
from producers.mparticle.translated import Translated
from producers.receiver.gathering import MOST_TOGETHER
from producers.receiver.keeping import Input
from tercel.lanes import seen_id_of
from tercel.records import Membership, Profile, Record, Urgency


@dataclass
class Sorted:
    """The parts of a message's translation, while it is made.

    ``always`` are records that are not a change of an audience; they and what is refused are the message's own part.
    ``changes`` are those of each audience: a part each, because they may travel as bulk. A part has the same name
    however it travels, or a message that comes again after a surge has begun would be taken in twice.
    """

    always: list[Record] = field(default_factory=list)
    changes: dict[str, list[Record]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    refused_data: list[Any] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    filtered: int = 0

    def add(self, made: Translated, audience: str = "", data: Any = None) -> None:
        """Take in what one part of the message became; ``data`` is that part, for a person who looks at a rejection."""
        for record in made.records:
            if changes_audience(record):
                self.changes.setdefault(audience, []).append(record)
            else:
                self.always.append(record)
        self.notes += made.notes
        self.filtered += made.filtered
        if made.refused:
            self.refuse(made.refused, data)

    def refuse(self, refused: Sequence[Refusal], data: Any) -> None:
        """Take in what could not be used."""
        self.refused += refused
        self.refused_data.append(data)


@dataclass(frozen=True, slots=True)
class Source:
    """Whose message it is, and for which deployment."""

    sender: str
    deployment: str
    message: Message


def changes_audience(record: Record) -> bool:
    """Whether a record lets somebody join or leave an audience."""
    if isinstance(record, Profile):
        return bool(record.audiences_add or record.audiences_delete)
    return isinstance(record, Membership)


def inputs_of(source: Source, parts: Sorted, urgencies: Mapping[str, Urgency]) -> tuple[list[Input], list[Input]]:
    """Return what is to go on live lanes, and what on bulk lanes."""
    live: list[Input] = []
    bulk: list[Input] = []
    if parts.always or parts.refused or parts.filtered or parts.notes:
        live += _own(source, parts)
    for audience, records in parts.changes.items():
        side = bulk if urgencies.get(audience) is Urgency.BULK else live
        side += [
            _input(source, Taken(source.deployment, tuple(some)), f"{audience}:{number}")
            for number, some in enumerate(_slices(records))
        ]
    return live, bulk


def _own(source: Source, parts: Sorted) -> list[Input]:
    notes = tuple(note.word for note in parts.notes)
    first, *rest = _slices(parts.always) or [()]
    taken = Taken(source.deployment, tuple(first), tuple(parts.refused), parts.filtered, notes)
    return [
        _input(source, taken, "", parts.refused_data),
        *(
            _input(source, Taken(source.deployment, tuple(some)), f":{number}")
            for number, some in enumerate(rest, start=1)
        ),
    ]


def _slices(records: Sequence[Record]) -> list[Sequence[Record]]:
    return [records[start : start + MOST_TOGETHER] for start in range(0, len(records), MOST_TOGETHER)]


def _input(source: Source, taken: Taken, part: str, data: Any = None) -> Input:
    message = source.message
    seen_id = seen_id_of(source.sender, source.deployment, message.type, message.id, part) if message.id else b""
    target = f"{message.type} for {source.deployment}"
    return Input(taken, source.sender, target, message.id, seen_id, data)
