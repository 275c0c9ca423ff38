"""What ``tercel sync pause`` and ``resume`` do."""

from __future__ import annotations

from producers.warehouse.syncing.definition import load_sync
from producers.warehouse.syncing.pausing import Paused, Pauses
from tercel.cli.opening import Start, load_settings, open_redis
from tercel.cli.sync.running import user


def pause_sync(name: str, reason: str) -> Paused:
    """Pause a sync. Raises SettingsError for one that does not exist."""
    settings = load_settings()
    load_sync(settings, name)
    with open_redis(settings, start=Start.ALWAYS) as redis, redis.guard():
        return Pauses(redis.client, prefix=settings.redis_prefix).pause(name, by=user(), reason=reason)


def resume_sync(name: str) -> bool:
    """Let a sync run again, also one that is no longer configured. False: it was not paused."""
    settings = load_settings()
    with open_redis(settings, start=Start.ALWAYS) as redis, redis.guard():
        resumed = Pauses(redis.client, prefix=settings.redis_prefix).resume(name)
    if not resumed:
        load_sync(settings, name)  # a name that was misspelt is said to be
    return resumed
