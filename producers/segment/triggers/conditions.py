"""What a trigger says, as values: conditions, and groups of them joined by one word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

PLAIN_FIELDS: Final = ("type", "event", "name", "userId")
OBJECT_FIELDS: Final = ("properties", "traits", "context")


class Test(StrEnum):
    """The tests a condition may make. (Contract: segment, part d, second table of "Triggers".)"""

    __test__ = False  # or pytest takes it for one of its own

    IS = "="
    IS_NOT = "!="
    NUMBER_IS = "= number"
    NUMBER_IS_NOT = "!= number"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    IS_TRUE = "= true"
    IS_FALSE = "= false"
    IS_SET = "!= null"
    IS_MISSING = "= null"
    CONTAINS = "contains"
    CONTAINS_NOT = "!contains"
    STARTS = "starts"
    STARTS_NOT = "!starts"
    ENDS = "ends"
    ENDS_NOT = "!ends"
    NEVER = "never"  # something that is no operator stands in its place


NEGATIONS: Final = {Test.CONTAINS: Test.CONTAINS_NOT, Test.STARTS: Test.STARTS_NOT, Test.ENDS: Test.ENDS_NOT}
COMPARISONS: Final = frozenset({Test.LESS, Test.AT_MOST, Test.MORE, Test.AT_LEAST})
NUMBER_TESTS: Final = COMPARISONS | {Test.NUMBER_IS, Test.NUMBER_IS_NOT}


@dataclass(frozen=True, slots=True)
class Field:
    """A place in a message: ``path`` is empty for ``type``, ``event``, ``name`` and ``userId``."""

    root: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one field.

    ``operand`` is a number (NaN where it should be one and is not) for the tests in NUMBER_TESTS, a text for those that
    compare texts, and ``""`` for the others.
    """

    field: Field
    test: Test
    operand: str | float = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups of one level, at least two, all joined by ``joint``."""

    joint: Literal["and", "or"]
    members: tuple[Condition | Group, ...]


Node = Condition | Group
