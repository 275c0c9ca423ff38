"""What ``@merge``, ``@flatten`` and ``@excludeWhenNull`` make of values. None of them changes what it is given."""

from __future__ import annotations

from typing import Any, Final

from producers.segment.mapping.javascript import UNDEFINED

MOST_ENTRIES: Final = 10_000  # of a text that is merged, each letter of which becomes an entry
MOST_NAMES: Final = 1_000_000  # characters of a flat object's names, each of which repeats those above it


class ObjectTooLarge(ValueError):
    """A small message would make an object that fills the memory."""


def merged(parts: list[Any]) -> dict[str, Any]:
    """Merge the own entries of all parts into a new object, later ones over earlier ones; null and missing have none.

    As with JavaScript's ``Object.assign``, lists and texts have entries too, by index; numbers and booleans do not.
    Raises ObjectTooLarge for a text of more than :data:`MOST_ENTRIES`.
    """
    result: dict[str, Any] = {}
    for part in parts:
        if isinstance(part, dict):
            result.update(part)
        elif isinstance(part, str) and len(part) > MOST_ENTRIES:
            raise ObjectTooLarge
        elif isinstance(part, (list, str)):
            result.update((str(index), item) for index, item in enumerate(part))
    return result


def flattened(value: Any, separator: str, *, omit_lists: bool) -> dict[str, Any]:
    """Return one flat object: nested keys joined by the separator, list indexes as keys unless ``omit_lists``.

    Empty objects and lists vanish. What is no object has no key, and so lies under ``""``. Raises ObjectTooLarge where
    the names have more than :data:`MOST_NAMES` characters in all.
    """
    result: dict[str, Any] = {}
    _flatten_into(result, None, value, separator, omit_lists, MOST_NAMES)
    return result


def _flatten_into(  # noqa: PLR0917 - handed on from level to level
    result: dict[str, Any], key: str | None, value: Any, separator: str, omit_lists: bool, room: int
) -> int:
    """Return how much room for names is left."""
    if isinstance(value, dict):
        entries: Any = value.items()
    elif isinstance(value, list) and not omit_lists:
        entries = enumerate(value)
    else:
        if value is not UNDEFINED:
            result[key or ""] = value
        return room
    prefix = "" if key is None else f"{key}{separator}"
    room -= len(prefix) * len(value)
    if room < 0:
        raise ObjectTooLarge
    for inner, item in entries:
        room = _flatten_into(result, f"{prefix}{inner}", item, separator, omit_lists, room)
    return room


def without_nulls(value: Any) -> Any:
    """Return the value without entries that are null, in nested objects too; lists are not entered."""
    if not isinstance(value, dict):
        return value
    return {key: without_nulls(inner) for key, inner in value.items() if inner is not None and inner is not UNDEFINED}
