"""Attribute values as the types that deprecated calls declare for them (``attributesInfo``).

What does not read as its type is sent as it came: Talon.One knows the attribute's real type and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from producers.third_party import notes
from producers.third_party.bodies import AttributeInfo
from producers.third_party.session_bodies import number_of

_BOOLEANS: Final = {"true": True, "false": False}


def converted(attributes: Mapping[str, Any], infos: Sequence[AttributeInfo]) -> tuple[dict[str, Any], bool]:
    """Return the attributes as the declared types, and whether all that are declared could be read so.

    A list's items are converted one by one; null stays null, because it deletes the attribute.
    """
    values, all_read = dict(attributes), True
    for info in infos:
        value = values.get(info.name)
        if value is None:
            continue
        items = value if isinstance(value, list) else [value]
        read = [_READERS[info.type](item) for item in items]
        if None in read:
            all_read = False
        else:
            values[info.name] = read if isinstance(value, list) else read[0]
    return values, all_read


def typed(
    attributes: Mapping[str, Any] | None, infos: Sequence[AttributeInfo] | None
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Return attributes as the types declared for them, and the notes on it."""
    if not infos:
        return attributes or {}, ()
    values, all_read = converted(attributes or {}, infos)
    said = (notes.ATTRIBUTES_NOT_CREATED,)
    return values, said if all_read else (*said, notes.ATTRIBUTES_NOT_CONVERTED)


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else None


def _boolean(value: object) -> bool | None:
    if isinstance(value, str):
        return _BOOLEANS.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _time(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _location(value: object) -> object | None:
    return value if isinstance(value, str | dict) else None


_READERS: Final[Mapping[str, Callable[[object], Any]]] = {
    "string": _text,
    "number": number_of,
    "boolean": _boolean,
    "time": _time,
    "location": _location,
}
