"""How the run of a sync goes, in words: rows, rate, calls, share of the limit, time left."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from producers.warehouse.syncing.report import Phase, SyncProgress
from tercel.cli.ages import age
from tercel.cli.progress import Show

RATE_OVER_S: Final = 10.0  # seconds that the rate is taken over: short enough to follow, long enough not to jump
RECORDS_A_CALL: Final = 1_000  # of profiles and of memberships, in a full call


class SyncShow:
    """Passes a run's progress on to what shows it. ``rate_limit`` is in requests/s, 0: none."""

    def __init__(self, show: Show, rate_limit: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._show, self._limit, self._clock = show, rate_limit, clock
        self._phase: Phase | None = None
        self._seen: deque[tuple[float, int]] = deque()  # when, and how many rows were behind the phase then

    def __call__(self, progress: SyncProgress) -> None:
        """Show how far the run is."""
        counts = progress.counts
        settled = counts.succeeded + counts.rejected
        rate = self._rate(progress.phase, settled if progress.phase is Phase.SENDING else counts.source_rows)
        share = progress.share
        if progress.phase is Phase.SENDING and counts.due:
            share = settled / counts.due
        text = f"sync {progress.sync}, run {progress.run}: {self._text(progress, rate)}"
        self._show.working(text, share, progress.waiting_for)

    def _text(self, progress: SyncProgress, rate: float) -> str:
        counts = progress.counts
        if progress.phase is Phase.QUERYING:
            said = f"{counts.source_rows:,} rows read, {counts.invalid:,} invalid"
            return f"{said}, {rate:,.0f} rows/s" if rate else said
        if progress.phase is Phase.COMPARING:
            return f"comparing {counts.source_rows:,} rows with what was delivered"
        settled = counts.succeeded + counts.rejected
        calls = -(-settled // RECORDS_A_CALL)
        parts = [f"{settled:,} of {counts.due:,} rows delivered or rejected", f"about {calls:,} calls"]
        if counts.rejected:
            parts.append(f"{counts.rejected:,} rejected")
        if rate:
            parts.append(f"{rate:,.0f} rows/s")
            if self._limit:
                parts.append(f"{min(1.0, rate / (self._limit * RECORDS_A_CALL)):.0%} of the limit")
            parts.append(f"{age((counts.due - settled) / rate)} left")
        return ", ".join(parts)

    def _rate(self, phase: Phase, rows: int) -> float:
        """Return rows a second over the last moments of this phase; 0 as long as that says nothing."""
        now = self._clock()
        if phase is not self._phase:
            self._phase = phase
            self._seen.clear()
        self._seen.append((now, rows))
        while now - self._seen[0][0] > RATE_OVER_S and len(self._seen) > 2:
            self._seen.popleft()
        began, first = self._seen[0]
        return (rows - first) / (now - began) if now > began else 0.0
