"""The measurements of throughput: one application, one Redis, one sink, and what each process used a record."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.applications import Application
from bench.children import Child, running
from bench.cpu import CpuMeter
from bench.following import NS, Sample, follow, reached_ns, steady_per_s
from bench.rig import RedisRig, Sink

STEADY: Final = (0.05, 0.95)  # shares of a backlog between which its delivery is steady: all workers are at it
MICRO: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Passage:
    """Records that went somewhere: how many, how fast, and CPU us a record by process.

    ``others`` is the share of the machine's busy CPU time that was not ours: what else went on.
    """

    records: int
    per_s: float
    cpu_us: Mapping[str, float]
    others: float | None


@dataclass(frozen=True, slots=True)
class Enqueued(Passage):
    """Records that were only enqueued. ``bytes_per_record`` is Redis memory."""

    bytes_per_record: float


class _Use:
    """What Redis, the processes given by name, and the rest of the machine use from now on."""

    def __init__(self, redis: RedisRig, pids: Mapping[str, Sequence[int]]) -> None:
        self._redis, self._before = redis, redis.use()
        self._ours, self._bench_s = CpuMeter(pids), time.process_time()

    def until_now(self, *, producer_ns: int | None = None) -> tuple[dict[str, float], float | None]:
        """Return CPU seconds by process, and the share of all busy CPU time that was none of them nor the bench."""
        used = {"producer": producer_ns / NS} if producer_ns is not None else {}
        used |= {"Redis": self._redis.use().cpu_s - self._before.cpu_s, **self._ours.used()}
        busy_s = self._ours.machine_s()
        ours_s = sum(used.values()) + time.process_time() - self._bench_s
        return used, max(0.0, 1 - ours_s / busy_s) if busy_s else None


def enqueue_alone(application: Application, redis: RedisRig, seconds: float) -> Enqueued:
    """Enqueue for ``seconds`` while nobody delivers."""
    before, use = redis.use(), _Use(redis, {})
    with producing(application, redis, seconds=seconds) as producer:
        answer = producer.answer()
    records = answer["records"]
    used, others = use.until_now(producer_ns=answer["cpu_ns"])
    return Enqueued(
        records=records,
        per_s=records / ((answer["last_ns"] - answer["first_ns"]) / NS),
        cpu_us=_per_record(used, records),
        others=others,
        bytes_per_record=(redis.use().memory - before.memory) / records,
    )


def deliver_backlog(records: int, redis: RedisRig, sink: Sink, workers: Sequence[Child]) -> Passage:
    """Watch the workers deliver a backlog; the rate is that of its steady part, not of start and end."""
    use = _Use(redis, _pids(sink, workers))
    samples = follow(sink.count, lambda: records, watched=workers)
    used, others = use.until_now()
    return Passage(records, steady_per_s(samples, *STEADY), _per_record(used, records), others)


def end_to_end(
    application: Application,
    redis: RedisRig,
    sink: Sink,
    workers: Sequence[Child],
    *,
    seconds: float,
    first: int = 0,
    counted: float = 1.0,
) -> Passage:
    """Enqueue for ``seconds`` while the workers deliver, and go on until everything is at the sink.

    The rate is from the first enqueue to the arrival of the last record; with ``counted`` below 1, of that share of
    them. Raises BenchError where more or fewer records arrive than were enqueued.
    """
    sink.reset()
    use = _Use(redis, _pids(sink, workers))
    with producing(application, redis, seconds=seconds, first=first) as producer:
        samples = follow(sink.count, lambda: _made(producer), watched=workers)
        answer = producer.answer()
    used, others = use.until_now(producer_ns=answer["cpu_ns"])
    records = answer["records"]
    return Passage(records, rate(samples, answer["first_ns"], counted), _per_record(used, records), others)


def rate(samples: Sequence[Sample], first_ns: int, counted: float) -> float:
    """Return records a second from ``first_ns`` until the share ``counted`` of all records had arrived."""
    return counted * samples[-1].items / ((reached_ns(samples, counted) - first_ns) / NS)


@contextlib.contextmanager
def producing(application: Application, redis: RedisRig, *, seconds: float, first: int = 0) -> Iterator[Child]:
    """Run an application's producer."""
    command, env = application.producer(redis.url, seconds=seconds, first=first)
    with running(command, name=f"{application.name} producer", folder=redis.folder, env=env) as producer:
        yield producer


def _made(producer: Child) -> int | None:
    return None if producer.process.running else producer.answer()["records"]


def _pids(sink: Sink, workers: Sequence[Child]) -> dict[str, list[int]]:
    return {"workers": [worker.pid for worker in workers], "sink": [sink.pid]}


def _per_record(used: Mapping[str, float], records: int) -> dict[str, float]:
    return {name: seconds / records * MICRO for name, seconds in used.items()}
