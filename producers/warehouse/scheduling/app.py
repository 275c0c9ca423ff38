"""The Celery application of scheduled runs. Beat asks, a worker of one queue starts them; ``tercel beat`` runs both.

It is not the application of the workers that deliver: a run belongs to the producers, and may take an hour.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready, worker_shutting_down
from kombu.entity import Queue

from producers.receiver.log import formatter
from producers.warehouse.scheduling.counting import Counted, Counts, named
from producers.warehouse.scheduling.names import QUEUE, RESUME_TASK, RUN_TASK, schedules_of
from producers.warehouse.scheduling.resuming import unfinished
from producers.warehouse.scheduling.runs import ScheduledRuns
from producers.warehouse.syncing.pausing import Pauses
from tercel.connections import broker_options, broker_url, connect
from tercel.settings import Settings
from tercel.store import Store
from tercel.store.values import utc_now

settings = Settings.load()
_url = settings.plain_redis_url()

app = Celery("tercel-syncs")
app.tercel_settings = settings
app.conf.update(
    broker_url=broker_url(_url, settings.home),
    broker_transport_options={
        **broker_options(_url, settings.home, prefix=settings.redis_prefix),
        "priority_steps": [0],
        "socket_timeout": 30,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=False,  # an ask that is lost is made again; one that comes twice is begun once
    task_create_missing_queues=False,
    task_default_queue=QUEUE,
    task_queues=[Queue(QUEUE)],
    beat_scheduler="producers.warehouse.scheduling.beat:SyncScheduler",
    worker_pool="threads",
    worker_concurrency=settings.schedules.at_once,
    worker_prefetch_multiplier=1,
    worker_send_task_events=True,
    worker_enable_remote_control=False,  # or it would answer where somebody asks whether there is a worker to deliver
    worker_hijack_root_logger=False,
)
_runs = ScheduledRuns()


@app.task(name=RUN_TASK)
def run(sync: str, word: str) -> str:
    """Run a sync that is due, unless somebody has begun that run. ``word`` is what its due times counted from."""
    schedule = schedules_of(settings).get(sync)
    if schedule is None:
        return "has no schedule here"
    with connect(_url, home=settings.home, client_name="tercel-syncs") as redis:
        counts = Counts(redis, prefix=settings.redis_prefix)
        if not counts.move(sync, word.encode(), Counted(utc_now(), named(schedule))):
            return "was begun already"
    return _runs.run(sync)


@app.task(name=RESUME_TASK)
def resume(sync: str) -> str:
    """Go on with a scheduled run that was left unfinished. Where somebody does so already, that is noted."""
    return _runs.run(sync)


@setup_logging.connect
def _logging(**_: Any) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(settings.log_format))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)


@worker_ready.connect
def _resume(**_: Any) -> None:
    """Ask for what an earlier process has left unfinished."""
    with (
        connect(_url, home=settings.home, client_name="tercel-syncs") as redis,
        Store.open(settings.plain_database_url()) as store,
    ):
        paused = Pauses(redis, prefix=settings.redis_prefix).all()
        for sync in unfinished(tuple(schedules_of(settings)), store, paused):
            resume.apply_async((sync,))


@worker_shutting_down.connect
def _shutting_down(**_: Any) -> None:
    """Have the runs stop in good order; the next worker goes on with them."""
    _runs.stop()
