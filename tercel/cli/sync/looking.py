"""What is known of syncs without running them: definition, last run, pause, what the destination is known to hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from producers.warehouse.scheduling.counting import Counted, Counts
from producers.warehouse.scheduling.names import schedules_of
from producers.warehouse.scheduling.planning import Step, judge
from producers.warehouse.syncing.advising import advice
from producers.warehouse.syncing.definition import RUN_KIND, SyncDefinition, load_sync
from producers.warehouse.syncing.making import FOLDER
from producers.warehouse.syncing.pausing import Paused, Pauses
from tercel.cli.opening import open_redis, open_store
from tercel.errors import RedisUnavailable, SettingsError, UsageError
from tercel.schedules import Schedule
from tercel.settings import Settings
from tercel.store import RunRecord
from tercel.store.syncing import SyncState
from tercel.store.values import utc_now


@dataclass(frozen=True, slots=True)
class Looked:
    """One sync. ``problem`` (code, sentence) keeps it from working; ``sync`` is None then.

    ``paused`` is None where it is not, or where no Redis can be asked.
    """

    name: str
    sync: SyncDefinition | None
    problem: tuple[str, str] | None
    advice: tuple[str, ...]
    paused: Paused | None
    last: RunRecord | None
    due: Due | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """When a sync runs next by its schedule: ``at``, in the schedule's time zone. ``now``: it is due and has not begun.

    ``kept``: somebody keeps the schedules.
    """

    schedule: Schedule
    at: datetime
    now: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class Held:
    """What the state of a sync says: how many rows are known to be at the destination, and by which mapping."""

    members: int
    stale: bool


def look_at_all(settings: Settings, *, now: datetime | None = None) -> list[Looked]:
    """Look at every sync by itself, so that one that cannot work hides none of the others. Raises StoreUnavailable."""
    if not settings.syncs:
        return []
    syncs, problems = _definitions(settings)
    said = advice(list(syncs.values()))
    paused, due = _in_redis(settings, now or utc_now())
    with open_store(settings) as store:
        last = {name: next(iter(store.list_runs(1, kind=RUN_KIND, name=name)), None) for name in settings.syncs}
    return [
        Looked(
            name, syncs.get(name), problems.get(name), said.get(name, ()), paused.get(name), last[name], due.get(name)
        )
        for name in sorted(settings.syncs)
    ]


def look_at(settings: Settings, name: str) -> Looked:
    """Look at one sync. Raises SettingsError for one that does not exist, and for what is wrong with it."""
    load_sync(settings, name)
    return next(one for one in look_at_all(settings) if one.name == name)


def held(settings: Settings, sync: SyncDefinition) -> Held | None:
    """Look into a sync's state; None where it has never run. Raises StoreUnavailable."""
    with SyncState.open(settings.plain_database_url(), sync.name, folder=settings.home / FOLDER) as state:
        fingerprint = state.mapping_fingerprint()
        members = state.members()
    if fingerprint is None and not members:
        return None
    return Held(members, stale=fingerprint is not None and fingerprint != sync.fingerprint)


def history(settings: Settings, name: str, limit: int) -> list[RunRecord]:
    """Return the runs of a sync, newest first; also of one that is no longer configured, where it has run.

    Raises SettingsError where nothing is known of it.
    """
    with open_store(settings) as store:
        found = store.list_runs(limit, kind=RUN_KIND, name=name)
    if not found:
        load_sync(settings, name)
    return found


def _definitions(settings: Settings) -> tuple[Mapping[str, SyncDefinition], Mapping[str, tuple[str, str]]]:
    syncs: dict[str, SyncDefinition] = {}
    problems: dict[str, tuple[str, str]] = {}
    for name in settings.syncs:
        try:
            syncs[name] = load_sync(settings, name)
            _ = syncs[name].source  # a connection that cannot be one is a mistake of the definition
        except UsageError as error:
            syncs.pop(name, None)
            problems[name] = (error.code, str(error))
    return syncs, problems


def _in_redis(settings: Settings, now: datetime) -> tuple[Mapping[str, Paused], Mapping[str, Due]]:
    """Return which syncs are paused, and when which are due."""
    schedules = schedules_of(settings)
    paused: Mapping[str, Paused] = {}
    words: Mapping[str, bytes | None] = {}
    kept = False
    try:
        with open_redis(settings) as redis, redis.guard():
            paused = Pauses(redis.client, prefix=settings.redis_prefix).all()
            counts = Counts(redis.client, prefix=settings.redis_prefix)
            words, kept = counts.of(schedules), counts.are_kept()
    except (RedisUnavailable, SettingsError):  # definitions can be looked at without it
        pass
    return paused, {name: _due(schedule, words.get(name), now, kept) for name, schedule in schedules.items()}


def _due(schedule: Schedule, word: bytes | None, now: datetime, kept: bool) -> Due:
    verdict = judge(schedule, None if word is None else Counted.read(word), now)
    return Due(schedule, verdict.due.astimezone(schedule.zone), verdict.step is Step.RUN, kept)
