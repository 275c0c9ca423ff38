"""Jobs: taken in at once, applied when their time has come. Every line of a file is applied or counted as wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.window import SECOND_NS

PENDING: Final = "pending"


@dataclass(slots=True)
class Job:
    """A job. ``apply`` does it and gives the errors by line; times are texts, ``taken_ns`` is monotonic."""

    job_id: str
    job: str
    name: str
    taken_ns: int
    start_time: str
    apply: Callable[[], list[dict[str, Any]]]
    lines: int
    status: str = PENDING
    end_time: str | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)

    def data(self) -> dict[str, Any]:
        """The job as GET answers it."""
        found: dict[str, Any] = {"job_id": self.job_id, "name": self.name, "status": self.status}
        found["start_time"] = self.start_time
        if self.end_time is not None:
            found["end_time"] = self.end_time
        return found


class Jobs:
    """All jobs. ``clock`` gives monotonic ns, ``now`` the time as text."""

    def __init__(self, clock: Callable[[], int], now: Callable[[], str]) -> None:
        self._clock, self._now = clock, now
        self.all: dict[str, Job] = {}

    def take(self, job: str, name: str, lines: int, apply: Callable[[], list[dict[str, Any]]]) -> Job:
        """Take a job in; it is pending."""
        made = Job(f"{len(self.all) + 1:024x}", job, name, self._clock(), self._now(), apply, lines)
        self.all[made.job_id] = made
        return made

    def catch_up(self, delay_s: float, ends: str) -> None:
        """Do the jobs that were taken in at least ``delay_s`` seconds ago, in order. Call it before looking."""
        due_ns = self._clock() - round(delay_s * SECOND_NS)
        for job in self.all.values():
            if job.status == PENDING and job.taken_ns <= due_ns:
                if ends != "error":
                    job.errors = job.apply()
                job.status, job.end_time = ends, self._now()
