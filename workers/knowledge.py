"""What workers have learned about a deployment: attributes it does not know, and its audiences.

Unknown attributes are kept in Redis for a while, shared by all workers, and so are the audiences of a destination that
can be asked for them by name; audiences whose ids nobody can look up are in the store. All is cached in the process for
a moment, because every call asks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from redis import Redis

from tercel.store import Store
from workers.destinations.base import Knowledge

NAMED_S: Final = 3_600.0  # seconds an audience known by name is believed to be there; somebody may delete it by hand
CACHE_S: Final = 2.0  # seconds a process goes on with what it knew: what another process learned costs one more 400


class Learned:
    """Knowledge about every deployment. Thread-safe."""

    def __init__(
        self, redis: Redis, store: Store, *, prefix: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._redis = redis
        self._store = store
        self._prefix = prefix
        self._clock = clock
        self._lock = threading.Lock()
        self._cache: dict[str, tuple[float, Knowledge]] = {}

    def about(self, deployment: str) -> Knowledge:
        """Return what is known about a deployment."""
        with self._lock:
            cached = self._cache.get(deployment)
        if cached is not None and cached[0] > self._clock():
            return cached[1]
        audiences = self._store.known_audiences(deployment)
        unknown, named = self._kept(deployment)
        known = Knowledge(unknown, audiences.ids, audiences.names, audiences.held, named)
        with self._lock:
            self._cache[deployment] = (self._clock() + CACHE_S, known)
        return known

    def unknown_attributes(self, deployment: str, names: Iterable[tuple[str, str]], ttl_s: float) -> None:
        """Remember attributes, as (entity, name), that the deployment does not know, for ``ttl_s`` seconds."""
        seconds, _ = self._redis.time()
        self._redis.zadd(self._key(deployment), {f"{entity}:{name}": seconds + ttl_s for entity, name in names})
        self.forget_cache(deployment)

    def audience_named(self, deployment: str, name: str) -> None:
        """Remember for a while that the deployment has an audience of this name."""
        seconds, _ = self._redis.time()
        self._redis.zadd(self._named_key(deployment), {name: seconds + NAMED_S})
        self.forget_cache(deployment)

    def forget_named(self, deployment: str, name: str) -> None:
        """An audience known by name has been deleted."""
        self._redis.zrem(self._named_key(deployment), name)
        self.forget_cache(deployment)

    def forget_cache(self, deployment: str) -> None:
        """Look again the next time: something was learned."""
        with self._lock:
            self._cache.pop(deployment, None)

    def _kept(self, deployment: str) -> tuple[frozenset[tuple[str, str]], frozenset[str]]:
        """Return unknown attributes and named audiences that are still to be believed."""
        seconds, _ = self._redis.time()
        with self._redis.pipeline(transaction=False) as pipe:
            for key in (self._key(deployment), self._named_key(deployment)):
                pipe.zremrangebyscore(key, "-inf", seconds)
                pipe.zrange(key, 0, -1)
            _, unknown, _, named = pipe.execute()
        pairs = (member.decode().partition(":") for member in unknown)
        return frozenset((entity, name) for entity, _, name in pairs), frozenset(map(bytes.decode, named))

    def _named_key(self, deployment: str) -> str:
        return f"{self._prefix}tercel:{deployment}:named-audiences"

    def _key(self, deployment: str) -> str:
        return f"{self._prefix}tercel:{deployment}:unknown-attributes"
