"""What is known of syncs without running them: definition, last run, pause, what the destination is known to hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from producers.warehouse.syncing.advising import advice
from producers.warehouse.syncing.definition import RUN_KIND, SyncDefinition, load_sync
from producers.warehouse.syncing.making import FOLDER
from producers.warehouse.syncing.pausing import Paused, Pauses
from tercel.cli.opening import open_redis, open_store
from tercel.errors import RedisUnavailable, SettingsError, UsageError
from tercel.settings import Settings
from tercel.store import RunRecord
from tercel.store.syncing import SyncState


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


@dataclass(frozen=True, slots=True)
class Held:
    """What the state of a sync says: how many rows are known to be at the destination, and by which mapping."""

    members: int
    stale: bool


def look_at_all(settings: Settings) -> list[Looked]:
    """Look at every sync by itself, so that one that cannot work hides none of the others. Raises StoreUnavailable."""
    if not settings.syncs:
        return []
    syncs, problems = _definitions(settings)
    said = advice(list(syncs.values()))
    paused = _paused(settings)
    with open_store(settings) as store:
        last = {name: next(iter(store.list_runs(1, kind=RUN_KIND, name=name)), None) for name in settings.syncs}
    return [
        Looked(name, syncs.get(name), problems.get(name), said.get(name, ()), paused.get(name), last[name])
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


def _paused(settings: Settings) -> Mapping[str, Paused]:
    try:
        with open_redis(settings) as redis, redis.guard():
            return Pauses(redis.client, prefix=settings.redis_prefix).all()
    except (RedisUnavailable, SettingsError):  # definitions can be looked at without it
        return {}
