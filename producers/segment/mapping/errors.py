"""What can go wrong with a mapping: before any message (T620), and with one message (T621)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tercel.errors import MappingError, TercelError
from tercel.explain import Explanation

REASONS: Final[dict[str, Explanation]] = {
    "T620": Explanation(
        "A Segment mapping cannot work",
        "A directive is unknown, stands beside other keys, has an option of the wrong type, or holds Liquid that "
        "cannot be read.",
        "The message names every place as /path/to/field. Correct them; `tercel segment test` then shows the result.",
    ),
    "T621": Explanation(
        "A Segment mapping could not be applied to a message",
        "The message holds another type than the mapping works with, or a Liquid template failed or took too long on "
        "it.",
        "The error names the field of the mapping. Give it a value that fits, or guard it with @if; `tercel segment "
        "test` shows what a message becomes.",
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a mapping: ``path`` as ``/path/to/field``, and what is wrong there."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path} {self.message}"


class UnusableMapping(MappingError):
    """A mapping cannot work, whatever the message. ``faults`` are all of them, in the order of the mapping."""

    code = "T620"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class MappingNotApplied(TercelError):
    """A mapping could not be applied to one message.

    ``path`` is the field of the mapping as ``/path/to/field``; ``sentence`` says what happened, without any value of
    the message: it may be logged.
    """

    code = "T621"

    def __init__(self, path: str, sentence: str) -> None:
        self.path = path
        self.sentence = sentence
        super().__init__(f"{path}: {sentence}")
