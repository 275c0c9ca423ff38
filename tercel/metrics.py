"""Every metric Tercel exports, declared once: name, type, labels, unit and meaning.

``python -m tercel.metrics`` prints the table of the documentation; ``workers.watching`` builds the instruments from the
same declarations. No metric has a customer or a process in its labels. Names are Prometheus names, in base units.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class MetricType(StrEnum):
    """The Prometheus type of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Scope(StrEnum):
    """What one exporter's figure is about, and so how the figures of several exporters become one."""

    SHARED = "shared"  # read from Redis or the store: every exporter answers the same, take `max`
    HOST = "host"  # counted by the workers of one `tercel worker`: `sum` them


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. ``buckets`` are a histogram's upper bounds, in its unit; +Inf is implied."""

    name: str
    type: MetricType
    labels: tuple[str, ...]
    unit: str
    meaning: str
    scope: Scope
    buckets: tuple[float, ...] = ()


_LANE: Final = ("deployment", "kind", "urgency")
_COUNTER, _GAUGE, _HISTOGRAM = MetricType.COUNTER, MetricType.GAUGE, MetricType.HISTOGRAM
_SHARED, _HOST = Scope.SHARED, Scope.HOST

# Seconds. A request takes some tens of milliseconds, and is ended by its time-out (30 s).
_REQUEST_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 30.0)
# Seconds. A slot is booked at most a couple of seconds ahead.
_WAIT_BUCKETS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
# Seconds. An answer waits for Redis's disk; senders give up after 5 or 10 s.
_ANSWER_BUCKETS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

