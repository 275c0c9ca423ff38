"""Paths into a message, such as ``$.context.traits.email`` or ``$.items[0].sku``, compiled into functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from producers.segment.mapping.javascript import UNDEFINED, character_at, is_falsy, is_index, length_of

Resolve = Callable[[Any], Any]

ROOT: Final = "$."

# What stands between two keys. A bracket counts only around a digit or a quote; any other belongs to the key.
_BETWEEN_KEYS: Final = re.compile(
    r"""
      \.                    # a dot
    | \[ (?= [\d"'] )       # an opening bracket before an index or a quoted key
    | (?<= [\d"'] ) \]+     # closing brackets behind one
    """,
    re.VERBOSE,
)
_NO_QUOTES: Final = str.maketrans("", "", "\"'")


def keys_of(path: str) -> tuple[str, ...]:
    """Split a path without its ``$.`` into keys; none for the empty path, which is the whole input.

    Keys that hold a dot cannot be reached, quoted or not: the path is split at every dot.
    """
    return tuple(piece.translate(_NO_QUOTES) for piece in _BETWEEN_KEYS.split(path) if piece)


def path_reader(path: str) -> Resolve:
    """Compile the text of an ``@path``: its first ``$.``, wherever it stands, is no part of the path."""
    return reader(path.replace(ROOT, "", 1))


def reader(path: str) -> Resolve:
    """Compile a path without ``$.``. The function returns what it finds, or UNDEFINED.

    A falsy value on the way (null, 0, ``""``, false) is the result. Indexes work on lists and texts, ``length`` too.
    """
    keys = keys_of(path)
    if not keys:
        return _whole
    if len(keys) == 1:
        return _one_key(keys[0])

    def walk(value: Any) -> Any:
        for key in keys:
            value = value.get(key, UNDEFINED) if type(value) is dict else _inside(value, key)
        return value

    return walk


def _whole(value: Any) -> Any:
    return value


def _one_key(key: str) -> Resolve:
    def look(value: Any) -> Any:
        return value.get(key, UNDEFINED) if type(value) is dict else _inside(value, key)

    return look


def _inside(value: Any, key: str) -> Any:  # noqa: PLR0911 - one return a type reads best
    """Return what JavaScript finds under a key of a value that is not a plain dict."""
    if isinstance(value, dict):
        return value.get(key, UNDEFINED)
    if is_falsy(value):
        return value
    if isinstance(value, list):
        if key == "length":
            return len(value)
        return value[int(key)] if is_index(key) and int(key) < len(value) else UNDEFINED
    if isinstance(value, str):
        if key == "length":
            return length_of(value)
        return character_at(value, int(key)) if is_index(key) else UNDEFINED
    return UNDEFINED
