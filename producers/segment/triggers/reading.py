"""What a condition's tokens mean: fields, operands and tests, as Segment reads them."""

from __future__ import annotations

import math
import re
from typing import Final

from producers.segment.mapping.javascript import BLANKS, number_text
from producers.segment.triggers.conditions import COMPARISONS, OBJECT_FIELDS, PLAIN_FIELDS, Condition, Field, Test
from producers.segment.triggers.tokens import Token, TokenKind

SEGMENTS: Final = re.compile(r"[^\[.\]]+")
DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
INFINITE: Final = re.compile(r"[+-]?Infinity")
BASED: Final = {"0x": 16, "0o": 8, "0b": 2}
BASED_DIGITS: Final = re.compile(r"[0-9A-Fa-f]+")
OPERATORS: Final = {test.value: test for test in (Test.IS, Test.IS_NOT, *COMPARISONS)}


def field_of(name: str) -> Field | None:
    """Return the field of a condition, or None where its name is none that Segment knows."""
    root, dot, rest = name.partition(".")
    if root in PLAIN_FIELDS:
        return Field(root)
    if root in OBJECT_FIELDS:
        return Field(root, _path(rest if dot else name))
    return None


def argument_of(name: str) -> Field | None:
    """Return the field that is a function's first argument, or None: a function cannot test ``type``.

    Here Segment wants plain fields exactly, and looks only at how the others begin.
    """
    if name in PLAIN_FIELDS:
        return None if name == "type" else Field(name)
    for root in OBJECT_FIELDS:
        if name.startswith(root):
            return Field(root, _path(name.removeprefix(f"{root}.")))
    return None


def condition_of(field: Field, operator: Token, value: Token) -> Condition:
    """Return the condition ``field operator value``; one that never holds where the operator is none."""
    test = OPERATORS.get(operator.text) if operator.kind is TokenKind.OPERATOR else None
    if test is None:
        return Condition(field, Test.NEVER)
    if test in COMPARISONS:
        return Condition(field, test, _as_number(value, field))
    is_typed = field.root in OBJECT_FIELDS
    if value.kind is TokenKind.NULL and field.root not in ("event", "type"):
        return Condition(field, Test.IS_MISSING if test is Test.IS else Test.IS_SET)
    if test is Test.IS and _is_boolean(value) and (is_typed or field.root == "userId"):
        return Condition(field, Test.IS_TRUE if value.text == "true" else Test.IS_FALSE)
    if value.kind is TokenKind.NUMBER and is_typed:
        return Condition(field, Test.NUMBER_IS if test is Test.IS else Test.NUMBER_IS_NOT, _as_number(value, field))
    return Condition(field, test, text_of(value))


def text_of(value: Token) -> str:
    """Return a value as text: double quotes dropped, single ones kept, numbers as JavaScript prints them."""
    if value.kind is TokenKind.TEXT:
        return value.text.removeprefix('"').removesuffix('"')
    if value.kind is TokenKind.NUMBER:
        return number_text(number_of(value.text))
    return value.text


def number_of(text: str) -> float:
    """Return what JavaScript's ``Number(text)`` does: 0.0 for blanks, NaN for what is no number."""
    trimmed = text.strip(BLANKS)
    if not trimmed:
        return 0.0
    if DECIMAL.fullmatch(trimmed) or INFINITE.fullmatch(trimmed):
        return float(trimmed)
    base = BASED.get(trimmed[:2].lower())
    if base is not None and BASED_DIGITS.fullmatch(trimmed[2:]):
        return _based(trimmed[2:], base)
    return math.nan


def _based(digits: str, base: int) -> float:
    try:
        return float(int(digits, base))
    except ValueError:  # a digit that the base does not have
        return math.nan
    except OverflowError:
        return math.inf


def _as_number(value: Token, field: Field) -> float:
    """An operand of < <= > >=: where fields have types, ``true`` is 1 and ``false`` is 0, as JavaScript has it."""
    if _is_boolean(value) and field.root in OBJECT_FIELDS:
        return 1.0 if value.text == "true" else 0.0
    return number_of(text_of(value))


def _is_boolean(value: Token) -> bool:
    return value.kind is TokenKind.WORD and value.text in ("true", "false")


def _path(text: str) -> tuple[str, ...]:
    return tuple(SEGMENTS.findall(text))
