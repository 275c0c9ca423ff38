"""Filters on dates. Everything is UTC, as at Segment; a date that cannot be read is left as it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Final

from producers.segment.mapping.liquid.values import count_of, printed

DEFAULT_FORMAT: Final = "%A, %B %-e, %Y at %-l:%M %P %z"
MOST_DATE_CHARACTERS: Final = 100  # no date is longer, and reading prose for one takes long
MOST_WIDTH: Final = 100  # digits that a format may ask a number to be padded to
MOST_OFFSET_MINUTES: Final = 24 * 60 - 1

_DIRECTIVE: Final = re.compile(r"%([-_0^#:]*)(\d{0,3})[EO]?(.)", re.DOTALL)
_SECONDS: Final = re.compile(r"\d+", re.ASCII)
_PADDING: Final = {"-": "", "_": " ", "0": "0"}

# Dates that people write, beside ISO 8601 and the dates of e-mails; JavaScript reads them so too.
_WRITTEN_DATES: Final = (
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M:%S",
    "%B %d, %Y",
    "%b %d, %Y",
    "%B %d, %Y %H:%M:%S",
    "%b %d, %Y %H:%M:%S",
    "%d %B %Y",
    "%d %b %Y",
)

# What a letter stands for: its value, how wide, and what fills it up.
_NUMBERS: Final[dict[str, tuple[Callable[[datetime], int], int, str]]] = {
    "C": (lambda at: at.year // 100, 2, "0"),
    "d": (lambda at: at.day, 2, "0"),
    "e": (lambda at: at.day, 2, " "),
    "H": (lambda at: at.hour, 2, "0"),
    "I": (lambda at: at.hour % 12 or 12, 2, "0"),
    "j": (lambda at: at.timetuple().tm_yday, 3, "0"),
    "k": (lambda at: at.hour, 2, " "),
    "l": (lambda at: at.hour % 12 or 12, 2, " "),
    "L": (lambda at: at.microsecond // 1000, 3, "0"),
    "m": (lambda at: at.month, 2, "0"),
    "M": (lambda at: at.minute, 2, "0"),
    "q": (lambda at: at.day, 0, ""),
    "s": (lambda at: int(at.timestamp()), 0, ""),
    "S": (lambda at: at.second, 2, "0"),
    "u": (lambda at: at.isoweekday(), 0, ""),
    "U": (lambda at: int(at.strftime("%U")), 2, "0"),
    "w": (lambda at: at.isoweekday() % 7, 0, ""),
    "W": (lambda at: int(at.strftime("%W")), 2, "0"),
    "y": (lambda at: at.year % 100, 2, "0"),
    "Y": (lambda at: at.year, 0, ""),
}
_COMPOUNDS: Final = {
    "c": "%a %b %e %H:%M:%S %Y",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "r": "%I:%M:%S %p",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "v": "%e-%b-%Y",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
}
_MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_TEXTS: Final[dict[str, Callable[[datetime], str]]] = {
    "a": lambda at: _DAYS[at.weekday()][:3],
    "A": lambda at: _DAYS[at.weekday()],
    "b": lambda at: _MONTHS[at.month - 1][:3],
    "h": lambda at: _MONTHS[at.month - 1][:3],
    "B": lambda at: _MONTHS[at.month - 1],
    "p": lambda at: "AM" if at.hour < 12 else "PM",
    "P": lambda at: "am" if at.hour < 12 else "pm",
    "N": lambda at: f"{at.microsecond // 1000:03d}000000",
    "Z": lambda at: "UTC" if at.utcoffset() == timedelta() else at.strftime("%z"),
    "n": lambda _: "\n",
    "t": lambda _: "\t",
    "%": lambda _: "%",
}


def date_of(value: Any) -> datetime | None:
    """Read a date: ``now``, seconds since 1970, or a text in a usual form; None for anything else."""
    try:
        if value in ("now", "today"):
            return datetime.now(UTC)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if not isinstance(value, str) or len(value) > MOST_DATE_CHARACTERS:
            return None
        if _SECONDS.fullmatch(value):
            return datetime.fromtimestamp(int(value), UTC)
        return _in_utc(_parsed(value))
    except (ValueError, OverflowError, OSError):
        return None


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for pattern in _WRITTEN_DATES:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    return parsedate_to_datetime(text)


def _in_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def formatted(at: datetime, pattern: str) -> str:
    """Write a date by a pattern of LiquidJS: ``%Y``, with flags ``- _ 0 ^ # :`` and a width in between."""

    def fill(found: re.Match[str]) -> str:
        flags, width, letter = found.groups()
        if letter in _COMPOUNDS:
            return formatted(at, _COMPOUNDS[letter])
        if letter == "z":
            text = at.strftime("%z")
            return f"{text[:3]}:{text[3:]}" if ":" in flags else text
        if letter in _NUMBERS:
            number, digits, filling = _NUMBERS[letter]
            text = str(number(at))
            for flag in flags:
                filling = _PADDING.get(flag, filling)
            text = text.rjust(min(int(width), MOST_WIDTH) if width else digits, filling) if filling else text
        elif letter in _TEXTS:
            text = _TEXTS[letter](at).rjust(min(int(width or 0), MOST_WIDTH))
        else:
            return found[0]
        if "^" in flags:
            return text.upper()
        return text.swapcase() if "#" in flags else text

    return _DIRECTIVE.sub(fill, pattern)


def _date(value: Any, pattern: Any = None, offset: Any = None) -> Any:
    """Write a date. ``offset`` is what JavaScript calls so: minutes that UTC is ahead of the wanted zone."""
    at = date_of(value)
    if at is None:
        return value
    if offset is not None:
        minutes = max(-MOST_OFFSET_MINUTES, min(MOST_OFFSET_MINUTES, count_of(offset, 0)))
        at = at.astimezone(timezone(timedelta(minutes=-minutes)))
    return formatted(at, DEFAULT_FORMAT if pattern is None else printed(pattern))


def _in_pattern(pattern: str) -> Callable[[Any], Any]:
    return lambda value: _date(value, pattern)


DATE_FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "date": _date,
    "date_to_long_string": _in_pattern("%d %B %Y"),
    "date_to_rfc822": _in_pattern("%a, %d %b %Y %H:%M:%S %z"),
    "date_to_string": _in_pattern("%d %b %Y"),
    "date_to_xmlschema": _in_pattern("%Y-%m-%dT%H:%M:%S%:z"),
}
