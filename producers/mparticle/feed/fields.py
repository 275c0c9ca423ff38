"""Reads fields of a batch from JSON, and says which one is wrong and what would be right, without repeating it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from producers.mparticle.feed.limits import MOST_ATTRIBUTES, MOST_ENTRIES, MOST_ENTRY, MOST_NAME, MOST_VALUE

TAG: Final = True  # the value of an attribute that has none: mParticle's tags
_LONG_WHOLE: Final = re.compile(r"-?[0-9]{19,100}")  # as it is read where it has more than 64 bits

Json = Mapping[str, Any]


class BadBatch(Exception):
    """A batch that cannot be taken. ``where`` is the field (``events[0].data.event_name``), ``reason`` the trouble."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}" if where else reason)
        self.where, self.reason = where, reason


def an_object(value: Any, where: str) -> Json:
    """Return an object; null and nothing are an empty one. Raises BadBatch."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadBatch(where, "must be an object")
    return value


def a_list(value: Any, where: str) -> list[Any]:
    """Return a list; null and nothing are an empty one. Raises BadBatch."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadBatch(where, "must be a list")
    return value


def needed(holder: Json, name: str, where: str) -> Any:
    """Return a field that must be there, though it may be null. Raises BadBatch."""
    if name not in holder:
        raise BadBatch(f"{where}.{name}" if where else name, "is missing")
    return holder[name]


def a_name(value: Any, where: str) -> str:
    """Return a name: a text of 1 to 256 characters. Raises BadBatch."""
    name = an_attribute_name(value, where)
    if not name.strip():
        raise BadBatch(where, "is empty")
    return name


def an_attribute_name(value: Any, where: str) -> str:
    """Return an attribute's name, which the schema lets be empty: what cannot be used is left out later, and counted.

    Raises BadBatch.
    """
    if not isinstance(value, str):
        raise BadBatch(where, "must be a text")
    if len(value) > MOST_NAME:
        raise BadBatch(where, f"has more than {MOST_NAME} characters")
    return value


def a_text(value: Any, where: str) -> str | None:
    """Return what mParticle takes as a text: texts, numbers and booleans. None where there is nothing.

    Raises BadBatch.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    raise BadBatch(where, "must be a text or a number")


def a_whole(value: Any, where: str) -> int | None:
    """Return a whole number, None where there is nothing. Raises BadBatch."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _LONG_WHOLE.fullmatch(value):
        return int(value)
    raise BadBatch(where, "must be a whole number")


def an_id(value: Any, where: str) -> str | None:
    """Return an id, which may be a text or a whole number, as text. None where there is nothing. Raises BadBatch."""
    if isinstance(value, str):
        return value if value.strip() else None
    whole = a_whole(value, where)
    return None if whole is None else str(whole)


def attributes(value: Any, where: str, *, lists: bool) -> dict[str, Any]:
    """Return attributes. A user's without a value is a tag, an event's says nothing. ``lists``: a value may be one.

    Raises BadBatch where there are too many, or one is too long or none of mParticle's types.
    """
    found = an_object(value, where)
    if len(found) > MOST_ATTRIBUTES:
        raise BadBatch(where, f"has more than {MOST_ATTRIBUTES} attributes")
    taken: dict[str, Any] = {}
    for number, (name, one) in enumerate(found.items()):
        place = f"{where}.{name}" if name.isidentifier() and len(name) <= MOST_NAME else f"{where}[{number}]"
        if len(name) > MOST_NAME:
            raise BadBatch(place, f"has a name of more than {MOST_NAME} characters")
        if one is not None:
            taken[name] = attribute(one, place, lists=lists)
        elif lists:
            taken[name] = TAG
    return taken


def attribute(value: Any, where: str, *, lists: bool) -> Any:
    """Return an attribute's value as it is. Raises BadBatch."""
    if isinstance(value, str):
        if len(value) > MOST_VALUE:
            raise BadBatch(where, f"has more than {MOST_VALUE} characters")
    elif isinstance(value, list) and lists:
        if len(value) > MOST_ENTRIES:
            raise BadBatch(where, f"has more than {MOST_ENTRIES} entries")
        for number, entry in enumerate(value):
            _check_entry(entry, f"{where}[{number}]")
    elif isinstance(value, dict | list):
        raise BadBatch(
            where, "must be a text, a number, a boolean or a list" if lists else "must not be a list or object"
        )
    return value


def _check_entry(entry: Any, where: str) -> None:
    if isinstance(entry, dict | list):
        raise BadBatch(where, "must be a text, a number or a boolean")
    if isinstance(entry, str) and len(entry) > MOST_ENTRY:
        raise BadBatch(where, f"has more than {MOST_ENTRY} characters")
