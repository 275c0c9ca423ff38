"""What ``@merge``, ``@flatten`` and ``@excludeWhenNull`` make of values. None of them changes what it is given."""

from __future__ import annotations

from typing import Any

from producers.segment.mapping.javascript import UNDEFINED


def merged(parts: list[Any]) -> dict[str, Any]:
    """Merge the own entries of all parts into a new object, later ones over earlier ones; null and missing have none.

    As with JavaScript's ``Object.assign``, lists and texts have entries too, by index; numbers and booleans do not.
    """
    result: dict[str, Any] = {}
    for part in parts:
        if isinstance(part, dict):
            result.update(part)
        elif isinstance(part, (list, str)):
            result.update((str(index), item) for index, item in enumerate(part))
    return result


def flattened(value: Any, separator: str, *, omit_lists: bool) -> dict[str, Any]:
    """Return one flat object: nested keys joined by the separator, list indexes as keys unless ``omit_lists``.

    Empty objects and lists vanish. What is no object has no key, and so lies under ``""``.
    """
    result: dict[str, Any] = {}
    _flatten_into(result, None, value, separator, omit_lists)
    return result


def _flatten_into(result: dict[str, Any], key: str | None, value: Any, separator: str, omit_lists: bool) -> None:
    if isinstance(value, dict):
        entries: Any = value.items()
    elif isinstance(value, list) and not omit_lists:
        entries = enumerate(value)
    else:
        if value is not UNDEFINED:
            result[key or ""] = value
        return
    prefix = "" if key is None else f"{key}{separator}"
    for inner, item in entries:
        _flatten_into(result, f"{prefix}{inner}", item, separator, omit_lists)


def without_nulls(value: Any) -> Any:
    """Return the value without entries that are null, in nested objects too; lists are not entered."""
    if not isinstance(value, dict):
        return value
    return {key: without_nulls(inner) for key, inner in value.items() if inner is not None and inner is not UNDEFINED}
