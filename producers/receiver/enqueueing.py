"""Many loads, one step: puts what gathered onto the lanes of one deployment, and says what became of each load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from redis import RedisError

from producers.receiver.values import Fate, Load
from tercel.errors import LaneFull, RedisUnavailable
from tercel.lanes import Enqueued, Parcel
from tercel.records import LaneKind, Record, Urgency

_AWAY: Final = (RedisError, RedisUnavailable, OSError)


class EnqueuesParcels(Protocol):
    """The one method of :class:`tercel.lanes.LanesOnLoop` that is used here."""

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
        """Put records on their lanes, all of them or none."""
        ...


class Enqueuer:
    """Enqueues loads of one deployment, in order.

    ``high_water`` is in records a lane, ``window_s`` the seconds for which inputs are remembered, ``urgency`` that of
    the lanes.
    """

    def __init__(
        self, lanes: EnqueuesParcels, *, high_water: int, window_s: float, urgency: Urgency = Urgency.LIVE
    ) -> None:
        self._lanes, self._high_water, self._window_s, self._urgency = lanes, high_water, window_s, urgency

    async def put(self, deployment: str, loads: Sequence[Load]) -> list[Fate]:
        """Put loads on their lanes with one script where that goes, and return the fate of each.

        A full lane refuses the whole script: whatever goes to that lane is then left out, with what comes after it for
        the same profiles, and the others are tried again. Nothing of a lane or of a profile gets in after something
        older of it was kept out.
        """
        fates = [Fate.LANE_FULL] * len(loads)
        left = list(range(len(loads)))
        while left:
            try:
                found = await self._enqueue(deployment, [loads[place] for place in left])
            except LaneFull as full:
                if full.kind is None:  # Redis itself is full: nothing gets in
                    break
                left = _beside(full.kind, loads, left)
                continue
            except _AWAY:
                found = [Fate.REDIS_AWAY] * len(left)
            for place, fate in zip(left, found, strict=True):
                fates[place] = fate
            break
        return fates

    async def _enqueue(self, deployment: str, loads: Sequence[Load]) -> list[Fate]:
        records = [record for load in loads for record in load.records]
        parcels = [Parcel(len(load.records), load.seen_id, load.filtered, load.rejected) for load in loads]
        done = await self._lanes.enqueue(
            deployment,
            self._urgency,
            records,
            high_water=self._high_water,
            parcels=parcels,
            window_s=self._window_s,
        )
        fates = [Fate.ACCEPTED] * len(loads)
        for position in done.duplicates:
            fates[position] = Fate.DUPLICATE
        return fates


def _beside(full: LaneKind, loads: Sequence[Load], places: Sequence[int]) -> list[int]:
    """Return the places of what has nothing to do with a full lane."""
    beside: list[int] = []
    kept_out: set[str] = set()
    for place in places:
        load = loads[place]
        if full in load.kinds or not kept_out.isdisjoint(load.key_texts):
            kept_out |= load.key_texts
        else:
            beside.append(place)
    return beside
