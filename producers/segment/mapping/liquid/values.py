"""Values inside a Liquid template, as LiquidJS takes and prints them, and how large they may get."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from liquid.undefined import Undefined

from producers.segment.mapping.javascript import BLANKS, MOST_EXACT_WHOLE, text_of

MOST_CHARACTERS: Final = 1_000_000  # of any text on the way; a step on a text of this size takes milliseconds
MOST_WEIGHT: Final = 1_000_000  # of a list that a filter makes: its texts' characters, and one for each item

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class LiquidFault(Exception):
    """A template cannot be used, or not for one payload. ``sentence`` holds nothing of the payload."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


def plain(value: Any) -> Any:
    """Turn a value of python-liquid's into one of JSON: what is undefined or its own into null, ranges into lists."""
    if isinstance(value, range):
        return list(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if value is None or (isinstance(value, (str, int, float, list, dict)) and not isinstance(value, Undefined)):
        return value
    return None


def printed(value: Any) -> str:
    """Return the text that a value puts out: lists as their parts without anything between them."""
    if isinstance(value, str):
        return value
    value = plain(value)
    if isinstance(value, list):
        return "".join(map(printed, value))
    return text_of(value)


def number_of(value: Any) -> float:
    """Return a value as a number; 0 for anything that is none."""
    if isinstance(value, (int, float)):
        try:
            number = float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
        return 0.0 if math.isnan(number) else number
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip(BLANKS)):
        return float(value.strip(BLANKS))
    return 0.0


def whole_or_float(number: float) -> int | float:
    """Return a whole number as an int, so that it can count and index."""
    return int(number) if number.is_integer() and abs(number) <= MOST_EXACT_WHOLE else number


def count_of(value: Any, otherwise: int) -> int:
    """Return an argument that counts something, or what stands for it where it is missing."""
    if value is None:
        return otherwise
    number = number_of(value)
    return int(max(-MOST_EXACT_WHOLE, min(MOST_EXACT_WHOLE, number)))


def items_of(value: Any) -> list[Any]:
    """Return a value as a list: nothing for null, a list of one for anything else that is none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def check_length(characters: int) -> None:
    """Raise LiquidFault when a text of so many characters would be too long."""
    if characters > MOST_CHARACTERS:
        raise LiquidFault("the Liquid template makes a text that is too long.")


def check_weight(made: list[Any]) -> None:
    """Raise LiquidFault when a list is too large, counted with all that lies in it.

    A list may hold another many times over and so be small in memory, and endless when it is printed.
    """
    weight = 0
    waiting: list[Any] = [made]
    while waiting:
        value = waiting.pop()
        weight += len(value) if isinstance(value, (str, list, dict)) else 1
        if weight > MOST_WEIGHT:
            raise LiquidFault("the Liquid template makes a list that is too large.")
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
