"""Whether the receiver can take anything in: what load balancers and orchestrators ask."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final, Protocol

from redis import Redis, RedisError

from producers.receiver.answers import JSON, Answer, json_answer
from tercel.errors import StoreUnavailable

GOOD_FOR_S: Final = 1.0  # seconds an answer holds: whoever asks often must not keep Redis and the store busy
ANSWER_S: Final = 5.0  # seconds for both: who asks has seldom more patience
TOO_SLOW: Final = Answer(503, b'{"status":"Redis or the store does not answer in time"}', (JSON,))
HEALTHY: Final = Answer(200, b'{"status":"ok"}', (JSON,))


class Answers(Protocol):
    """The method of :class:`tercel.store.Store` that is used here."""

    def answers(self) -> None:
        """Return where the database answers. Raises StoreUnavailable."""
        ...


class Readiness:
    """Asks Redis and the store, at most once in ``GOOD_FOR_S``. ``aside`` is where they are asked: both block."""

    def __init__(
        self,
        redis: Redis,
        store: Answers,
        aside: Executor,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis, self._store, self._aside, self._clock = redis, store, aside, clock
        self._asking = asyncio.Lock()
        self._last: tuple[float, Answer] | None = None

    async def answer(self) -> Answer:
        """Return 200 where both answer, else 503; each is named with ``ok`` or ``away``."""
        async with self._asking:
            if self._last is None or self._clock() - self._last[0] >= GOOD_FOR_S:
                asking = asyncio.get_running_loop().run_in_executor(self._aside, self._ask)
                try:
                    found = await asyncio.wait_for(asking, ANSWER_S)
                except TimeoutError:
                    found = TOO_SLOW
                self._last = (self._clock(), found)
            return self._last[1]

    def _ask(self) -> Answer:
        found = {"redis": "ok", "store": "ok"}
        try:
            self._redis.ping()
        except (RedisError, OSError):
            found["redis"] = "away"
        try:
            self._store.answers()
        except StoreUnavailable:
            found["store"] = "away"
        return json_answer(found, 200 if set(found.values()) == {"ok"} else 503)
