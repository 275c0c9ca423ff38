"""The counters of this process, for delivery to move. A call costs a few microseconds.

Where ``PROMETHEUS_MULTIPROC_DIR`` is set before the process starts (``tercel worker`` does that), the values lie in
files of that folder, one set a process, and the supervisor's exporter adds them up. Without it, as with plain
``celery -A workers.app worker``, they lie in this process and :data:`REGISTRY` answers for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from tercel import metrics
from tercel.metrics import Metric

REGISTRY: Final = CollectorRegistry()
"""This process's instruments alone: nothing about the process itself, which nobody could add up."""


def _counter(metric: Metric) -> Counter:
    return Counter(metric.name, metric.meaning, metric.labels, registry=REGISTRY)


def _histogram(metric: Metric) -> Histogram:
    return Histogram(metric.name, metric.meaning, metric.labels, buckets=metric.buckets, registry=REGISTRY)


_requests = _counter(metrics.REQUESTS_TOTAL)
_request_seconds = _histogram(metrics.REQUEST_SECONDS)
_slots = _counter(metrics.LIMITER_SLOTS_TOTAL)
_waits = _histogram(metrics.LIMITER_WAIT_SECONDS)
_slowed = _counter(metrics.LIMITER_SLOWED_TOTAL)
_callbacks = _counter(metrics.CALLBACKS_TOTAL)
_heartbeat = Gauge(  # of several processes, the latest sign of life
    metrics.WORKER_HEARTBEAT_TIMESTAMP_SECONDS.name,
    metrics.WORKER_HEARTBEAT_TIMESTAMP_SECONDS.meaning,
    registry=REGISTRY,
    multiprocess_mode="max",
)


def request_done(deployment: str, kind: str, status: int | str, seconds: float) -> None:
    """Count one HTTP request that took ``seconds``.

    ``status`` is the answer's status, or one fixed word where there was none (``timeout``, ``reset``): every
    different word is a time series of its own.
    """
    _requests.labels(deployment, kind, str(status)).inc()
    _request_seconds.labels(deployment, kind).observe(seconds)


def limiter_waited(deployment: str, urgency: str, seconds: float) -> None:
    """Count one slot that the limiter gave, and the ``seconds`` waited for it. A refused wait is not counted."""
    _slots.labels(deployment).inc()
    _waits.labels(deployment, urgency).observe(seconds)


def slowed(deployment: str) -> None:
    """Count one answer that slowed the whole deployment down."""
    _slowed.labels(deployment).inc()


def callback_done(deployment: str, outcome: str) -> None:
    """Count one session's callback; ``outcome`` is ``posted``, ``failed`` or ``refused``."""
    _callbacks.labels(deployment, outcome).inc()


def alive(at_s: float) -> None:
    """Note a sign of life; ``at_s`` is in seconds since the epoch."""
    _heartbeat.set(at_s)


def known_deployments(names: Iterable[str]) -> None:
    """Show the counters of these deployments from the start, at 0: Prometheus does not see a counter's first step."""
    for name in names:
        _slots.labels(name)
        _slowed.labels(name)
