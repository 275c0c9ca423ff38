"""The Celery application of Tercel's workers, and its settings: what makes Celery on Redis safe.

``celery -A workers.app worker`` works as well as ``tercel worker``. Why each setting is as it is stands in
ARCHITECTURE.md ("Celery on Redis").
"""

from __future__ import annotations

import gc
import signal
from typing import Any

from celery import Celery
from celery.platforms import signals as process_signals
from celery.signals import setup_logging, worker_ready, worker_shutdown, worker_shutting_down
from kombu.entity import Queue

from tercel import messages
from tercel.connections import broker_options, broker_url
from tercel.records import Urgency
from workers import runtime as runtimes
from workers.batching import BatchingStep
from workers.mending import mend
from workers.watching.inspect import announce_lanes
from workers.watching.logging import configure_logging
from workers.watching.step import MetricsStep

settings = runtimes.settings()
_url = settings.plain_redis_url()

app = Celery("tercel", include=["workers.tasks"])
app.conf.update(
    broker_url=broker_url(_url, settings.home),
    broker_transport_options={
        **broker_options(_url, settings.home, prefix=settings.redis_prefix),
        "queue_order_strategy": "priority",  # calls.live before calls.bulk
        "priority_steps": [0],  # one Redis list a queue, not one for each of four priorities
        "visibility_timeout": 600,  # seconds; recovery is ours, see lanes: this one only sweeps up
        "socket_timeout": 30,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_send_sent_event=True,
    task_create_missing_queues=False,
    task_default_queue=messages.PLAIN_QUEUE,
    task_queues=[
        Queue(messages.CALL_QUEUES[Urgency.LIVE]),
        Queue(messages.CALL_QUEUES[Urgency.BULK]),
        Queue(messages.PLAIN_QUEUE),  # last: a record handed in must not keep calls from leaving a full lane
    ],
    worker_pool="threads",
    worker_concurrency=settings.worker.threads,
    worker_prefetch_multiplier=1,
    worker_send_task_events=True,
    worker_eta_task_limit=1_000,
    worker_enable_remote_control=True,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
)
mend()
app.steps["worker"].update((BatchingStep, MetricsStep))
announce_lanes(settings.deployments)
app.Task.Request = "workers.watching.requests:QuietRequest"

# Objects made before Python looks for cycles. A call makes some ten thousand that live for milliseconds and form no
# cycle; looking for them at the default of 700 took a third of a worker's time.
GC_THRESHOLD = 100_000


@setup_logging.connect
def _logging(**_: Any) -> None:
    configure_logging(settings)
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 100)


@worker_ready.connect
def _ctrl_c_is_no_failure(**_: Any) -> None:
    """Ctrl-C ends a worker as SIGTERM does, with status 0: Celery's own says 1, and a second one fails."""
    process_signals["SIGINT"] = signal.getsignal(signal.SIGTERM)


@worker_shutting_down.connect
def _shutting_down(**_: Any) -> None:
    """Warm shutdown: waiting calls are given back at once, requests in progress get their grace."""
    runtime = runtimes.built()  # a signal may come while it is being built; then there is nothing to give back
    if runtime is not None:
        runtime.stopping.set()
        runtime.sender.release()
        runtime.cancel_after(settings.worker.grace_s)


@worker_shutdown.connect
def _closed(**_: Any) -> None:
    runtimes.close()
