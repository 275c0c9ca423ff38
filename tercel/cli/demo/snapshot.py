"""How far the demo is, as frozen values, and what is said of it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tercel.balance import Balance


@dataclass(frozen=True, slots=True)
class RunView:
    """One run: ``read`` of its ``rows`` are behind it, ``balance`` says where its records are."""

    title: str
    run: str
    rows: int
    per_call: int
    read: int
    balance: Balance

    @property
    def queued(self) -> int:
        """Records in a lane, or waiting for their turn."""
        return self.balance.parts["waiting"]

    @property
    def in_flight(self) -> int:
        """Records in calls, those to be retried included."""
        return self.balance.parts["in_flight"] + self.balance.parts["retrying"]

    @property
    def delivered(self) -> int:
        """Records at the destination, those merged into a newer update of theirs included."""
        parts = self.balance.parts
        return parts["delivered"] + parts["merged"] + parts["unchanged"]

    @property
    def rejected(self) -> int:
        """Records that will not be delivered."""
        return self.balance.parts["rejected"]

    @property
    def settled(self) -> int:
        """Records that are done with."""
        return self.balance.received - self.balance.unfinished

    @property
    def finished(self) -> bool:
        """Whether every row was read and nothing of it is under way."""
        return self.read >= self.rows and not self.balance.unfinished and self.balance.received >= self.rows

    @property
    def calls_left(self) -> int:
        """About how many requests the rest takes."""
        return math.ceil(max(0, self.rows - self.settled) / self.per_call)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look. ``last_second`` is the number of requests in the second before it, ``limit`` how many it may be."""

    elapsed_s: float
    runs: tuple[RunView, ...]
    calls: int
    last_second: int
    limit: float

    @property
    def finished(self) -> bool:
        """Whether everything is settled."""
        return all(run.finished for run in self.runs)

    @property
    def seconds_left(self) -> float:
        """About how many seconds the rest takes at the limit."""
        return sum(run.calls_left for run in self.runs) / self.limit

    @property
    def movement(self) -> tuple[int, ...]:
        """Numbers that change as long as anything moves."""
        return tuple(n for run in self.runs for n in (run.read, run.balance.received, run.settled, run.queued))


def plain_line(shot: Snapshot) -> str:
    """Return one look as one line: all runs together."""
    runs = shot.runs
    return (
        f"{shot.elapsed_s:5.1f} s: {sum(run.read for run in runs):,} read, {sum(run.queued for run in runs):,} queued, "
        f"{sum(run.in_flight for run in runs):,} in flight, {sum(run.delivered for run in runs):,} delivered, "
        f"{sum(run.rejected for run in runs):,} rejected; {rate_text(shot)}"
    )


def rate_text(shot: Snapshot) -> str:
    """Return the rate against the limit, the calls so far, and the time left."""
    left = "done" if shot.finished else f"about {math.ceil(shot.seconds_left)} s left"
    return f"{shot.last_second} of {shot.limit:g} requests/s, {shot.calls:,} calls, {left}"
