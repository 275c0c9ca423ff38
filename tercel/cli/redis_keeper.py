"""The embedded Redis of a long-running command: started with it, and started again whenever its owner has gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from tercel.embedded import EmbeddedRedis
from tercel.errors import RedisUnavailable
from tercel.settings import Settings

LOOK_EVERY_S: Final = 1.0  # seconds between two looks; one costs a lock and a PING


class RedisKeeper:
    """Keeps the embedded Redis running; does nothing where the settings name a Redis of their own."""

    def __init__(
        self, settings: Settings, *, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._embedded = EmbeddedRedis(settings.home) if settings.plain_redis_url() is None else None
        self._say, self._clock = say, clock
        self._next_look = 0.0
        self._complaint = ""

    def start(self) -> None:
        """Start it, or attach to the one that runs. Raises RedisUnavailable."""
        if self._embedded is not None:
            self._embedded.start()
            self._next_look = self._clock() + LOOK_EVERY_S

    def tick(self) -> None:
        """Start it again if it has died or its owner has gone; what stands in the way is said once."""
        if self._embedded is None or self._clock() < self._next_look:
            return
        try:
            self._embedded.start()
            self._complaint = ""
        except RedisUnavailable as error:
            if str(error) != self._complaint:
                self._say(f"{error.code}: {error}")
            self._complaint = str(error)
        self._next_look = self._clock() + LOOK_EVERY_S

    def stop(self) -> None:
        """Stop it if it is ours."""
        if self._embedded is not None:
            self._embedded.stop()
