"""How many profile records a second go through, with the limiter off, beside the textbook application.

Both use the same Redis (a new one each time, same binary and settings), the same sink, the same number of worker
processes, one producer, and are measured in turn in one run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from bench import textbook_venv
from bench.applications import Application, Tercel, Textbook, working
from bench.backlogs import Backlog, measure_backlogs
from bench.machine import load_average
from bench.passages import Enqueued, Passage, deliver_backlog, end_to_end, enqueue_alone
from bench.rig import FSYNCS, Fsync, Sink, own_redis, own_sink
from bench.spread import spread

WORKERS: Final = 2  # processes, of either application
WARM_UP_S: Final = 0.5  # seconds of work before anything counts: imports, connections, scripts
FIRST: Final = 50_000_000  # number of the first record that counts; those of the warm-up are below
TEXTBOOK_COUNTED: Final = 0.9  # of its records: its last batches are incomplete and wait for the flush interval


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often. Seconds are those of enqueueing; delivering what is left comes on top."""

    seconds: float
    textbook_seconds: float
    runs: int
    alone: bool  # also enqueue and deliver on their own; else the largest backlog speaks for that
    textbook_fsyncs: tuple[Fsync, ...]
    backlogs: tuple[int, ...]


FULL: Final = Plan(12.0, 12.0, 3, True, FSYNCS, (10_000, 100_000, 1_000_000))
QUICK: Final = Plan(3.0, 4.0, 1, False, ("everysec",), (10_000, 50_000))


@dataclass(frozen=True, slots=True)
class Alone:
    """Enqueueing while nobody delivers, then delivering while nobody enqueues."""

    enqueued: Enqueued
    delivered: Passage


def measure(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure, and return the figures (plain data) by name; ``say`` hears how it goes."""
    python = textbook_venv.prepare()
    load = load_average()
    with own_sink() as sink:
        tercel, textbook = Tercel(sink.url), Textbook(sink.url, python)
        ours = {fsync: _Measuring(tercel, fsync, sink, plan.seconds, say) for fsync in FSYNCS}
        theirs = {
            fsync: _Measuring(textbook, fsync, sink, plan.textbook_seconds, say) for fsync in plan.textbook_fsyncs
        }
        measured_alone = (*ours.values(), *theirs.values()) if plan.alone else ()
        alone = {f"{one.application.name} {one.fsync}": one.alone() for one in measured_alone}
        through: dict[str, list[Passage]] = {}
        for _ in range(plan.runs):
            for fsync in FSYNCS:
                if fsync in theirs:
                    through.setdefault(f"textbook {fsync}", []).append(theirs[fsync].through(TEXTBOOK_COUNTED))
                through.setdefault(f"Tercel {fsync}", []).append(ours[fsync].through(1.0))
        backlogs = measure_backlogs(tercel, sink, plan.backlogs, WORKERS, say)
    return _figures(alone, through, backlogs) | {"load_before": load}


@dataclass(frozen=True, slots=True)
class _Measuring:
    """The measurements of one application under one fsync policy, each on a Redis of its own."""

    application: Application
    fsync: Fsync
    sink: Sink
    seconds: float
    say: Callable[[str], None]

    def alone(self) -> Alone:
        """Enqueue with no worker there, then start the workers and let them deliver it."""
        with own_redis(self.fsync) as redis:
            enqueued = enqueue_alone(self.application, redis, self.seconds)
            self._tell("enqueued alone", enqueued)
            self.sink.reset()
            with working(self.application, redis.url, redis.folder, processes=WORKERS, wait=False) as workers:
                delivered = deliver_backlog(enqueued.records, redis, self.sink, workers)
            self._tell("delivered alone", delivered)
        return Alone(enqueued, delivered)

    def through(self, counted: float) -> Passage:
        """Enqueue and deliver at once, with warm workers."""
        application, sink = self.application, self.sink
        with (
            own_redis(self.fsync) as redis,
            working(application, redis.url, redis.folder, processes=WORKERS) as workers,
        ):
            end_to_end(application, redis, sink, workers, seconds=WARM_UP_S)
            passage = end_to_end(application, redis, sink, workers, seconds=self.seconds, first=FIRST, counted=counted)
        self._tell("end to end", passage)
        return passage

    def _tell(self, what: str, passage: Passage) -> None:
        self.say(f"{self.application.name}, {self.fsync}: {what} {passage.per_s:,.0f}/s")


def _figures(
    alone: Mapping[str, Alone], through: Mapping[str, list[Passage]], backlogs: list[Backlog]
) -> dict[str, Any]:
    rates = {name: spread([passage.per_s for passage in passages]) for name, passages in through.items()}
    ratios = {
        fsync: spread(
            [
                ours.per_s / theirs.per_s
                for ours, theirs in zip(through[f"Tercel {fsync}"], through[f"textbook {fsync}"], strict=True)
            ]
        )
        for fsync in FSYNCS
        if f"textbook {fsync}" in through
    }
    middle = sorted(through["Tercel everysec"], key=lambda passage: passage.per_s)[len(through["Tercel everysec"]) // 2]
    single = alone.get("Tercel everysec")
    return {
        "end_to_end_per_s": round(rates["Tercel everysec"].median),
        "end_to_end_always_per_s": round(rates["Tercel always"].median),
        "textbook_per_s": round(rates["textbook everysec"].median),
        "ratio": round(ratios["everysec"].median, 1),
        "bytes_per_record": round((single.enqueued if single else backlogs[-1]).bytes_per_record, 1),
        "enqueue_per_s": round(single.enqueued.per_s if single else backlogs[-1].enqueue_per_s),
        "deliver_per_s": round(single.delivered.per_s if single else backlogs[-1].deliver_per_s),
        "cpu_us_per_record": {name: round(us, 2) for name, us in middle.cpu_us.items()},
        "rates": {name: asdict(rate) for name, rate in rates.items()},
        "ratios": {name: asdict(ratio) for name, ratio in ratios.items()},
        "alone": {name: asdict(one) for name, one in alone.items()},
        "end_to_end": {name: [asdict(passage) for passage in passages] for name, passages in through.items()},
        "backlogs": [asdict(backlog) for backlog in backlogs],
    }
