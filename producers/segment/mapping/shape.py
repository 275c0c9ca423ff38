"""How a mapping is written: directives, their places, and the sizes that their options may have."""

from __future__ import annotations

from typing import Any, Final

METADATA: Final = "_metadata"  # may stand beside a directive; its value is for Segment's pages
ROOT_KEY: Final = "__segment_internal_directive"  # holds one directive, whose `mapping` becomes all other keys

MOST_PATTERN: Final = 10  # characters of an @replace's pattern
MOST_REPLACEMENT: Final = 10  # characters of what it puts there


def directives_in(value: dict[Any, Any]) -> list[str]:
    """Return the keys that start with ``@``."""
    return [key for key in value if isinstance(key, str) and key.startswith("@")]


def is_marked(value: Any) -> bool:
    """Return whether a value has a key with ``@``, rightly or not."""
    return isinstance(value, dict) and bool(directives_in(value))


def is_directive(value: Any) -> bool:
    """Return whether a value is run as a directive: nothing stands beside its ``@`` keys but ``_metadata``.

    The check of a mapping refuses anything else that has an ``@`` key; within raw lists it is a plain object.
    """
    return is_marked(value) and all(key == METADATA or key.startswith("@") for key in value)


def step(path: str, key: str) -> str:
    """Return the place of a key below a place: ``/a`` and ``b`` make ``/a/b``."""
    return f"{path}/{key}"
