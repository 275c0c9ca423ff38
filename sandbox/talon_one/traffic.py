"""What came in and what went out: the rate limit at the door, arrival times, counts, the request log."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sandbox.talon_one.config import ApiKey, Config, RateLimit
from sandbox.window import BusiestSecond, SlidingWindow, Verdict

_WHOLE = "deployment"
_NO_KEY = "without a known key"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request at the door, decided about when its headers were complete (monotonic ``at_ns``)."""

    at_ns: int
    verdict: Verdict
    key: ApiKey | None
    transport: asyncio.Transport


class Logged(NamedTuple):
    """One entry of the request log. ``outcome`` is a status, or what was done instead of answering."""

    at_ns: int
    took_ns: int
    call: str
    outcome: str
    items: int
    key: str
    idempotency_key: str


class Traffic:
    """The door of a deployment. ``clock`` gives monotonic nanoseconds."""

    def __init__(self, config: Config, clock: Callable[[], int]) -> None:
        self.clock = clock
        self._limit: tuple[RateLimit, str] | None = None
        self.configure(config)
        self.clear(config)

    def configure(self, config: Config) -> None:
        """Obey another configuration. A changed limit starts with an empty window."""
        self._keys = {f"ApiKey-v1 {key.key}".encode(): key for key in config.keys}
        self._rate = config.rate
        self._by_key = config.assumptions.a4_rate_bucket == "key"
        limit = (config.rate, config.assumptions.a4_rate_bucket)
        if self._limit != limit:
            self._limit = limit
            self._windows: dict[str, SlidingWindow] = {}

    def clear(self, config: Config) -> None:
        """Forget what came in, the windows as well."""
        self.counts: Counter[tuple[str, str]] = Counter()
        self.items: Counter[str] = Counter()
        self.arrivals: deque[tuple[int, bool]] = deque(maxlen=config.arrivals_kept)
        self.log: deque[Logged] = deque(maxlen=config.requests_kept)
        self.busiest_arrivals = BusiestSecond()
        self.busiest_admitted: dict[str, BusiestSecond] = {_WHOLE: BusiestSecond()}
        self._windows = {}

    def arrive(self, authorization: bytes, transport: asyncio.Transport) -> Arrival:
        """Decide about a request whose headers are complete now. The only place where the rate limit is applied."""
        now_ns = self.clock()
        key = self._keys.get(authorization)
        name = _NO_KEY if key is None else key.name
        bucket = name if self._by_key else _WHOLE
        window = self._windows.get(bucket)
        if window is None:
            window = SlidingWindow(self._rate.per_second, count_rejected=self._rate.count_rejected)
            self._windows[bucket] = window
        verdict = window.admit(now_ns)
        self.busiest_arrivals.add(now_ns)
        if verdict.admitted:
            self.busiest_admitted[_WHOLE].add(now_ns)
            self.busiest_admitted.setdefault(name, BusiestSecond()).add(now_ns)
        self.arrivals.append((now_ns, verdict.admitted))
        return Arrival(now_ns, verdict, key, transport)

    def leave(self, arrival: Arrival, call: str, outcome: str, items: int, idempotency_key: str) -> None:
        """Note how a request ended."""
        self.counts[call, outcome] += 1
        self.items[outcome] += items
        key = "" if arrival.key is None else arrival.key.name
        took_ns = self.clock() - arrival.at_ns
        self.log.append(Logged(arrival.at_ns, took_ns, call, outcome, items, key, idempotency_key))
