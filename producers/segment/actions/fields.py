"""What a mapping may fill in for an action: its fields, as data.

A field's type is what Segment checks and coerces to; an object without fields of its own is free: whatever is inside is
sent as it is. (Contract: segment.md, part (a).)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FieldType(StrEnum):
    """What a field's value, or each of its values, has to be."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an action.

    ``many`` makes it a list. ``default`` is what a mapping means that leaves the field out: a raw value or a directive,
    None where there is none. ``fields`` are those of a typed object; keys beside them are dropped. ``choices`` are the
    only texts allowed, any where empty.
    """

    name: str
    type: FieldType
    title: str
    required: bool = False
    many: bool = False
    default: Any = None
    fields: tuple[Field, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One action of the Talon.One (Actions) destination: its names, and what it is made of.

    ``slug`` is the name in exported mappings, ``title`` the one on Segment's pages, without ``[Deprecated]``.
    """

    slug: str
    title: str
    fields: tuple[Field, ...]
    deprecated: bool = False

    @property
    def full_title(self) -> str:
        """The title as Segment's pages show it."""
        return f"[Deprecated] {self.title}" if self.deprecated else self.title