UP: Final = Metric(
    "tercel_up",
    _GAUGE,
    ("source",),
    "1 or 0",
    "Whether the source (redis, store) answered this scrape; where it is 0, its figures are missing.",
    _HOST,
)
LANE_READY_RECORDS: Final = Metric(
    "tercel_lane_ready_records", _GAUGE, _LANE, "records", "Records in the lane that a cut can take.", _SHARED
)
LANE_TURN_RECORDS: Final = Metric(
    "tercel_lane_turn_records",
    _GAUGE,
    _LANE,
    "records",
    "Records of the lane that wait for their key's turn, because a record of the same profile is on its way.",
    _SHARED,
)
LANE_OLDEST_AGE_SECONDS: Final = Metric(
    "tercel_lane_oldest_age_seconds",
    _GAUGE,
    _LANE,
    "seconds",
    "Age of the record at the lane's head, since it was enqueued; 0 where the lane is empty.",
    _SHARED,
)
CALLS: Final = Metric(
    "tercel_calls",
    _GAUGE,
    ("deployment", "urgency", "state"),
    "calls",
    "Calls by state: ready (due, or in delivery) and retrying (in backoff).",
    _SHARED,
)
IN_FLIGHT_RECORDS: Final = Metric(
    "tercel_in_flight_records",
    _GAUGE,
    ("deployment",),
    "records",
    "Records in calls that are due or in delivery.",
    _SHARED,
)
RETRYING_RECORDS: Final = Metric(
    "tercel_retrying_records", _GAUGE, ("deployment",), "records", "Records in calls that are in backoff.", _SHARED
)
RECORDS_TOTAL: Final = Metric(
    "tercel_records_total",
    _COUNTER,
    ("deployment", "kind", "outcome"),
    "records",
    "Records that came to an end, by outcome (delivered, merged, rejected, ...), since the deployment's first.",
    _SHARED,
)
REQUESTS_TOTAL: Final = Metric(
    "tercel_requests_total",
    _COUNTER,
    ("deployment", "kind", "status"),
    "requests",
    "HTTP requests, by status, or by what went wrong where there was no answer.",
    _HOST,
)
REQUEST_SECONDS: Final = Metric(
    "tercel_request_seconds",
    _HISTOGRAM,
    ("deployment", "kind"),
    "seconds",
    "Time from sending a request to the last byte of its answer.",
    _HOST,
    _REQUEST_BUCKETS,
)
LIMITER_RATE_LIMIT: Final = Metric(
    "tercel_limiter_rate_limit",
    _GAUGE,
    ("deployment",),
    "requests/s",
    "The deployment's configured rate; 0 where the limit is off.",
    _SHARED,
)
LIMITER_RATE_ALLOWED: Final = Metric(
    "tercel_limiter_rate_allowed",
    _GAUGE,
    ("deployment",),
    "requests/s",
    "The rate allowed now: below the configured one for a while after the destination answered 429.",
    _SHARED,
)
LIMITER_SLOTS_TOTAL: Final = Metric(
    "tercel_limiter_slots_total",
    _COUNTER,
    ("deployment",),
    "slots",
    "Slots the limiter gave: one a request, and one more where a worker came too late for its slot.",
    _HOST,
)
LIMITER_SLOWED_TOTAL: Final = Metric(
    "tercel_limiter_slowed_total",
    _COUNTER,
    ("deployment",),
    "answers",
    "Answers that slowed the whole deployment down (429, Retry-After).",
    _HOST,
)
LIMITER_WAIT_SECONDS: Final = Metric(
    "tercel_limiter_wait_seconds",
    _HISTOGRAM,
    ("deployment", "urgency"),
    "seconds",
    "How long a request waited for its slot.",
    _HOST,
    _WAIT_BUCKETS,
)
DEPLOYMENT_HALTED: Final = Metric(
    "tercel_deployment_halted",
    _GAUGE,
    ("deployment",),
    "1 or 0",
    "Whether the deployment takes nothing (a revoked key, by hand, ...); `tercel status` says why.",
    _SHARED,
)
BREAKER_OPEN: Final = Metric(
    "tercel_breaker_open",
    _GAUGE,
    ("deployment",),
    "1 or 0",
    "Whether requests pause because the deployment keeps failing (5xx, time-outs).",
    _SHARED,
)
SINGLE_CALL_ARRIVALS_PER_SECOND: Final = Metric(
    "tercel_single_call_arrivals_per_second",
    _GAUGE,
    ("deployment", "kind"),
    "records/s",
    "Live records a second over the last minute, of the kinds whose records take a request each.",
    _SHARED,
)
BACKLOG_CLEARS_SECONDS: Final = Metric(
    "tercel_backlog_clears_seconds",
    _GAUGE,
    ("deployment",),
    "seconds",
    "Until nothing waits, if arrivals go on as they do: +Inf where that is never (they exceed the limit, or the "
    "deployment is halted), 0 where nothing waits. Not served where there is no limit.",
    _SHARED,
)
DUE_CALLS: Final = Metric(
    "tercel_due_calls",
    _GAUGE,
    (),
    "calls",
    "Calls ready or due in all deployments that are not halted: the figure to scale workers on.",
    _SHARED,
)
REJECTIONS_TOTAL: Final = Metric(
    "tercel_rejections_total",
    _COUNTER,
    ("deployment", "code"),
    "records",
    "Rejections the store has taken in since this exporter started, by code (`tercel explain CODE`).",
    _SHARED,
)
CALLBACKS_TOTAL: Final = Metric(
    "tercel_callbacks_total",
    _COUNTER,
    ("deployment", "outcome"),
    "callbacks",
    "Answers to sessions that were to be posted to a callback, by outcome: posted, failed (T331), refused (T332).",
    _HOST,
)
WORKER_HEARTBEAT_TIMESTAMP_SECONDS: Final = Metric(
    "tercel_worker_heartbeat_timestamp_seconds",
    _GAUGE,
    (),
    "seconds since the epoch",
    "When a worker process of this host last showed a sign of life.",
    _HOST,
)
RECEIVER_REQUESTS_TOTAL: Final = Metric(
    "tercel_receiver_requests_total",
    _COUNTER,
    ("door", "outcome"),
    "requests",
    "Requests to the receiver's doors, by outcome: ok, or the code of what was wrong (`tercel explain CODE`).",
    _HOST,
)
RECEIVER_REQUEST_SECONDS: Final = Metric(
    "tercel_receiver_request_seconds",
    _HISTOGRAM,
    ("door",),
    "seconds",
    "Time from a request's head to its answer, which waits until Redis holds its records.",
    _HOST,
    _ANSWER_BUCKETS,
)
RECEIVER_INPUTS_TOTAL: Final = Metric(
    "tercel_receiver_inputs_total",
    _COUNTER,
    ("sender", "outcome"),
    "inputs",
    "Messages and calls by what became of them: accepted, duplicate, filtered, rejected (kept, will not be delivered), "
    "refused (answered 400, not kept) or put_off (answered 503).",
    _HOST,
)
RECEIVER_NOTES_TOTAL: Final = Metric(
    "tercel_receiver_notes_total",
    _COUNTER,
    ("sender", "note"),
    "inputs",
    "Inputs that were changed on their way, or hold something that was left out, by what was done.",
    _HOST,
)

METRICS: Final[tuple[Metric, ...]] = tuple(value for value in list(globals().values()) if isinstance(value, Metric))


def markdown() -> str:
    """Return the table of every metric, for the documentation."""
    return "\n".join([*_rows(), ""])


def _rows() -> Iterator[str]:
    yield "| Metric | Type | Labels | Unit | Over several exporters | Meaning |"
    yield "|---|---|---|---|---|---|"
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels) or "(none)"
        yield f"| {' | '.join((f'`{metric.name}`', metric.type, labels, metric.unit, _over(metric), metric.meaning))} |"


def _over(metric: Metric) -> str:
    """Return the aggregation that makes one figure of several exporters'."""
    if metric.scope is Scope.SHARED:
        return "`max`"
    return "(each its own)" if metric.type is MetricType.GAUGE else "`sum`"


if __name__ == "__main__":
    sys.stdout.write(markdown())
