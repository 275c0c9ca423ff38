"""The receiver's figures. Each is declared in :mod:`tercel.metrics`; a request moves them in a few microseconds.

Where ``PROMETHEUS_MULTIPROC_DIR`` is set (``tercel receiver`` with several processes), all processes of the folder are
added up, whichever of them is asked.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from producers.receiver.answers import Answer
from tercel import metrics

FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own; read when it is imported
CONTENT_TYPE: Final = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
REGISTRY: Final = CollectorRegistry()

_requests = Counter(
    metrics.RECEIVER_REQUESTS_TOTAL.name,
    metrics.RECEIVER_REQUESTS_TOTAL.meaning,
    metrics.RECEIVER_REQUESTS_TOTAL.labels,
    registry=REGISTRY,
)
_seconds = Histogram(
    metrics.RECEIVER_REQUEST_SECONDS.name,
    metrics.RECEIVER_REQUEST_SECONDS.meaning,
    metrics.RECEIVER_REQUEST_SECONDS.labels,
    buckets=metrics.RECEIVER_REQUEST_SECONDS.buckets,
    registry=REGISTRY,
)
_inputs = Counter(
    metrics.RECEIVER_INPUTS_TOTAL.name,
    metrics.RECEIVER_INPUTS_TOTAL.meaning,
    metrics.RECEIVER_INPUTS_TOTAL.labels,
    registry=REGISTRY,
)
_notes = Counter(
    metrics.RECEIVER_NOTES_TOTAL.name,
    metrics.RECEIVER_NOTES_TOTAL.meaning,
    metrics.RECEIVER_NOTES_TOTAL.labels,
    registry=REGISTRY,
)

# Looking a child up by its labels costs more than moving it.
_requests_of = cache(_requests.labels)
_seconds_of = cache(_seconds.labels)
_inputs_of = cache(_inputs.labels)
_notes_of = cache(_notes.labels)


def request_done(door: str, outcome: str, seconds: float) -> None:
    """Count one request to a door. ``outcome`` is ``ok`` or the code of what was wrong."""
    _requests_of(door, outcome).inc()
    _seconds_of(door).observe(seconds)


def inputs_done(sender: str, outcome: str, n: int = 1) -> None:
    """Count inputs (messages, calls) of a sender by what became of them."""
    _inputs_of(sender, outcome).inc(n)


def noted(sender: str, note: str) -> None:
    """Count something that was done to an input on its way."""
    _notes_of(sender, note).inc()


def exposition() -> Answer:
    """Return all figures as Prometheus reads them."""
    registry = REGISTRY
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    return Answer(200, generate_latest(registry), (CONTENT_TYPE,))
