"""Filters on lists and on values of any kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from producers.segment.mapping.javascript import UNDEFINED, json_text, length_of, text_of
from producers.segment.mapping.liquid.values import check_length, items_of, number_of, printed, whole_or_float
from producers.segment.mapping.paths import reader

_UNTRUE: Final = (None, False, UNDEFINED)  # all else is true in Liquid, 0 and "" too


def _default(value: Any, otherwise: Any = "", allow_false: Any = None) -> Any:
    if isinstance(value, (str, list)):
        return value or otherwise
    if value is False and allow_false:
        return value
    return otherwise if value is None or value is False else value


def _join(value: Any, separator: Any = None) -> str:
    texts = [text_of(item) for item in items_of(value)]
    between = " " if separator is None else printed(separator)
    check_length(sum(map(len, texts)) + len(texts) * len(between))
    return between.join(texts)


def _size(value: Any) -> int:
    if isinstance(value, str):
        return length_of(value)
    return len(value) if isinstance(value, list) else 0


def _at_end(place: int) -> Callable[[Any], Any]:
    return lambda value: value[place] if isinstance(value, (str, list)) and value else ""


def _compact(value: Any, name: Any = None) -> list[Any]:
    look = reader(printed(name))
    return [item for item in items_of(value) if look(item) is not None and look(item) is not UNDEFINED]


def _sum(value: Any, name: Any = None) -> int | float:
    look = reader(printed(name))
    return whole_or_float(sum((number_of(look(item)) for item in items_of(value)), 0.0))


def _where(value: Any, name: Any = None, wanted: Any = None) -> list[Any]:
    look = reader(printed(name))
    if wanted is None:
        return [item for item in items_of(value) if not any(look(item) is nothing for nothing in _UNTRUE)]
    return [item for item in items_of(value) if _same(look(item), wanted)]


def _same(found: Any, wanted: Any) -> bool:
    """Compare without taking true for 1."""
    return isinstance(found, bool) == isinstance(wanted, bool) and bool(found == wanted)


LIST_FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "compact": _compact,
    "default": _default,
    "first": _at_end(0),
    "inspect": json_text,
    "join": _join,
    "json": json_text,
    "jsonify": json_text,
    "last": _at_end(-1),
    "pop": lambda value: items_of(value)[:-1],
    "push": lambda value, item=None: [*items_of(value), item],
    "shift": lambda value: items_of(value)[1:],
    "size": _size,
    "sum": _sum,
    "unshift": lambda value, item=None: [item, *items_of(value)],
    "where": _where,
}
