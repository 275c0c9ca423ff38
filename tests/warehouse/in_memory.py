"""Strict in-memory lanes and store for the backfill's logic, which can kill the process at any call.

A *kill* ends the process before or after the call took effect; a dead process reaches nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tercel.errors import CheckpointMoved, LaneFull
from tercel.lanes import Enqueued
from tercel.records import Record, Urgency
from tercel.store import Rejection, RunRecord


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Fate:
    """When the process dies: at its call number ``call`` (from 0), before or after the call took effect."""

    call: int | None = None
    after_effect: bool = False
    calls: int = 0
    dead: bool = False

    def before(self) -> None:
        if self.dead or (self.calls == self.call and not self.after_effect):
            self.dead = True
            raise Killed

    def after(self) -> None:
        self.calls += 1
        if self.call is not None and self.calls - 1 == self.call and self.after_effect:
            self.dead = True
            raise Killed


@dataclass
class World:
    """What outlives a process: the lanes' records, checkpoints and counters, and the store's rows."""

    records: list[Record] = field(default_factory=list)
    checkpoints: dict[str, str] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    rejections: dict[str, Rejection] = field(default_factory=dict)
    runs: dict[str, RunRecord] = field(default_factory=dict)


class MemoryLanes:
    """An :class:`EnqueueTarget`. ``full_for`` calls find their lane full."""

    def __init__(self, world: World, fate: Fate | None = None, *, full_for: int = 0) -> None:
        self.world = world
        self.fate = fate or Fate()
        self.full_for = full_for

    def enqueue(
        self,
        deployment: str,
        urgency: Urgency,
        records: Sequence[Record],
        *,
        run: str,
        checkpoint: tuple[str, str] | None = None,
        high_water: int | None = None,
        tally: Mapping[str, int] | None = None,
        record_ids: Sequence[str] | None = None,
    ) -> Enqueued:
        self.fate.before()
        assert record_ids is not None
        assert len(record_ids) == len(records)
        assert all(len(record_id) == 20 and record_id.startswith(run) for record_id in record_ids)
        assert urgency is Urgency.BULK
        assert len(run) == 8
        assert set(run) <= set("0123456789abcdef")
        assert checkpoint is not None
        assert checkpoint[1]
        assert checkpoint[0] != checkpoint[1]
        world = self.world
        before, after = checkpoint
        at = world.checkpoints.get(run, "")
        if at == after:
            self.fate.after()
            return Enqueued(len(records), repeated=True)
        if at != before:
            raise CheckpointMoved("moved")
        if self.full_for > 0:
            self.full_for -= 1
            raise LaneFull("lane prod.profile.bulk is full")
        world.records += records
        world.checkpoints[run] = after
        counts = world.counts.setdefault(run, {"received": 0})
        counts["received"] += len(records)
        for name, number in (tally or {}).items():
            counts["received"] += number
            counts[name] = counts.get(name, 0) + number
        self.fate.after()
        return Enqueued(len(records))

    def checkpoint(self, run: str) -> str:
        self.fate.before()
        found = self.world.checkpoints.get(run, "")
        self.fate.after()
        return found


class MemoryStore:
    """A :class:`RunStore`."""

    def __init__(self, world: World, fate: Fate | None = None) -> None:
        self.world = world
        self.fate = fate or Fate()

    def add_rejections(self, rejections: Iterable[Rejection]) -> int:
        self.fate.before()
        fresh = {found.record_id: found for found in rejections if found.record_id not in self.world.rejections}
        self.world.rejections |= fresh
        self.fate.after()
        return len(fresh)

    def save_run(self, run: RunRecord) -> None:
        self.fate.before()
        self.world.runs[run.id] = run
        self.fate.after()

    def get_run(self, run_id: str) -> RunRecord | None:
        self.fate.before()
        found = self.world.runs.get(run_id)
        self.fate.after()
        return found

    def find_run(self, name: str | None = None, *, fingerprint: str | None = None) -> RunRecord | None:
        self.fate.before()
        assert name is None
        found = [run for run in self.world.runs.values() if run.fingerprint == fingerprint]
        self.fate.after()
        return max(found, key=lambda run: (run.started_at, run.id), default=None)


def profile_ids(world: World) -> list[Any]:
    """The ids of the profiles on the lanes, in order of coming."""
    return [vars(record)["profile_id"] for record in world.records]
