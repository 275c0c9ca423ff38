"""The values every row needs: the profile's id, an audience, an action, an event's type and id.

Each function here returns a function from a row to the value, which raises :class:`RowRefused`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final
from uuid import UUID

from producers.warehouse import reasons
from producers.warehouse.fields import Fields
from producers.warehouse.mapping import FromColumn
from producers.warehouse.rows import Row
from producers.warehouse.values import RowRefused, integer_of_value
from tercel.errors import MappingError
from tercel.records import MAX_ID_LENGTH

_ACTIONS: Final = {"add": "add", "remove": "delete", "delete": "delete"}


def profile_ids(fields: Fields, column: str, prefix: str) -> Callable[[Row], str]:
    """Ids are taken to the letter, zeros and spaces included, with the prefix before them; blank ones are refused.

    Raises :class:`MappingError` when the column holds floating-point numbers.
    """
    text = _texts(fields, column, "the profile's id", MAX_ID_LENGTH - len(prefix), reasons.MISSING_ID)
    if column in fields.columns.inexact:
        raise MappingError(
            f"{fields.columns.file}: column '{column}' holds floating-point numbers, which cannot be ids; "
            "write it as text or as integers"
        )
    return (lambda row: prefix + text(row)) if prefix else text


def texts(fields: Fields, rule: str | FromColumn, what: str) -> Callable[[Row], str]:
    """Texts of 1 to ``MAX_ID_LENGTH`` characters; ``what`` names them in a refusal."""
    if isinstance(rule, str):
        return lambda row: rule
    return _texts(fields, rule.column, what, MAX_ID_LENGTH, reasons.MISSING_VALUE)


def actions(fields: Fields, rule: str | FromColumn) -> Callable[[Row], str]:
    """The API's actions, ``add`` and ``delete``; ``remove`` is understood too."""
    if isinstance(rule, str):
        constant = _ACTIONS[rule]
        return lambda row: constant
    column = rule.column
    word = texts(fields, rule, "the action")

    def action(row: Row) -> str:
        found = _ACTIONS.get(word(row).strip().casefold())
        if found is None:
            raise RowRefused(reasons.BAD_VALUE, f"column '{column}': not an action (write add or remove)")
        return found

    return action


def audience_ids(fields: Fields, rule: int | FromColumn) -> Callable[[Row], int]:
    """Talon.One's audience ids: whole numbers from 1 on."""
    if isinstance(rule, int):
        return lambda row: rule
    index, column = fields.place(rule.column), rule.column

    def audience_id(row: Row) -> int:
        value = row[index]
        try:
            number = None if value is None else integer_of_value(value)
        except RowRefused:
            number = 0
        if number is None:
            raise RowRefused(reasons.MISSING_VALUE, f"column '{column}', the audience's id, is empty")
        if number < 1:
            text = f"column '{column}': not an audience's id, which is a whole number from 1 on, never a name"
            raise RowRefused(reasons.BAD_ID, text)
        return number

    return audience_id


def _texts(fields: Fields, column: str, what: str, longest: int, missing_code: str) -> Callable[[Row], str]:
    index = fields.place(column)

    def text(row: Row) -> str:
        value = row[index]
        if not isinstance(value, str):
            value = _whole_number_as_text(value, column)
        if not value or value.isspace():
            raise RowRefused(missing_code, f"column '{column}', {what}, is empty")
        if len(value) > longest:
            raise RowRefused(reasons.BAD_ID, f"column '{column}', {what}: more than {longest:,} characters")
        if "\0" in value:
            raise RowRefused(reasons.NUL_CHARACTER, f"column '{column}': a NUL character")
        return value

    return text


def _whole_number_as_text(value: object, column: str) -> str:
    if value is None:
        return ""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = int(value)  # databases keep long ids as numeric
    if isinstance(value, bool) or not isinstance(value, int):
        raise RowRefused(reasons.BAD_ID, f"column '{column}': neither a text nor a whole number")
    return str(value)
