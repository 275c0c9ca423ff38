"""Figures that all workers share, read from Redis and the store when somebody scrapes.

They are the same whichever exporter is asked, so one exporter a ``tercel worker`` serves them, never one a process;
over several hosts they are to be taken as ``max`` (:class:`tercel.metrics.Scope`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tercel import metrics
from tercel.lanes import Survey
from tercel.metrics import Metric, MetricType
from tercel.outlook import outlook
from tercel.records import LaneKind, Urgency
from tercel.store import RejectionCount
from workers.watching.batches import backlog_of
from workers.watching.events import ScrapeFailed, emit

BatchSizes = Mapping[str, Mapping[LaneKind, int]]  # by deployment: records that one request can carry

STORE_EVERY_S: Final = 30.0  # seconds between two looks at the store, where counting may read a large table


class LaneFigures(Protocol):
    """The part of ``tercel.lanes.Lanes`` that is needed."""

    def survey(self, deployment: str) -> Survey:
        """Look at lanes and calls."""
        ...

    def totals(self, deployment: str) -> dict[str, int]:
        """Return counters; ``profile.delivered`` and the like by kind."""
        ...

    def arrivals(self, deployment: str) -> dict[LaneKind, float]:
        """Return live records a second by kind."""
        ...


class LimiterState(Protocol):
    """What a limiter says about one deployment. Rates are in requests a second; 0 is no limit."""

    @property
    def rate_limit(self) -> float:
        """The configured rate."""
        ...

    @property
    def rate_allowed(self) -> float:
        """The rate allowed now."""
        ...

    @property
    def breaker_open(self) -> bool:
        """Whether requests pause because the deployment keeps failing."""
        ...


class LimiterFigures(Protocol):
    """A limiter that knows the settings: see ``workers.watching.serving``."""

    def state(self, deployment: str) -> LimiterState:
        """Look at one deployment's limiter."""
        ...


class StoreFigures(Protocol):
    """The part of ``tercel.store.Store`` that is needed."""

    def rejection_counts(self, *, state: None) -> list[RejectionCount]:
        """Count rejections in every state."""
        ...


class RedisCollector(Collector):
    """Reads lanes, calls, halts and limiters of the deployments: four commands each, once a scrape.

    ``deployments`` are given with their batch sizes (:func:`workers.watching.batches.batch_sizes`).
    Where Redis does not answer there is ``tercel_up{source="redis"} 0`` and nothing else: no half a picture.
    """

    def __init__(self, deployments: BatchSizes, lanes: LaneFigures, limiter: LimiterFigures) -> None:
        self._deployments = dict(deployments)
        self._lanes, self._limiter = lanes, limiter

    def collect(self) -> Iterable[Family]:
        """Return the figures of every deployment."""
        families = _Families()
        try:
            for deployment, sizes in self._deployments.items():
                self._read(deployment, sizes, families)
            families.add(metrics.DUE_CALLS, families.due)
        except Exception as error:
            # Whatever it is, the workers' own counters in the same scrape must still be served.
            emit(ScrapeFailed(source="redis", error=type(error).__name__))
            return _up("redis", False)
        return [*families.by_name.values(), *_up("redis", True)]

    def _read(self, deployment: str, sizes: Mapping[LaneKind, int], families: _Families) -> None:
        survey, totals, limiter = (
            self._lanes.survey(deployment),
            self._lanes.totals(deployment),
            self._limiter.state(deployment),
        )
        _add_lanes(families, deployment, survey)
        for urgency in Urgency:
            families.add(metrics.CALLS, survey.ready[urgency], deployment, urgency.value, "ready")
            families.add(metrics.CALLS, survey.later[urgency], deployment, urgency.value, "retrying")
        families.due += 0 if survey.halted else sum(survey.ready.values())
        families.add(metrics.IN_FLIGHT_RECORDS, totals["in_flight"], deployment)
        families.add(metrics.RETRYING_RECORDS, totals["retrying"], deployment)
        for field, n in totals.items():
            kind, dot, outcome = field.partition(".")
            if dot:
                families.add(metrics.RECORDS_TOTAL, n, deployment, kind, outcome)
        families.add(metrics.DEPLOYMENT_HALTED, survey.halted, deployment)
        families.add(metrics.LIMITER_RATE_LIMIT, limiter.rate_limit, deployment)
        families.add(metrics.LIMITER_RATE_ALLOWED, limiter.rate_allowed, deployment)
        families.add(metrics.BREAKER_OPEN, limiter.breaker_open, deployment)
        found = outlook(
            self._lanes.arrivals(deployment),
            backlog_of(survey),
            limit_per_s=limiter.rate_limit,
            batch_sizes=sizes,
            stopped=survey.halted,
        )
        for kind, rate in found.single_arrivals.items():
            families.add(metrics.SINGLE_CALL_ARRIVALS_PER_SECOND, rate, deployment, kind.value)
        if found.clears_s is not None:
            families.add(metrics.BACKLOG_CLEARS_SECONDS, found.clears_s, deployment)


