"""The two applications that are measured, each as the commands that start its producer and its workers."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from celery import Celery

from bench.children import Child, running, wait_for
from bench.producing import DEPLOYMENT, Feed
from tercel.connections import broker_url

READY_TIMEOUT_S: Final = 60.0  # seconds the workers get until they answer; several start at once on few cores
PING_S: Final = 0.5  # seconds one ping waits for answers

FULL_CALL: Final = 1_000  # records, the destination's limit

Command = list[str]


class Application(Protocol):
    """Something that takes records from producers and delivers them."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    def producer(self, redis_url: str, *, seconds: float, first: int) -> tuple[Command, dict[str, str]]:
        """Return command and environment of a producer that enqueues for ``seconds``, from record ``first`` on."""

    def worker(self, redis_url: str, index: int, folder: Path) -> tuple[Command, dict[str, str]]:
        """Return command and environment of one worker process."""


@dataclass(frozen=True, slots=True)
class Tercel:
    """Tercel, delivering to ``destination`` at ``rate`` requests a second (0: no limit).

    ``settings`` are more ``TERCEL_*`` variables by their name's rest, e.g. ``{"LANES__LINGER_BULK_S": "0"}``.
    """

    destination: str
    rate: float = 0.0
    key: str = "sandbox-key"
    settings: Mapping[str, str] | None = None
    name: str = "Tercel"

    def producer(self, redis_url: str, *, seconds: float, first: int) -> tuple[Command, dict[str, str]]:
        """A producer that makes profile records and enqueues them in bulk, as a backfill does.

        It ends with a whole number of calls: the last, incomplete one would wait for its linger and not for work.
        """
        return self.feed(Feed(redis=redis_url, seconds=seconds, first=first, multiple=FULL_CALL)), {}

    def feed(self, feed: Feed) -> Command:
        """The command of a producer that does what ``feed`` says."""
        return [sys.executable, "-m", "bench.producing", feed.model_dump_json()]

    def worker(self, redis_url: str, index: int, folder: Path) -> tuple[Command, dict[str, str]]:
        """One ``celery worker`` process with Tercel's application, which is what ``tercel worker`` starts."""
        command = [sys.executable, "-m", "celery", "-A", "workers.app", "worker"]
        command += ["--hostname", f"tercel{index}@localhost", "--loglevel", "WARNING"]
        return command, self.environment(redis_url, folder)

    def environment(self, redis_url: str, folder: Path) -> dict[str, str]:
        """The settings of the workers."""
        deployment = f"TERCEL_DEPLOYMENTS__{DEPLOYMENT.upper()}__"
        more = {f"TERCEL_{name}": value for name, value in (self.settings or {}).items()}
        return more | {
            "TERCEL_HOME": str(folder / "home"),
            "TERCEL_REDIS_URL": redis_url,
            "TERCEL_LOG_LEVEL": "WARNING",
            f"{deployment}URL": self.destination,
            f"{deployment}KEY": self.key,
            f"{deployment}RATE": f"{self.rate:g}",
        }


@dataclass(frozen=True, slots=True)
class Textbook:
    """The textbook application, run by the Python of its own environment."""

    destination: str
    python: Path
    name: str = "textbook"

    def producer(self, redis_url: str, *, seconds: float, first: int) -> tuple[Command, dict[str, str]]:
        """A producer that enqueues one task a record."""
        command = [str(self.python), "-m", "bench.textbook.produce", "--seconds", str(seconds), "--first", str(first)]
        return command, self._environment(redis_url)

    def worker(self, redis_url: str, index: int, folder: Path) -> tuple[Command, dict[str, str]]:
        """One prefork worker, with one child that sends."""
        command = [str(self.python), "-m", "celery", "-A", "bench.textbook.app", "worker"]
        command += ["--hostname", f"textbook{index}@localhost", "--loglevel", "WARNING"]
        return command, self._environment(redis_url)

    def _environment(self, redis_url: str) -> dict[str, str]:
        return {"TEXTBOOK_BROKER": broker_url(redis_url), "TEXTBOOK_SINK": self.destination}


@contextlib.contextmanager
def working(
    application: Application, redis_url: str, folder: Path, *, processes: int, wait: bool = True
) -> Iterator[list[Child]]:
    """Run worker processes of an application; with ``wait``, the context is entered when every one answers."""
    with contextlib.ExitStack() as stack:
        workers = []
        for index in range(processes):
            command, env = application.worker(redis_url, index, folder)
            name = f"{application.name} worker {index}"
            workers.append(stack.enter_context(running(command, name=name, folder=folder, env=env)))
        if wait:
            _wait_until_ready(redis_url, workers)
        try:
            yield workers
        finally:
            for worker in workers:  # all at once; the contexts wait for each of them
                worker.ask_to_end()


def _wait_until_ready(redis_url: str, workers: list[Child]) -> None:
    with Celery(broker=broker_url(redis_url), set_as_current=False) as app:

        def all_answer() -> bool:
            return len(app.control.ping(timeout=PING_S, limit=len(workers))) == len(workers)

        wait_for(all_answer, timeout_s=READY_TIMEOUT_S, what=f"{len(workers)} workers to answer", watched=workers)
