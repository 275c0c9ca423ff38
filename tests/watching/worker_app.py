"""A Celery application that watches as Tercel's does, with tasks that tests need. Started as a real worker."""

from __future__ import annotations

import os
from pathlib import Path

import redis
from celery import Celery, signals

from tercel.connections import broker_url, connect
from tercel.settings import Settings
from workers.watching.inspect import announce_lanes
from workers.watching.logging import configure_logging

LET_GO_S = 600  # seconds a task waits for the test; far more than one takes
REDIS_URL = os.environ["TERCEL_TEST_REDIS"]
QUEUE = os.environ["TERCEL_TEST_QUEUE"]

app = Celery("watched", broker=broker_url(REDIS_URL), task_cls="celery.app.task:Task")
app.Task.Request = "workers.watching.requests:QuietRequest"
app.conf.update(
    worker_pool="threads",
    worker_concurrency=1,  # so what was sent before a task has ended, and is logged, when that task runs
    task_default_queue=QUEUE,
    task_ignore_result=True,
    worker_send_task_events=True,
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
)
announce_lanes(["prod"])


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def configure(**_: object) -> None:
    configure_logging(
        Settings.load(
            Path(os.devnull),
            home=os.environ["TERCEL_TEST_HOME"],
            log_format="json",
            log_level=os.environ["TERCEL_TEST_LEVEL"],
        )
    )


def client() -> redis.Redis:
    return connect(REDIS_URL)


def wait_for_the_test() -> None:
    """Return when the test lets go."""
    with connect(REDIS_URL, socket_timeout_s=2 * LET_GO_S) as redis:
        redis.blpop([f"{QUEUE}:go"], timeout=LET_GO_S)


@app.task(name="deliver.profile")  # type: ignore[untyped-decorator]
def deliver(call: str, deployment: str) -> str:
    """Wait until the test lets go, so that it can look."""
    wait_for_the_test()
    return "998 delivered, 2 rejected"


@app.task(name="enqueue.profile")  # type: ignore[untyped-decorator]
def enqueue(deployment: str, urgency: str, record: dict[str, str]) -> None:
    """Wait in the same way."""
    wait_for_the_test()


@app.task(name="enqueue.broken")  # type: ignore[untyped-decorator]
def broken(record: dict[str, str]) -> None:
    """Fail with personal data in the exception, as a library might."""
    raise ValueError(f"cannot take {record['email']}")


@app.task(name="ping")  # type: ignore[untyped-decorator]
def ping(token: str) -> None:
    """Say that the worker still works."""
    client().rpush(f"{QUEUE}:pong", token)
