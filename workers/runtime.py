"""What a worker process is made of: everything delivery and batching need, built once from the settings."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache

from redis import Redis

from tercel.connections import connect
from tercel.errors import SettingsError
from tercel.lanes import Lanes
from tercel.settings import Settings
from tercel.store import Store
from workers.callbacks import Callbacks, Poster
from workers.destinations import Destination, destination
from workers.held import Held, Shares
from workers.knowledge import Learned
from workers.limiter import Limiter, Limits
from workers.sending import Sender
from workers.surge import Surge, SurgeRule


@dataclass
class Runtime:
    """The parts of one worker process. ``stopping`` is set when it has been told to end."""

    settings: Settings
    redis: Redis
    lanes: Lanes
    limiter: Limiter
    store: Store
    sender: Sender
    destinations: Mapping[str, Destination]
    learned: Learned
    surge: Surge
    shares: Shares
    callbacks: Callbacks
    held: Held = field(default_factory=Held)
    stopping: threading.Event = field(default_factory=threading.Event)
    latency_s: dict[str, float] = field(default_factory=dict)  # a moving average by deployment
    aside: ThreadPoolExecutor = field(  # for what the HTTP thread must not wait for
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="tercel-aside")
    )

    @classmethod
    def build(cls, settings: Settings) -> Runtime:
        """Connect to what the settings name. Raises the errors of Redis, store and settings."""
        redis = connect(settings.plain_redis_url(), home=settings.home, client_name="tercel-worker")
        prefix, delivery, named = settings.redis_prefix, settings.delivery, settings.deployments.items()
        store, stopping = Store.open(settings.plain_database_url()), threading.Event()
        return cls(
            settings=settings,
            redis=redis,
            lanes=Lanes(redis, prefix=prefix, wake_s=delivery.wake_s, batch_id_ttl_s=settings.lanes.batch_id_ttl_s),
            limiter=Limiter(redis, prefix=prefix),
            store=store,
            sender=Sender(connections=settings.worker.threads),
            destinations={name: destination(one.destination, **one.options()) for name, one in named},
            learned=Learned(redis, store, prefix=prefix),
            surge=Surge(
                redis,
                SurgeRule(delivery.surge_share, delivery.surge_records, delivery.surge_window_s),
                prefix=prefix,
            ),
            shares=Shares(settings.worker.threads, len(settings.deployments)),
            callbacks=Callbacks(
                settings.receiver.callback_hosts,
                allow_http=settings.receiver.callback_allow_http,
                poster=Poster(),
                stopping=stopping,
            ),
            stopping=stopping,
        )

    def shut(self) -> None:
        """Close every connection and end every thread; what is still in progress is given up."""
        self.sender.close()
        self.callbacks.close()
        self.aside.shutdown()
        self.store.close()
        self.redis.close()

    def limits(self, deployment: str, budget: str = "") -> Limits:
        """Return a deployment's limits as the settings have them, or those of one of its destination's budgets."""
        one, delivery = self.settings.deployment(deployment), self.settings.delivery
        rate = one.rate
        if budget and rate > 0:
            rate = min(rate, self.destinations[deployment].budgets[budget])
        return Limits(
            rate=rate,
            jitter=one.jitter_s,
            messages_per_minute=one.messages_per_minute,
            breaker_failures=delivery.breaker_failures,
            breaker_open_s=delivery.breaker_open_s,
            breaker_max_s=delivery.breaker_max_s,
        )

    def cancel_after(self, grace_s: float) -> None:
        """Give up the requests that are still in progress after ``grace_s`` seconds."""
        timer = threading.Timer(grace_s, self.sender.cancel)
        timer.daemon = True
        timer.start()

    def took(self, deployment: str, seconds: float) -> None:
        """Note how long a request took."""
        before = self.latency_s.get(deployment, seconds)
        self.latency_s[deployment] = before + 0.2 * (seconds - before)


_runtime: Runtime | None = None
_building = threading.Lock()


def current() -> Runtime:
    """Return this process's runtime, built from the settings at its first use."""
    global _runtime  # noqa: PLW0603 a process has one
    with _building:
        if _runtime is None:
            _runtime = Runtime.build(settings())
        return _runtime


def built() -> Runtime | None:
    """Return this process's runtime if there is one. Never waits, so a signal handler may ask."""
    return _runtime


def close() -> None:
    """Close this process's connections, if it has any."""
    global _runtime  # noqa: PLW0603 a process has one
    with _building:
        if _runtime is not None:
            _runtime.shut()
            _runtime = None


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, with at least one deployment in them."""
    loaded = Settings.load()
    if not loaded.deployments:
        raise SettingsError(
            "There is no deployment to deliver to: add a [deployments.<name>] table with url and key to tercel.toml."
        )
    return loaded
