"""What a real Celery worker tells the log, Flower and `celery inspect`: names and numbers, nobody's data."""

from __future__ import annotations

import base64
import json
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from tercel.connections import broker_url, connect
from tercel.embedded import EmbeddedRedis
from tests.support.processes import Process, Processes
from tests.support.waiting import eventually

PERSON = "ada@example.com"
RECORD = {"id": PERSON, "email": PERSON}


class Watched:
    """A running worker and the means to talk to it."""

    def __init__(self, url: str, process: Process, queue: str) -> None:
        self.process, self.queue = process, queue
        self.redis: redis.Redis = connect(url)
        self.app = Celery(broker=broker_url(url))
        self.app.conf.task_default_queue = queue

    def push(self, headers: dict[str, Any] | None, body: str, **properties: Any) -> None:
        """Put a message on the queue as any other program might."""
        message = {
            "headers": headers,
            "body": body,
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "properties": {
                "delivery_tag": uuid.uuid4().hex,
                "delivery_info": {"exchange": "", "routing_key": self.queue},
                "body_encoding": None,
            },
            **properties,
        }
        self.redis.lpush(self.queue, json.dumps(message))

    def wait_until_it_has_worked_on(self) -> None:
        """Return once a task sent after everything else has run."""
        token = uuid.uuid4().hex
        self.app.send_task("ping", [token])
        assert eventually(lambda: self.redis.blpop([f"{self.queue}:pong"], timeout=1), describe=self.process.describe)

    def let_go(self) -> None:
        """End the task that waits."""
        self.redis.rpush(f"{self.queue}:go", "1")

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return [json.loads(line) for line in self.process.output.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module", params=["INFO", "DEBUG"])
def worker(request: pytest.FixtureRequest, redis_server: EmbeddedRedis) -> Iterator[Watched]:
    queue = f"q{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(prefix="tercel-tests-") as folder:
        started = Processes(Path(folder))
        try:
            process = started.python(
                "-m", "celery", "-A", "tests.watching.worker_app", "worker", "--without-gossip", "--without-mingle",
                env={
                    "TERCEL_TEST_REDIS": redis_server.url,
                    "TERCEL_TEST_QUEUE": queue,
                    "TERCEL_TEST_HOME": folder,
                    "TERCEL_TEST_LEVEL": request.param,
                },
            )  # fmt: skip
            watched = Watched(redis_server.url, process, queue)
            watched.wait_until_it_has_worked_on()
            yield watched
            watched.redis.close()
        finally:
            started.end_all()


def in_base64(text: bytes) -> str:
    return base64.b64encode(text).decode()


MESSAGES: dict[str, Callable[[Watched], None]] = {
    "unregistered": lambda worker: worker.push(
        {"task": "crm.sync", "id": "1", "argsrepr": PERSON, "lang": "py"}, json.dumps([[RECORD], {}, {}])
    ),
    "unregistered, with a person for a name": lambda worker: worker.push(
        {"task": PERSON, "id": "1", "lang": "py"}, json.dumps([[RECORD], {}, {}])
    ),
    "no JSON": lambda worker: worker.push({"task": "ping", "id": "2", "lang": "py"}, f"{{{PERSON}"),
    "no UTF-8": lambda worker: worker.push(
        {"task": "ping", "id": "3", "lang": "py"},
        in_base64(PERSON.encode() + b"\xff"),
        properties={
            "delivery_tag": uuid.uuid4().hex,
            "delivery_info": {"exchange": "", "routing_key": worker.queue},
            "body_encoding": "base64",
        },
    ),
    "not a task's arguments": lambda worker: worker.push(
        {"task": "enqueue.profile", "id": "4", "lang": "py"}, json.dumps(RECORD)
    ),
    "no id": lambda worker: worker.push({"task": "ping", "lang": "py"}, json.dumps([[PERSON], {}, {}])),
    "a date that is none": lambda worker: worker.push(
        {"task": "ping", "id": "5", "lang": "py", "eta": PERSON}, json.dumps([[PERSON], {}, {}])
    ),
    "no task": lambda worker: worker.push({}, json.dumps(RECORD)),
    "a content type that is not taken": lambda worker: worker.push(
        {"task": "ping", "id": "6", "lang": "py"}, PERSON, **{"content-type": "application/x-python-serialize"}
    ),
    "a task that fails over it": lambda worker: worker.app.send_task("enqueue.broken", [RECORD]),
    "arguments that do not fit": lambda worker: worker.app.send_task("ping", [PERSON, PERSON], {PERSON: PERSON}),
}


@pytest.mark.parametrize("message", MESSAGES)
def test_no_message_brings_personal_data_into_the_log_or_the_worker_down(worker: Watched, message: str) -> None:
    MESSAGES[message](worker)
    worker.wait_until_it_has_worked_on()

    assert PERSON not in worker.process.output


def test_a_dropped_message_is_logged_with_its_tasks_name(worker: Watched) -> None:
    MESSAGES["unregistered"](worker)
    worker.wait_until_it_has_worked_on()

    said = [line["message"] for line in worker.lines() if "crm.sync" in line.get("message", "")]

    assert said[0].startswith("A message for a task that is not registered here (crm.sync) was dropped.")


def test_a_failed_task_is_logged_with_its_type_and_place(worker: Watched) -> None:
    MESSAGES["a task that fails over it"](worker)
    worker.wait_until_it_has_worked_on()

    failed = [line for line in worker.lines() if "raised unexpected" in line.get("message", "")]

    assert failed[0]["message"].endswith("raised unexpected: ValueError")
    assert "worker_app.py" in failed[0]["exception"]


def test_tasks_that_go_well_are_logged_at_debug_alone(worker: Watched, request: pytest.FixtureRequest) -> None:
    worker.wait_until_it_has_worked_on()

    chatter = [line for line in worker.lines() if " succeeded in " in line.get("message", "")]

    assert bool(chatter) == (request.node.callspec.params["worker"] == "DEBUG")


def test_the_lanes_are_announced_beside_the_queues_that_are_consumed(worker: Watched) -> None:
    answers = eventually(lambda: worker.app.control.inspect(timeout=2).active_queues())

    names = {queue["name"] for answer in answers.values() for queue in answer}

    assert {worker.queue, "prod.profile.live", "prod.profile.bulk", "prod.rules.live", "prod.audience.bulk"} <= names
    assert len(names) == 1 + 6 * 2


def active(worker: Watched) -> list[dict[str, Any]]:
    answers = worker.app.control.inspect(timeout=2).active() or {}
    return [task for answer in answers.values() for task in answer]


def test_a_delivery_in_progress_shows_what_its_header_says(worker: Watched) -> None:
    worker.app.send_task(
        "deliver.profile", ["8f2c", "prod"], shadow="profile -> prod", argsrepr="1000 profile records -> prod"
    )

    [task] = eventually(lambda: active(worker))
    worker.let_go()

    assert (task["name"], task["args"]) == ("profile -> prod", "1000 profile records -> prod")
    assert eventually(lambda: not active(worker))


def test_any_other_task_in_progress_shows_how_much_it_was_given(worker: Watched) -> None:
    worker.app.send_task("enqueue.profile", ["prod", "live"], {"record": RECORD}, shadow=PERSON)

    [task] = eventually(lambda: active(worker))
    worker.let_go()

    assert (task["name"], task["args"], task["kwargs"]) == ("enqueue.profile", "(2 arguments)", "(1 named argument)")
    assert PERSON not in json.dumps(task)
    assert eventually(lambda: not active(worker))


def test_flowers_events_of_a_failing_task_hold_no_personal_data(worker: Watched) -> None:
    events: list[dict[str, Any]] = []
    listening = threading.Event()

    def listen() -> None:
        with worker.app.connection_for_read() as connection:
            receiver = worker.app.events.Receiver(connection, handlers={"*": events.append})
            for _ in receiver.consume(limit=None, timeout=1, wakeup=False):
                if any(event["type"] == "task-failed" for event in events) or not listening.is_set():
                    return

    # The receiver hears only what is sent while it listens: send until something was heard.
    listening.set()
    thread = threading.Thread(target=lambda: _quietly(listen), daemon=True)
    thread.start()

    def heard() -> list[dict[str, Any]]:
        worker.app.send_task("enqueue.broken", [RECORD])
        return [event for event in events if event["type"] == "task-failed"]

    failed = eventually(heard, describe=lambda: events)
    listening.clear()
    thread.join(10)

    assert failed[0]["exception"] == "ValueError"
    assert PERSON not in json.dumps(events)


def _quietly(listen: Callable[[], None]) -> None:
    while True:
        try:
            return listen()
        except TimeoutError:
            continue
