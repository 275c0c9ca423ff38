"""Puts records on the lanes from an event loop: what :meth:`Lanes.enqueue` does, for who must not block.

While Redis works, the loop goes on with other requests, and no thread takes turns with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Redis

from tercel import messages
from tercel.lanes.enqueuing import LETTERS, arguments, enqueued, redis_full
from tercel.lanes.lanes import BATCH_ID_TTL_S
from tercel.lanes.memory import MemoryGuardOnLoop
from tercel.lanes.scripts import text_of
from tercel.lanes.values import Enqueued, Parcel
from tercel.records import Record, Urgency


class LanesOnLoop:
    """The lanes of every deployment on one Redis. Lives on one event loop; arguments as of :class:`Lanes`."""

    def __init__(
        self,
        redis: Redis,
        *,
        prefix: str = "",
        batch_id_ttl_s: float = BATCH_ID_TTL_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.prefix = prefix
        self._script = redis.register_script(text_of("enqueue"))
        self._memory = MemoryGuardOnLoop(redis)
        self._batch_ttl_ms = int(batch_id_ttl_s * 1000)
        self._clock = clock

    async def enqueue(
        self,
        deployment: str,
        urgency: Urgency,
        records: Sequence[Record],
        *,
        high_water: int = 0,
        parcels: Sequence[Parcel] = (),
        window_s: float = 0.0,
    ) -> Enqueued:
        """Put records on their lanes, all of them or none, in order; arguments as of :meth:`Lanes.enqueue`.

        An enqueue has an id of its own: sent again because its answer was lost, it changes nothing.

        Raises LaneFull, which says of what kind the full lane is; nothing was changed then.
        """
        if high_water and await self._memory.is_full():
            raise redis_full()
        run = messages.STREAM_RUN
        encoded = messages.encode(
            deployment,
            urgency,
            records,
            run=run,
            at_ms=int(self._clock() * 1000),
            ids=messages.new_record_ids(len(records)),
        )
        given = arguments(
            LETTERS[urgency],
            encoded,
            run=run,
            batch_ttl_ms=self._batch_ttl_ms,
            high_water=high_water,
            parcels=parcels,
            window_s=window_s,
        )
        answer = await self._run(self._keys(deployment), given)
        return enqueued(answer, prefix=self.prefix, high_water=high_water, run=run)

    async def _run(self, keys: list[str], args: list[Any]) -> Any:
        return await self._script(keys=keys, args=args)

    def _keys(self, deployment: str) -> list[str]:
        return [f"{self.prefix}tercel:{deployment}:", f"{self.prefix}{deployment}.", f"{self.prefix}tercel:"]
