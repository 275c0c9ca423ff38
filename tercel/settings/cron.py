"""Cron expressions and time zones, checked when settings are read: a schedule that never comes is a mistake."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class _Part(NamedTuple):
    """One of the five parts: what it is called, its lowest and highest number, and names for its numbers."""

    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()


_PARTS: Final = (
    _Part("minute", 0, 59),
    _Part("hour", 0, 23),
    _Part("day of the month", 1, 31),
    _Part("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    _Part("day of the week", 0, 6, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
_ITEM: Final = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?")


def checked_cron(text: str) -> str:
    """Return a cron expression of five parts with single spaces. Raises ValueError that names the wrong part."""
    parts = text.lower().split()
    if len(parts) != len(_PARTS):
        raise ValueError(
            f"has {len(parts)} parts, but must have {len(_PARTS)}: minute, hour, day of the month, month, day of the "
            'week, e.g. "30 6 * * mon-fri"'
        )
    for given, part in zip(parts, _PARTS, strict=True):
        for item in given.split(","):
            _check(item, part)
    return " ".join(parts)


def checked_zone(text: str) -> str:
    """Return the name of a time zone of the IANA database. Raises ValueError for one that does not exist."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"is {text!r}, which is no time zone; write e.g. UTC or Europe/Berlin") from None
    return text


def _check(item: str, part: _Part) -> None:
    found = _ITEM.fullmatch(item)
    if found is None:
        raise ValueError(f"has {item!r} as its {part.name}; write *, a number, a range (1-5) or a step (*/15)")
    first, last = (_number(word, part) for word in (found["first"], found["last"]))
    if first is not None and last is not None and first > last:
        raise ValueError(f"has {item!r} as its {part.name}, a range that runs backwards")
    if found["step"] is not None and not 1 <= int(found["step"]) <= part.most:
        raise ValueError(f"has {item!r} as its {part.name}; its step must be from 1 to {part.most}")


def _number(word: str | None, part: _Part) -> int | None:
    if word is None:
        return None
    if word in part.words:
        return part.words.index(word) + part.least
    if not word.isdecimal() or not part.least <= int(word) <= part.most:
        raise ValueError(f"has {word!r} as its {part.name}, which must be from {part.least} to {part.most}")
    return int(word)
