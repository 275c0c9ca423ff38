"""The strict Talon.One stand-in as the benchmarks configure it, and what its arrivals say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.producing import STAMP
from sandbox.talon_one import Config
from sandbox.talon_one.config import AttributeType, RateLimit, Schema

RATE: Final = 60  # requests in any second, the documented limit of a deployment
SECOND_NS: Final = 1_000_000_000
MS: Final = 1_000_000  # ns

CONFIG: Final = Config(
    attributes=Schema(
        profile={
            "Name": AttributeType.STRING,
            "Email": AttributeType.STRING,
            "Country": AttributeType.STRING,
            "Spend": AttributeType.NUMBER,
            STAMP: AttributeType.NUMBER,
        }
    ),
    rate=RateLimit(per_second=RATE),
    requests_kept=1_000_000,
)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of monotonic ns in which the limit was wanted all the time."""

    since_ns: int
    until_ns: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.until_ns - self.since_ns) / SECOND_NS


def utilisation(admitted_ns: Sequence[int], window: Window, rate: int = RATE) -> float:
    """Return the share of the limit that admitted requests used within the window."""
    inside = sum(1 for at_ns in admitted_ns if window.since_ns <= at_ns < window.until_ns)
    return inside / window.seconds / rate


def tightest_ms(arrivals_ns: Sequence[int], rate: int = RATE) -> float | None:
    """Return the shortest time in which ``rate`` + 1 requests came; below 1,000 ms the limit was overrun.

    None where fewer came at all.
    """
    spans = [later - earlier for earlier, later in zip(arrivals_ns, arrivals_ns[rate:], strict=False)]
    return min(spans) / MS if spans else None
