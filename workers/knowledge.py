"""What workers have learned about a deployment: attributes it does not know, and its audiences.

Unknown attributes are kept in Redis for a while, shared by all workers; audiences in the store. Both are cached in the
process for a moment, because every call asks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from redis import Redis

from tercel.store import Store
from workers.destinations.base import Knowledge

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
        known = Knowledge(self._unknown(deployment), audiences.ids, audiences.names, audiences.held)
        with self._lock:
            self._cache[deployment] = (self._clock() + CACHE_S, known)
        return known

    def unknown_attributes(self, deployment: str, names: Iterable[tuple[str, str]], ttl_s: float) -> None:
        """Remember attributes, as (entity, name), that the deployment does not know, for ``ttl_s`` seconds."""
        seconds, _ = self._redis.time()
        self._redis.zadd(self._key(deployment), {f"{entity}:{name}": seconds + ttl_s for entity, name in names})
        self.forget_cache(deployment)

    def forget_cache(self, deployment: str) -> None:
        """Look again the next time: something was learned."""
        with self._lock:
            self._cache.pop(deployment, None)

    def _unknown(self, deployment: str) -> frozenset[tuple[str, str]]:
        seconds, _ = self._redis.time()
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.zremrangebyscore(self._key(deployment), "-inf", seconds)
            pipe.zrange(self._key(deployment), 0, -1)
            members: list[bytes] = pipe.execute()[1]
        pairs = (member.decode().partition(":") for member in members)
        return frozenset((entity, name) for entity, _, name in pairs)

    def _key(self, deployment: str) -> str:
        return f"{self._prefix}tercel:{deployment}:unknown-attributes"
