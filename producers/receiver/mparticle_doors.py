"""mParticle's doors by their paths, with what they need beside the other doors: bulk lanes, and a look at surges."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

from redis import Redis

from producers.mparticle.surge import Surges
from producers.receiver.answers import Answer
from producers.receiver.desk import Desk
from producers.receiver.enqueueing import Enqueuer, EnqueuesParcels
from producers.receiver.firehose_door import FirehoseDoor, Means
from producers.receiver.gathering import Gatherer
from producers.receiver.mparticle_senders import FirehoseSenders
from producers.receiver.requests import Request
from tercel.lanes import Lanes
from tercel.records import Urgency
from tercel.settings import Settings
from tercel.store import Store

FIREHOSE: Final[Mapping[str, str]] = {"talon_one": "/mparticle", "sailthru": "/mparticle/sailthru"}
ASIDE_THREADS: Final = 4  # that ask Redis how full audiences are, and the store what they are called

Serve = Callable[[Request], Awaitable[Answer]]


def firehose_paths(settings: Settings) -> list[str]:
    """Return the paths of the Firehose doors that are open."""
    return [path for door, path in FIREHOSE.items() if any(one.door == door for one in settings.mparticle.values())]


def check_firehose(settings: Settings) -> None:
    """Raise SettingsError where a token or key cannot be read, or a deployment is not there."""
    for door in FIREHOSE:
        FirehoseSenders(settings, door)


def firehose_doors(
    settings: Settings,
    *,
    redis: Redis,
    lanes: EnqueuesParcels,
    store: Store,
    live: Desk,
    aside: Executor,
    stack: ExitStack,
) -> dict[str, Serve]:
    """Return the Firehose doors that are open, by path. ``live`` is the desk of the other doors, ``aside`` its store's.

    ``stack`` ends the threads that are started here. Raises SettingsError as :func:`check_firehose`.
    """
    senders = {door: FirehoseSenders(settings, door) for door in FIREHOSE}
    if not any(senders.values()):
        return {}
    asking = ThreadPoolExecutor(ASIDE_THREADS, thread_name_prefix="audiences")
    stack.callback(asking.shutdown, wait=False, cancel_futures=True)
    enqueuer = Enqueuer(
        lanes,
        high_water=settings.lanes.high_water,
        window_s=settings.receiver.dedupe_window_s,
        urgency=Urgency.BULK,
    )
    bulk = Desk(Gatherer(enqueuer.put), store, aside)
    means = Means(
        live,
        bulk,
        Surges(redis, Lanes(redis, prefix=settings.redis_prefix), prefix=settings.redis_prefix),
        store,
        asking,
    )
    return {
        FIREHOSE[door]: FirehoseDoor(door, sender, means, settings).serve for door, sender in senders.items() if sender
    }
