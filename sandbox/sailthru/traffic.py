"""What came in and what went out: the rate limit at the door, arrival times, counts, the request log."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sandbox.sailthru.config import Config, Rates
from sandbox.sailthru.window import FixedWindow, Place
from sandbox.window import BusiestSecond


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request at the door, decided about when its headers were complete (monotonic ``at_ns``)."""

    at_ns: int
    place: Place
    window: FixedWindow
    transport: asyncio.Transport


class Logged(NamedTuple):
    """One entry of the request log. ``outcome`` is a status, or what was done instead of answering."""

    at_ns: int
    took_ns: int
    call: str
    outcome: str
    items: int
    key: str


class Traffic:
    """The door of an account. ``clock`` gives monotonic nanoseconds, ``now`` epoch seconds."""

    def __init__(self, config: Config, clock: Callable[[], int], now: Callable[[], float]) -> None:
        self.clock, self.now = clock, now
        self._rates: Rates | None = None
        self.configure(config)
        self.clear(config)

    def configure(self, config: Config) -> None:
        """Obey another configuration. Changed rates start with empty windows."""
        if self._rates != config.rates:
            self._rates = config.rates
            self._windows: dict[tuple[str, str], FixedWindow] = {}

    def clear(self, config: Config) -> None:
        """Forget what came in, the windows as well."""
        self.counts: Counter[tuple[str, str]] = Counter()
        self.items: Counter[str] = Counter()
        self.arrivals: deque[tuple[int, str, bool]] = deque(maxlen=config.arrivals_kept)
        self.log: deque[Logged] = deque(maxlen=config.requests_kept)
        self.busiest: dict[str, BusiestSecond] = {}
        self._windows = {}

    def arrive(self, method: str, path: bytes, transport: asyncio.Transport) -> Arrival:
        """Decide about a request whose headers are complete now. The only place where the rate limit is applied."""
        at_ns, action = self.clock(), path.removeprefix(b"/").decode("latin-1")
        window = self._windows.get((method, action))
        if window is None:
            assert self._rates is not None  # noqa: S101 - set at the start
            window = FixedWindow(self._rates.limit(method, action), self._rates.window_s)
            self._windows[method, action] = window
        place = window.take(self.now())
        call = f"{method} /{action}"
        self.busiest.setdefault(call, BusiestSecond()).add(at_ns)
        self.arrivals.append((at_ns, call, place.admitted))
        return Arrival(at_ns, place, window, transport)

    def leave(self, arrival: Arrival, call: str, outcome: str, items: int, key: str) -> None:
        """Note how a request ended."""
        self.counts[call, outcome] += 1
        self.items[outcome] += items
        self.log.append(Logged(arrival.at_ns, self.clock() - arrival.at_ns, call, outcome, items, key))
