"""From a row to its attributes: the inner loop of a backfill."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import JsonValue

from producers.warehouse import reasons
from producers.warehouse.fields import Fields
from producers.warehouse.mapping import ATTRIBUTE_NAME, Attribute
from producers.warehouse.rows import Row
from producers.warehouse.values import Converter, RowRefused
from tercel.errors import MappingError

Fill = Callable[[Row], dict[str, JsonValue]]
_Step = tuple[str, int, Converter | None, bool]  # attribute, its place in the row, its converter, whether null is sent


def filler(fields: Fields, attributes: Mapping[str, Attribute], nulls: str) -> Fill:
    """Return the function that makes a row's attributes, or raises :class:`RowRefused` naming the column."""
    constants = {name: rule.constant for name, rule in attributes.items() if rule.column is None}
    column_of: dict[str, str] = {}
    steps: list[_Step] = []
    for name, rule in attributes.items():
        column = rule.column
        if column is None or (index := fields.index(column, optional=rule.optional)) is None:
            continue
        column_of[name] = column
        send_null = (rule.nulls or nulls) == "send"
        steps.append((name, index, fields.converter(column, rule.type), send_null))
    fill_steps = _fill_of_text if fields.is_text else _fill_of_values

    def fill(row: Row) -> dict[str, JsonValue]:
        filled = constants.copy()
        try:
            fill_steps(filled, row, steps)
        except _AttributeRefused as refused:
            text = f"column '{column_of[refused.attribute]}': {refused.text}"
            raise RowRefused(refused.code, text) from None
        return filled

    return fill


def filler_of_every_key(fields: Fields, id_key: str, nulls: str) -> Fill:
    """Return the function that makes an attribute of each key of a row but the id's: JSON Lines without a mapping.

    Rows may differ in their keys, so names are checked row by row.
    """
    send_null = nulls == "send"
    converters: dict[str, Converter] = {}

    def fill(row: Row) -> dict[str, JsonValue]:
        filled: dict[str, JsonValue] = {}
        for key, given in row.items():
            if key == id_key:
                continue
            convert = converters.get(key)
            if convert is None:
                convert = converters[key] = _converter_of_key(fields, key)
            try:
                value = None if given is None else convert(given)
            except RowRefused as refused:
                raise RowRefused(refused.code, f"key '{key}': {refused.text}") from None
            if value is not None or send_null:
                filled[key] = value
        return filled

    return fill


def attribute_of_every_column(fields: Fields, id_column: str) -> dict[str, Attribute]:
    """Return the attributes of a file without a mapping: each column but the id's, under its own name.

    Raises :class:`MappingError` for a column whose name no attribute can have.
    """
    attributes = {}
    for column in fields.columns.names:
        if column == id_column:
            continue
        if not ATTRIBUTE_NAME.fullmatch(column):
            raise MappingError(
                f"{fields.columns.file}: column '{column}' cannot be the name of an attribute (letters, digits and "
                f"underscores, a letter first); map the columns you want: --map Attribute='{column}'"
            )
        attributes[column] = Attribute(column=column)
    return attributes


class _AttributeRefused(RowRefused):
    """A value was refused on its way into ``attribute``."""

    def __init__(self, refused: RowRefused, attribute: str) -> None:
        super().__init__(refused.code, refused.text)
        self.attribute = attribute


def _fill_of_text(filled: dict[str, Any], row: list[str], steps: list[_Step]) -> None:
    """Fill in a CSV row's attributes: text, of which the empty one means nothing."""
    name = ""
    try:
        for name, index, convert, send_null in steps:
            value: Any = row[index]
            if convert is None:
                if value:
                    filled[name] = value
                    continue
            elif value and (value := convert(value)) is not None:
                filled[name] = value
                continue
            if send_null:
                filled[name] = None
    except RowRefused as refused:
        raise _AttributeRefused(refused, name) from None


def _fill_of_values(filled: dict[str, Any], row: tuple[Any, ...], steps: list[_Step]) -> None:
    """Fill in the attributes of a row that has values of its own: null means nothing, an empty text is a value."""
    name = ""
    try:
        for name, index, convert, send_null in steps:
            value = row[index]
            if value is not None and convert is not None:
                value = convert(value)
            if value is not None or send_null:
                filled[name] = value
    except RowRefused as refused:
        raise _AttributeRefused(refused, name) from None


def _converter_of_key(fields: Fields, key: str) -> Converter:
    if not ATTRIBUTE_NAME.fullmatch(key):
        raise RowRefused(reasons.BAD_NAME, "cannot be the name of an attribute")
    convert = fields.converter(key)
    assert convert is not None  # noqa: S101  # only CSV's text goes unconverted
    return convert