class StoreCollector(Collector):
    """Counts the rejections that the store takes in.

    The store's own figure falls when old rejections are purged, which Prometheus would take for a counter that began
    anew; so what is served is the sum of its rises since this collector was made. Where the store does not answer, the
    last figures stay and ``tercel_up{source="store"}`` is 0. Safe from any thread.
    """

    def __init__(
        self, store: StoreFigures, *, every_s: float = STORE_EVERY_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._every_s, self._clock = store, every_s, clock
        self._lock = threading.Lock()
        self._seen: Mapping[tuple[str, str], int] | None = None
        self._risen: dict[tuple[str, str], int] = {}
        self._looked_at = float("-inf")
        self._answered = False

    def collect(self) -> Iterable[Family]:
        """Return rejections by deployment and code."""
        with self._lock:
            now = self._clock()
            if now - self._looked_at >= self._every_s:
                self._looked_at = now
                self._look()
            families = _Families()
            for labels, n in sorted(self._risen.items()):
                families.add(metrics.REJECTIONS_TOTAL, n, *labels)
            return [*families.by_name.values(), *_up("store", self._answered)]

    def _look(self) -> None:
        try:
            rows = self._store.rejection_counts(state=None)
        except Exception as error:
            # As above: the rest of the scrape must still be served.
            emit(ScrapeFailed(source="store", error=type(error).__name__))
            self._answered = False
            return
        self._answered = True
        now_there: dict[tuple[str, str], int] = {}
        for row in rows:
            labels = (row.deployment, row.code)
            now_there[labels] = now_there.get(labels, 0) + row.count
        before = now_there if self._seen is None else self._seen
        for labels, n in now_there.items():
            self._risen[labels] = self._risen.get(labels, 0) + max(0, n - before.get(labels, 0))
        self._seen = now_there


class _Families:
    """Samples gathered by metric, and the calls that are due in all."""

    def __init__(self) -> None:
        self.by_name: dict[str, Family] = {}
        self.due = 0

    def add(self, metric: Metric, value: float, *labels: str) -> None:
        family = self.by_name.get(metric.name)
        if family is None:
            make = CounterMetricFamily if metric.type is MetricType.COUNTER else GaugeMetricFamily
            family = self.by_name[metric.name] = make(metric.name, metric.meaning, labels=metric.labels)
        family.add_metric(labels, float(value))  # type: ignore[attr-defined]


def _up(source: str, answered: bool) -> list[Family]:
    families = _Families()
    families.add(metrics.UP, answered, source)
    return list(families.by_name.values())


def _add_lanes(families: _Families, deployment: str, survey: Survey) -> None:
    """Add every lane, the empty ones as 0: a series that ends says nothing, and an alert on it never clears."""
    lanes = {(lane.kind, lane.urgency): lane for lane in survey.lanes}
    for kind in LaneKind:
        for urgency in Urgency:
            lane = lanes.get((kind, urgency))
            labels = (deployment, kind.value, urgency.value)
            oldest = lane.oldest_at_ms if lane else None
            age_ms = 0 if oldest is None else max(0, survey.now_ms - oldest)
            families.add(metrics.LANE_READY_RECORDS, lane.length if lane else 0, *labels)
            families.add(metrics.LANE_TURN_RECORDS, lane.waiting if lane else 0, *labels)
            families.add(metrics.LANE_OLDEST_AGE_SECONDS, age_ms / 1000, *labels)
