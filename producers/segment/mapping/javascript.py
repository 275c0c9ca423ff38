"""The parts of JavaScript that show in the result of a mapping: its falsy values, its texts and its JSON.

Segment's engine runs on JavaScript, and mappings rely on what it does without saying so: ``25.0`` prints as ``25``,
a list as its parts with commas, an object as ``[object Object]``.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from enum import Enum
from typing import Any, Final

# Beyond this a JavaScript number no longer holds every whole number.
MOST_EXACT_WHOLE: Final = 2**53
# Whole numbers print without an exponent up to 10 to this power, fractions down to 10 to the other.
MOST_PLAIN_POWER: Final = 21
LEAST_PLAIN_POWER: Final = -6
# Keys that JavaScript takes for list indexes come first in an object, in order.
MOST_INDEX: Final = 2**32 - 2
MOST_INDEX_DIGITS: Final = 10

BLANKS: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)


class Undefined(Enum):
    """JavaScript's ``undefined``: no value at all, which is not the same as null."""

    UNDEFINED = "undefined"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined.UNDEFINED


def type_name(value: Any) -> str:  # noqa: PLR0911 - one return a type reads best
    """Return the JSON name of a value's type: ``object array string number boolean null undefined``."""
    if value is UNDEFINED:
        return "undefined"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "array"
    return type(value).__name__


def is_falsy(value: Any) -> bool:
    """Return whether JavaScript takes the value for false: null, undefined, false, 0, NaN, ``""``; lists never."""
    if isinstance(value, (dict, list)):
        return False
    return not value or (isinstance(value, float) and math.isnan(value))


def is_loosely_empty(value: Any) -> bool:
    """Return whether ``value == ""`` in JavaScript: so are ``""``, 0, false, and a list that prints as nothing."""
    if isinstance(value, (bool, int, float)):
        return value == 0
    if isinstance(value, (list, dict)):
        return text_of(value) == ""
    return bool(value == "")


def number_text(number: int | float) -> str:
    """Return a number as JavaScript prints it: ``1.0`` is ``1``, ``1e21`` is ``1e+21``.

    Whole numbers beyond 2**53 lose digits, as they do in JavaScript, where they never had them.
    """
    if isinstance(number, int):
        if -MOST_EXACT_WHOLE <= number <= MOST_EXACT_WHOLE:
            return str(int(number))
        number = _as_double(number)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    sign, digit_tuple, exponent = Decimal(repr(number)).as_tuple()
    digits = "".join(map(str, digit_tuple)).rstrip("0")
    point = len(digit_tuple) + int(exponent)  # where the decimal point stands, counted from the first digit
    return ("-" if sign else "") + _placed(digits, point)


def text_of(value: Any) -> str:
    """Return a value as JavaScript's ``String(value)`` does; null and missing as ``""``, as in a template."""
    if isinstance(value, str):
        return value
    if value is None or value is UNDEFINED:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, list):
        return ",".join(map(text_of, value))
    return "[object Object]"


def json_text(value: Any) -> str:
    """Return ``JSON.stringify(value)``: compact, Unicode as it is, ``1.0`` as ``1``; missing in a list is null."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(value) if math.isfinite(_as_double(value)) else "null"
    if isinstance(value, list):
        return f"[{','.join(map(json_text, value))}]"
    if isinstance(value, dict):
        inner = (f"{json_text(key)}:{json_text(value[key])}" for key in own_keys(value) if value[key] is not UNDEFINED)
        return f"{{{','.join(inner)}}}"
    return "null"


def own_keys(value: dict[str, Any]) -> list[str]:
    """Return an object's keys in JavaScript's order: those that look like list indexes first, rising."""
    indexes = [key for key in value if is_index(key)]
    if not indexes:
        return list(value)
    return sorted(indexes, key=int) + [key for key in value if not is_index(key)]


def is_index(key: str) -> bool:
    """Return whether a key is the plain text of a list index: ``0``, ``12``, but not ``01`` or ``-1``."""
    if not key.isascii() or not key.isdigit() or len(key) > MOST_INDEX_DIGITS:
        return False
    return (key == "0" or key[0] != "0") and int(key) <= MOST_INDEX


def length_of(text: str) -> int:
    """Return a text's length as JavaScript counts it: characters beyond the first plane count twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def character_at(text: str, index: int) -> str | Undefined:
    """Return ``text[index]`` as JavaScript does; one half of a double character becomes U+FFFD, which JSON can hold."""
    if text.isascii():
        return text[index] if index < len(text) else UNDEFINED
    unit = text.encode("utf-16-le", "surrogatepass")[2 * index : 2 * index + 2]
    return unit.decode("utf-16-le", "replace") if unit else UNDEFINED


def _as_double(number: int | float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _placed(digits: str, point: int) -> str:
    """Put the decimal point into the digits, or an exponent behind them where JavaScript does."""
    if len(digits) <= point <= MOST_PLAIN_POWER:
        return digits + "0" * (point - len(digits))
    if 0 < point <= MOST_PLAIN_POWER:
        return f"{digits[:point]}.{digits[point:]}"
    if LEAST_PLAIN_POWER < point <= 0:
        return f"0.{'0' * -point}{digits}"
    power = point - 1
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{mantissa}e{'+' if power > 0 else '-'}{abs(power)}"
