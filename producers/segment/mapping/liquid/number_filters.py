"""Filters on numbers. All numbers are JavaScript's: ``10 | divided_by: 4`` is 2.5, and dividing by 0 is no error."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from producers.segment.mapping.liquid.values import count_of, number_of, whole_or_float

# Rounding to more places than a double has digits, or fewer than its largest power, changes nothing sensible.
MOST_PLACES: Final = 300


def _two(operation: Callable[[float, float], float]) -> Callable[[Any, Any], int | float]:
    def apply(value: Any, other: Any = None) -> int | float:
        return whole_or_float(operation(number_of(value), number_of(other)))

    return apply


def _divide(dividend: float, divisor: float) -> float:
    if divisor:
        return dividend / divisor
    if not dividend or math.isnan(dividend):
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1, divisor)


def _divided_by(value: Any, divisor: Any = None, whole: Any = None) -> int | float:
    quotient = _divide(number_of(value), number_of(divisor))
    return whole_or_float(math.floor(quotient) if whole and math.isfinite(quotient) else quotient)


def _remainder(dividend: float, divisor: float) -> float:
    return math.fmod(dividend, divisor) if divisor and math.isfinite(dividend) else math.nan


def _up_or_down(operation: Callable[[float], int]) -> Callable[[Any], int | float]:
    def apply(value: Any) -> int | float:
        number = number_of(value)
        return operation(number) if math.isfinite(number) else number

    return apply


def _round(value: Any, places: Any = None) -> int | float:
    number = number_of(value)
    scale = 10.0 ** max(-MOST_PLACES, min(MOST_PLACES, count_of(places, 0)))
    scaled = number * scale
    return whole_or_float(math.floor(scaled + 0.5) / scale if math.isfinite(scaled) else number)


def _absolute(value: Any) -> int | float:
    return whole_or_float(abs(number_of(value)))


NUMBER_FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "abs": _absolute,
    "at_least": _two(max),
    "at_most": _two(min),
    "ceil": _up_or_down(math.ceil),
    "divided_by": _divided_by,
    "floor": _up_or_down(math.floor),
    "minus": _two(lambda value, other: value - other),
    "modulo": _two(_remainder),
    "plus": _two(lambda value, other: value + other),
    "round": _round,
    "times": _two(lambda value, other: value * other),
    "to_integer": lambda value: whole_or_float(number_of(value)),
}
