"""The course of the demo: wait for the workers, load the files, wait until all is settled, look at what arrived.

It runs in a thread of its own; the main thread supervises the processes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from producers.warehouse import Backfill, Progress, load_mapping
from tercel.balance import balance
from tercel.cli.demo.display import Show
from tercel.cli.demo.example import Example
from tercel.cli.demo.expected import expected, held
from tercel.cli.demo.house import House
from tercel.cli.demo.report import Outcome, Sent
from tercel.cli.demo.snapshot import Snapshot
from tercel.cli.demo.watching import Course, flower_is_ready, look, standin_guard, workers_answer
from tercel.cli.sandbox_file import DEPLOYMENT
from tercel.errors import RedisUnavailable

LOOK_EVERY_S: Final = 0.2  # seconds between two looks
START_S: Final = 40.0  # seconds workers and Flower get to come up; they usually take five
STALLED_S: Final = 30.0  # seconds without any movement after which the demo gives up
MOST_REJECTED: Final = 20  # rejections that a report shows


class Story:
    """One demo. ``stopped`` is set when somebody wants it to end."""

    def __init__(self, house: House, example: Example, *, stopped: threading.Event) -> None:
        self._house, self._stopped = house, stopped
        self._example = example
        self._courses = [Course(load) for load in example.loads]
        self._began_at = self._look_at = self._moved_at = 0.0
        self._movement: tuple[int, ...] = ()
        self._last: Snapshot | None = None
        self._stalled = False

    def wait_for_workers(self) -> bool:
        """Wait until Flower has heard of every worker. False: it did not, but they work; or we were stopped."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and not self._stopped.is_set():
            if flower_is_ready(self._house):
                return True
            self._stopped.wait(LOOK_EVERY_S)
        return False

    def workers_answer(self) -> bool:
        """Whether there is anybody to deliver."""
        return workers_answer(self._house)

    def deliver(self, show: Show) -> None:
        """Load every file, and wait until all of it is settled, nothing moves any more, or we are stopped."""
        self._began_at = self._moved_at = time.monotonic()
        *first, corrections = self._courses
        for course in first:
            self._load(course, show)
        # They correct what must be there, and travel as one call of their own.
        self._wait(show, lambda shot: shot.runs[0].finished)
        self._load(corrections, show)
        self._wait(show, lambda shot: shot.finished)

    def outcome(self) -> Outcome:
        """Compare what arrived with what the files say."""
        house, shot = self._house, self._last
        with standin_guard(house):
            stats, digests = house.standin.stats(), house.standin.digest()
        with house.redis.guard():
            counts = [house.redis.lanes.run_counts(course.run) for course in self._courses]
        return Outcome(
            sent=tuple(
                Sent(
                    course.load,
                    course.run,
                    balance(found),
                    tuple(house.store.rejections(run=course.run, limit=MOST_REJECTED)),
                )
                for course, found in zip(self._courses, counts, strict=True)
            ),
            seconds=0.0 if shot is None else shot.elapsed_s,
            calls=int(stats["requests"]),
            throttled=sum(by_status.get("429", 0) for by_status in stats["counts"].values()),
            most_in_a_second=int(stats["max_in_any_second"]),
            limit=house.standin_config.rate.per_second,
            expected=expected(self._example),
            held=held(digests),
            stalled=self._stalled,
        )

    def _load(self, course: Course, show: Show) -> None:
        if self._stopped.is_set() or self._stalled:
            return

        def progress(found: Progress) -> None:
            course.run, course.read = found.run, found.rows
            self._look(show)

        house = self._house
        report = Backfill(
            deployment=DEPLOYMENT,
            files=[course.load.file],
            mapping=load_mapping(course.load.mapping),
            lanes=house.redis.lanes,
            store=house.store,
            batch_rows=course.load.batch_rows,
            high_water=house.settings.lanes.high_water,
            progress=progress,
            cancel=self._stopped,
            trigger="demo",
            redis_place=house.redis.place,
        ).run()
        course.run, course.read = report.run, report.rows  # a file without rows tells no progress

    def _wait(self, show: Show, until: Callable[[Snapshot], bool]) -> None:
        while not self._stopped.is_set() and not self._stalled:
            shot = self._look(show, now=True)
            if until(shot):
                return
            self._stopped.wait(LOOK_EVERY_S)

    def _look(self, show: Show, *, now: bool = False) -> Snapshot:
        clock = time.monotonic()
        if self._last is not None and clock < self._look_at and not now:
            return self._last
        try:
            shot = look(self._house, self._courses, elapsed_s=clock - self._began_at)
        except RedisUnavailable:
            if self._last is None or clock - self._moved_at > STALLED_S:
                raise
            return self._last  # it is being started again: nothing that was accepted is lost
        show.show(shot)
        if shot.movement != self._movement:
            self._movement, self._moved_at = shot.movement, clock
        self._stalled = clock - self._moved_at > STALLED_S
        self._last, self._look_at = shot, clock + LOOK_EVERY_S
        return shot
