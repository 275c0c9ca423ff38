"""What ``tercel sync run``, ``cancel`` and ``reset`` do, once they know which sync."""

from __future__ import annotations

import getpass
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from producers.warehouse.syncing.definition import SyncDefinition, load_sync
from producers.warehouse.syncing.making import make_runner
from producers.warehouse.syncing.pausing import Pauses
from producers.warehouse.syncing.report import SyncReport
from producers.warehouse.syncing.running import SyncRunner
from tercel.cli.opening import OpenRedis, Start, load_settings, open_redis, open_store
from tercel.cli.progress import progress_display
from tercel.cli.supervising import stopping_on_signals
from tercel.cli.sync.emptying import emptying
from tercel.cli.sync.progress import SyncShow
from tercel.collecting import collect_rarely
from tercel.errors import UsageError
from tercel.settings import Settings


@dataclass(frozen=True, slots=True)
class Opened:
    """What runs a sync, and the Redis it uses."""

    redis: OpenRedis
    runner: SyncRunner


class _Stop:
    """Ctrl-C: first a request to stop in good order, then an interruption."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def __call__(self) -> None:
        if self.event.is_set():
            raise KeyboardInterrupt
        self.event.set()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was asked for, by the options of the command line."""

    full: bool = False
    retry: bool = False
    allow_empty: bool = False
    empty_first: bool = False
    scheduled: bool = False


def run(name: str, asked: Asked, *, quiet: bool) -> SyncReport:
    """Run a sync. Raises UsageError where it is paused, and what the runner raises."""
    settings = load_settings()
    sync = load_sync(settings, name)
    collect_rarely()
    empty = emptying(settings, sync) if asked.empty_first else None
    stop = _Stop()
    with progress_display(quiet=quiet) as show:
        shown = SyncShow(show, settings.deployment(sync.deployment).rate)
        with (
            _opened(settings, sync, stop=stop.event, progress=shown, refuse_paused=True) as opened,
            stopping_on_signals(stop),
        ):
            return opened.runner.run(
                trigger="schedule" if asked.scheduled else "manual",
                allow_empty=asked.allow_empty,
                full=asked.full,
                retry=asked.retry,
                empty=empty,
                user=user(),
            )


def cancel(name: str) -> SyncReport | None:
    """Call off the run of a sync. None: it ends in its own process, or there is none."""
    settings = load_settings()
    with _opened(settings, load_sync(settings, name)) as opened, opened.redis.guard():
        return opened.runner.cancel()


def reset(name: str) -> SyncReport | None:
    """Forget what a sync has delivered. Returns the report of a run that was called off for it."""
    settings = load_settings()
    with _opened(settings, load_sync(settings, name)) as opened, opened.redis.guard():
        return opened.runner.reset()


def user() -> str:
    """Return who is at the keyboard, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unnamed"


@contextmanager
def _opened(
    settings: Settings, sync: SyncDefinition, *, refuse_paused: bool = False, **options: Any
) -> Iterator[Opened]:
    with open_redis(settings, start=Start.ALWAYS) as redis, open_store(settings) as store:
        if refuse_paused:
            with redis.guard():
                paused = Pauses(redis.client, prefix=settings.redis_prefix).of(sync.name)
            if paused is not None:
                why = f" ({paused.reason})" if paused.reason else ""
                raise UsageError(
                    f"sync {sync.name} was paused by {paused.by} on {paused.since:%Y-%m-%d %H:%M} UTC{why}. "
                    f"`tercel sync resume {sync.name}` lets it run again."
                )
        runner = make_runner(
            sync,
            database_url=settings.plain_database_url(),
            home=settings.home,
            lanes=redis.lanes,
            store=store,
            high_water=settings.lanes.high_water,
            redis_place=redis.place,
            **options,
        )
        yield Opened(redis, runner)
