"""Whether a deployment's limit is enough for what comes in, and when what waits will be gone. Pure.

What the API takes one by one (events, sessions, audiences, profiles that run rules) needs a request a record: 84 events
a second are 84 requests a second, whatever is done about it. Everything else travels a thousand at a time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tercel.records import LaneKind


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the limit makes of arrivals and backlog.

    ``limit_per_s`` is in requests a second, 0 for no limit. ``single_arrivals`` are live records a second by kind, of
    the kinds whose records take a request each. ``requests_per_s`` is what all arrivals need at the least, in full
    batches; ``backlog_requests`` what lies in the lanes. ``clears_s`` is how many seconds it takes until nothing waits
    if things go on like this: infinite where that is never, None where no limit says how fast it goes.
    """

    limit_per_s: float
    single_arrivals: Mapping[LaneKind, float]
    requests_per_s: float
    backlog_requests: int
    clears_s: float | None

    @property
    def grows_by_per_s(self) -> float:
        """Requests a second by which the backlog grows; 0 where the limit is enough."""
        return max(0.0, self.requests_per_s - self.limit_per_s) if self.limit_per_s else 0.0

    @property
    def singles_per_s(self) -> float:
        """Live records a second that take a request each."""
        return sum(self.single_arrivals.values())

    @property
    def clears_alone_s(self) -> float | None:
        """Seconds until nothing waits if nothing more came in; None where there is no limit."""
        return self.backlog_requests / self.limit_per_s if self.limit_per_s else None


def outlook(
    arrivals_per_s: Mapping[LaneKind, float],
    backlog: Mapping[LaneKind, int],
    *,
    limit_per_s: float,
    batch_sizes: Mapping[LaneKind, int],
    stopped: bool = False,
) -> Outlook:
    """Hold arrivals (live records a second) and backlog (records) by kind against the limit (requests/s, 0: none).

    ``stopped``: the deployment takes nothing now, so what waits is never gone.
    """
    needed = sum(rate / batch_sizes[kind] for kind, rate in arrivals_per_s.items())
    waiting = sum(math.ceil(n / batch_sizes[kind]) for kind, n in backlog.items())
    return Outlook(
        limit_per_s=limit_per_s,
        single_arrivals={kind: rate for kind, rate in arrivals_per_s.items() if batch_sizes[kind] == 1},
        requests_per_s=needed,
        backlog_requests=waiting,
        clears_s=_clears_s(needed, waiting, limit_per_s, stopped=stopped),
    )


def _clears_s(needed_per_s: float, waiting: int, limit_per_s: float, *, stopped: bool) -> float | None:
    if stopped:
        return math.inf if waiting else 0.0
    if not limit_per_s:
        return None
    if not waiting and needed_per_s <= limit_per_s:
        return 0.0
    return waiting / (limit_per_s - needed_per_s) if needed_per_s < limit_per_s else math.inf
