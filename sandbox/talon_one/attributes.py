"""Whether attributes exist and their values are of the right type (contract section 9). The bulk path's inner loop."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sandbox.talon_one.config import AttributeType
from sandbox.talon_one.replies import Problem, escape

TIMES_REMEMBERED = 65_536  # distinct time strings; real data repeats its dates
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@lru_cache(maxsize=TIMES_REMEMBERED)
def is_rfc3339(text: str) -> bool:
    """Whether ``text`` is an RFC 3339 date-time with an offset, on a day that exists."""
    if _RFC3339.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", text).upper())
    except ValueError:
        return False
    return True


def is_number(value: Any) -> bool:
    """Whether ``value`` is a JSON number (a boolean is none)."""
    return type(value) is int or type(value) is float


def _is_time(value: Any) -> bool:
    return type(value) is str and is_rfc3339(value)


def _is_location(value: Any) -> bool:
    """The form of a location is not documented: two numbers, as an array or as an object's values, are taken."""
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))


def _list_of(one: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(one, value))


_SIMPLE: dict[AttributeType, frozenset[type]] = {
    AttributeType.STRING: frozenset({str}),
    AttributeType.NUMBER: frozenset({int, float}),
    AttributeType.BOOLEAN: frozenset({bool}),
}
_CHECKED: dict[AttributeType, Callable[[Any], bool]] = {
    AttributeType.TIME: _is_time,
    AttributeType.LOCATION: _is_location,
    AttributeType.STRINGS: _list_of(lambda value: type(value) is str),
    AttributeType.NUMBERS: _list_of(is_number),
    AttributeType.TIMES: _list_of(_is_time),
    AttributeType.LOCATIONS: _list_of(_is_location),
}
_NO_TYPES: frozenset[type] = frozenset()


class AttributeSet:
    """The attributes of one entity, prepared for checking many values quickly."""

    def __init__(self, entity: str, types: Mapping[str, AttributeType], *, allow_null: bool) -> None:
        """``allow_null`` says whether ``null`` passes for every type (assumption A7)."""
        self._entity = entity
        self._types = dict(types)
        null = {type(None)} if allow_null else set()
        self._quick = {name: _SIMPLE.get(kind, _NO_TYPES) | null for name, kind in types.items()}
        self._checks = {name: _CHECKED[kind] for name, kind in types.items() if kind in _CHECKED}

    def accepts(self, attributes: Mapping[str, Any]) -> bool:
        """Whether every attribute exists and has a value of its type."""
        quick = self._quick
        for name, value in attributes.items():
            types = quick.get(name)
            if types is None:
                return False
            if type(value) not in types:
                check = self._checks.get(name)
                if check is None or not check(value):
                    return False
        return True

    def problems(self, attributes: Any, prefix: str) -> list[Problem]:
        """What is wrong with ``attributes``, found at the pointer ``prefix``; an empty list where nothing is."""
        if not isinstance(attributes, dict):
            return [Problem("Invalid type", "attributes must be an object", prefix)]
        return [
            self._problem(name, f"{prefix}/{escape(name)}")
            for name, value in attributes.items()
            if not self.accepts({name: value})
        ]

    def _problem(self, name: str, pointer: str) -> Problem:
        kind = self._types.get(name)
        if kind is None:
            return Problem("Unknown", f'The attribute "{name}" is not defined for {self._entity}', pointer)
        return Problem("Invalid type", f'The attribute "{name}" must be of the type {kind.value}', pointer)
