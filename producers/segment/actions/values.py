"""One value of a field: coerced to the field's type, or refused with what would be right.

Segment coerces what can be read as the type that is asked for (``"12"`` as 12, ``"true"`` as true, 123 as ``"123"``, a
list of one as its element) and refuses the rest (contract: segment.md, part (a)). Two readings of Segment's are not
taken over, because they would change other customers' data in silence: true is no number, and an integer is one that
JSON carries exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import Any, Final

from producers.segment.mapping.javascript import number_text

Coercer = Callable[[Any], Any]
"""Returns the value as its field wants it. Raises :class:`Wrong`."""

LARGEST_EXACT: Final = 2**53 - 1  # the largest whole number that every reader of JSON reads as it is written
_NUMBER: Final = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_MOST_DIGITS: Final = 400  # a longer text is no number of any use, and reading it takes long

_NOUNS: Final[dict[type, str]] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


class Wrong(Exception):
    """A value that its field cannot take. ``where`` is its place below the field, such as ``[2].price``."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(where, reason)
        self.where = where
        self.reason = reason

    def below(self, place: str) -> Wrong:
        """Return the same problem, seen from one level up."""
        return Wrong(place + self.where, self.reason)


def noun_of(value: Any) -> str:
    """Say what a JSON value is, without showing it."""
    return _NOUNS.get(type(value), "no JSON value")


def text(value: Any) -> str:
    """Coerce to a text."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is bool:
        return "true" if value else "false"
    if kind is int or (kind is float and isfinite(value)):
        return number_text(value)
    if kind is list and _is_of_one(value):
        return text(value[0])
    raise Wrong("", f"is {noun_of(value)}; it must be a text, or a number or true or false to be written as one")


def number(value: Any) -> int | float:
    """Coerce to a number. One that is whole is an int, as JSON written by JavaScript has it."""
    found = _number(value)
    if found is None:
        raise Wrong("", f"is {noun_of(value)}{_that_is_none(value)}; it must be a number, such as 12 or 9.5")
    return found


def integer(value: Any) -> int:
    """Coerce to a whole number."""
    if type(value) is int and -LARGEST_EXACT <= value <= LARGEST_EXACT:
        return value
    found = _number(value)
    if type(found) is int and -LARGEST_EXACT <= found <= LARGEST_EXACT:
        return found
    what = noun_of(value) if found is None else "not whole, or too large"
    raise Wrong("", f"is {what}{_that_is_none(value) if found is None else ''}; it must be a whole number, such as 12")


def boolean(value: Any) -> bool:
    """Coerce to true or false."""
    if value is True or value is False:
        return value
    if type(value) is list and _is_of_one(value):
        return boolean(value[0])
    if value in ("true", 1):
        return True
    if value in ("false", 0):
        return False
    raise Wrong("", f"is {noun_of(value)}; it must be true or false")


def free_object(value: Any) -> dict[str, Any]:
    """Take an object as it is."""
    if type(value) is dict:
        return value
    raise Wrong("", f"is {noun_of(value)}; it must be an object")


def one_of(choices: tuple[str, ...]) -> Coercer:
    """Return the coercer of a text that must be one of ``choices``."""
    allowed = frozenset(choices)

    def chosen(value: Any) -> str:
        found = text(value)
        if found in allowed:
            return found
        raise Wrong("", f"is another text; it must be one of {', '.join(choices)}")

    return chosen


def _number(value: Any) -> int | float | None:
    kind = type(value)
    if kind is int:
        return value if -LARGEST_EXACT <= value <= LARGEST_EXACT else _of_float(_as_float(value))
    if kind is float:
        return _of_float(value)
    if kind is str and len(value) <= _MOST_DIGITS and _NUMBER.fullmatch(value):
        return _of_float(float(value))
    if kind is list and _is_of_one(value):
        return _number(value[0])
    return None


def _is_of_one(value: list[Any]) -> bool:
    """Whether a list stands for its one element; Segment looks one level deep."""
    return len(value) == 1 and type(value[0]) is not list


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _of_float(value: float) -> int | float | None:
    return _plain(value) if isfinite(value) else None


def _plain(value: float) -> int | float:
    """Return a whole number as an int where JavaScript would write it in digits."""
    return int(value) if value.is_integer() and abs(value) <= LARGEST_EXACT else value


def _that_is_none(value: Any) -> str:
    return " that is no number" if type(value) is str else ""
