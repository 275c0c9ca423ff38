"""Following records to the sink: what is there at what time, and the rates that follow from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from bench.children import Child
from bench.errors import BenchError

POLL_S: Final = 0.05  # seconds between two looks at the sink
STUCK_S: Final = 30.0  # seconds without anything new after which a measurement is given up
NS: Final = 1_000_000_000


class Counting(Protocol):
    """What a sink answers."""

    @property
    def items(self) -> int:
        """Records that have arrived."""

    @property
    def last_ns(self) -> int:
        """Monotonic ns of the last request."""


@dataclass(frozen=True, slots=True)
class Sample:
    """So many records had arrived at that time (monotonic ns)."""

    at_ns: int
    items: int


def follow(
    count: Callable[[], Counting],
    expected: Callable[[], int | None],
    *,
    watched: Sequence[Child] = (),
    stuck_s: float = STUCK_S,
    clock_ns: Callable[[], int] = time.monotonic_ns,
    sleep: Callable[[float], object] = time.sleep,
) -> list[Sample]:
    """Look until ``expected`` records have arrived (None: not known yet). The last sample is the last arrival.

    Raises BenchError where a process of ``watched`` ends, nothing arrives for ``stuck_s`` seconds, or more arrives
    than was sent.
    """
    samples = [Sample(clock_ns(), 0)]
    moved_ns = samples[0].at_ns
    while True:
        wanted, seen = expected(), count()  # in this order: what is expected cannot have grown in between
        now_ns = clock_ns()
        if seen.items != samples[-1].items:
            moved_ns = now_ns
            samples.append(Sample(seen.last_ns, seen.items))
        if wanted is not None and seen.items == wanted:
            return samples
        if wanted is not None and seen.items > wanted:
            raise BenchError(f"{seen.items} records arrived, but only {wanted} were enqueued: some came twice")
        for child in watched:
            child.check()
        if now_ns - moved_ns > stuck_s * NS:
            raise BenchError(f"{seen.items} of {wanted} records have arrived, and none for {stuck_s:g} s")
        sleep(POLL_S)


def reached_ns(samples: Sequence[Sample], share: float) -> float:
    """Return when ``share`` (0 to 1) of the last sample's records had arrived, between samples by straight line."""
    wanted = share * samples[-1].items
    before = samples[0]
    for sample in samples:
        if sample.items >= wanted:
            if sample.items == before.items:
                return sample.at_ns
            part = (wanted - before.items) / (sample.items - before.items)
            return before.at_ns + part * (sample.at_ns - before.at_ns)
        before = sample
    raise ValueError("a share is at most 1")


def steady_per_s(samples: Sequence[Sample], since: float, until: float) -> float:
    """Return records a second between two shares (0 to 1) of all records."""
    records = (until - since) * samples[-1].items
    return records / ((reached_ns(samples, until) - reached_ns(samples, since)) / NS)
