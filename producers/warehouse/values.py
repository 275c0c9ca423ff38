"""One value of a row, as the JSON value that an attribute takes. A value that does not fit is refused, never guessed.

Every converter returns None for a value that means "nothing" (blank text, a floating-point NaN).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite, isnan
from types import NoneType
from typing import Any, Final
from uuid import UUID

from producers.warehouse import reasons
from producers.warehouse.rows import ValueType

EXACT_FLOATS_BELOW: Final = 2**53  # from here on a float no longer tells neighbouring integers apart
LEAST_INTEGER, MOST_INTEGER = -(2**63), 2**64 - 1  # what JSON encoders take without losing digits
_DATE_LENGTH: Final = len("1997-01-31")
_UTC_LENGTH: Final = len("1997-01-31T10:00:00Z")
_TRUE: Final = frozenset({"true", "t", "yes", "y", "1"})
_FALSE: Final = frozenset({"false", "f", "no", "n", "0"})


class RowRefused(Exception):
    """A row cannot become a record: ``code`` is one of ``REASONS``, ``text`` says what is wrong without the value."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


def _bad(text: str, code: str = reasons.BAD_VALUE) -> RowRefused:
    return RowRefused(code, text)


def number_of_text(text: str) -> int | float | None:
    """Read a decimal number; whole ones come back as int. Refuses NaN, infinity, commas and underscores."""
    try:
        value = float(text)
    except ValueError:
        if not text.strip():
            return None
        hint = " (write 1234.56, without commas)" if "," in text else ""
        raise _bad(f"not a number{hint}") from None
    if not isfinite(value) or "_" in text:
        raise _bad("not a number that JSON can carry")
    return int(value) if value.is_integer() and abs(value) < EXACT_FLOATS_BELOW else value


def integer_of_text(text: str) -> int | None:
    """Read a whole number of at most 64 bits; ``12.0`` is one."""
    try:
        value: int | float | None = int(text)
    except ValueError:
        value = number_of_text(text)
    if "_" in text:
        raise _bad("not a whole number")
    return None if value is None else integer_of_value(value)


def boolean_of_text(text: str) -> bool | None:
    """Read true/false, t/f, yes/no, y/n or 1/0, in any case."""
    word = text.strip().casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    if not word:
        return None
    raise _bad("not a boolean (write true or false)")


def time_of_text(text: str) -> str | None:
    """Read an ISO 8601 date or time and return it as RFC 3339 in UTC. A time without an offset is taken as UTC."""
    text = text.strip()
    if not text:
        return None
    try:
        if text[4:5] != "-":
            raise ValueError  # 19970131 is ISO 8601 too, but more often a number in the wrong column
        if len(text) == _DATE_LENGTH:
            return f"{date.fromisoformat(text).isoformat()}T00:00:00Z"  # the usual case, at a tenth of the cost
        moment = datetime.fromisoformat(text)
        return text if _is_rfc3339_already(text) else _rfc3339(moment)
    except (ValueError, OverflowError):
        raise _bad("not a time (write 1997-01-31 or 1997-01-31T10:00:00Z)") from None


def any_json(value: Any) -> Any:
    """Return a value of JSON Lines or Parquet as it is, where JSON has it; times as RFC 3339, decimals as numbers."""
    convert = _JSON_OF.get(type(value))
    if convert is None:
        raise _bad(f"a {type(value).__name__}, which JSON does not have")
    return convert(value)


def _string(value: Any) -> str | None:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and isnan(value):
        return None
    if isinstance(value, (int, float, Decimal, UUID)):
        return str(value)
    if isinstance(value, date):
        return _time(value)
    raise _bad("not a text")


def _number(value: Any) -> int | float | None:
    if isinstance(value, str):
        return number_of_text(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise _bad("not a number")
    if isinstance(value, int):
        return integer_of_value(value)
    if isnan(value):
        return None
    number = float(value)
    if not isfinite(number):
        raise _bad("not a number that JSON can carry")
    return number


def integer_of_value(value: Any) -> int | None:
    """Return a whole number of at most 64 bits, given as one, as text, or as a float that has no fraction."""
    if isinstance(value, str):
        return integer_of_text(value)
    if isinstance(value, float) and isnan(value):
        return None
    if isinstance(value, float | Decimal) and isfinite(value) and value == (whole := int(value)):
        if isinstance(value, float) and abs(whole) >= EXACT_FLOATS_BELOW:
            raise _bad("too large to be exact")
        value = whole
    if isinstance(value, bool) or not isinstance(value, int):
        raise _bad("not a whole number")
    if not LEAST_INTEGER <= value <= MOST_INTEGER:
        raise _bad("a whole number of more than 64 bits")
    return value


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return boolean_of_text(value)
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise _bad("not a boolean (write true or false)")


def _time(value: Any) -> str | None:
    try:
        if isinstance(value, datetime):
            return _rfc3339(value)
        if isinstance(value, date):
            return _rfc3339(datetime(value.year, value.month, value.day, tzinfo=UTC))
    except OverflowError:
        raise _bad("a time out of range") from None
    if isinstance(value, str):
        return time_of_text(value)
    raise _bad("not a time (write 1997-01-31 or 1997-01-31T10:00:00Z)")


def _rfc3339(moment: datetime) -> str:
    if moment.tzinfo is not None:
        moment = (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).replace(tzinfo=None)
    return f"{moment.isoformat()}Z"


def _is_rfc3339_already(text: str) -> bool:
    """Whether a time that could be read is written ``1997-01-31T10:00:00Z``. Then it need not be written anew."""
    return (
        len(text) == _UTC_LENGTH
        and text[10] == "T"
        and text[13] == text[16] == ":"
        and text[19] == "Z"
        and text[7] == "-"
        and text[11:13] != "24"  # newer Pythons read that as midnight
    )


def _text(value: str) -> str:
    if "\0" in value:
        raise _bad("a NUL character", reasons.NUL_CHARACTER)
    return value


Converter = Callable[[Any], Any]

_JSON_OF: Final[dict[type, Converter]] = {
    str: _text,
    int: integer_of_value,
    float: _number,
    Decimal: _number,
    bool: bool,
    NoneType: lambda value: value,
    datetime: _time,
    date: _time,
    UUID: str,
    list: lambda value: [any_json(item) for item in value],
    dict: lambda value: {_text(str(key)): any_json(item) for key, item in value.items()},
}
OF_TEXT: Final[dict[ValueType | None, Converter | None]] = {
    None: None,  # CSV has text only: it stays as it is, and its reader has looked for NUL
    "string": None,
    "number": number_of_text,
    "integer": integer_of_text,
    "boolean": boolean_of_text,
    "time": time_of_text,
}
OF_VALUES: Final[dict[ValueType | None, Converter | None]] = {
    None: any_json,
    "string": _string,
    "number": _number,
    "integer": integer_of_value,
    "boolean": _boolean,
    "time": _time,
}
