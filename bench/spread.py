"""Numbers of repeated measurements, and percentiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """Smallest, middle and largest of several measurements of one thing."""

    smallest: float
    median: float
    largest: float
    runs: int

    def __str__(self) -> str:
        if self.runs == 1:
            return number(self.median)
        return f"{number(self.median)} ({number(self.smallest)} to {number(self.largest)}, {self.runs} runs)"


def spread(values: Sequence[float]) -> Spread:
    """Summarise measurements. Raises ValueError for none."""
    if not values:
        raise ValueError("there is nothing to summarise")
    return Spread(min(values), median(values), max(values), len(values))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of the values that at least ``share`` (0 to 1) of them do not exceed (nearest rank).

    Raises ValueError for no values.
    """
    if not values:
        raise ValueError("there is no percentile of nothing")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def number(value: float) -> str:
    """Write a number as a person reads it: three digits that matter, thousands apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
