"""Notices when an audience fills up: then its changes travel as bulk, and hold up nobody else's live records.

Live records overtake bulk ones of the same profile. So once an audience has gone bulk, every change of it goes bulk,
also one that comes alone, until nothing of it waits or is under way any more and a window has passed since the last
one: or who has just left would be put back by the older record that says he joined. What was sent is kept in Redis,
because receivers are several processes. Of which audience the bulk records are is not looked into: any that change an
audience of the deployment, and any bulk call, keep it bulk.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final, Protocol

from redis import Redis

from tercel.lanes import Survey
from tercel.records import LaneKind, Urgency

WINDOW_S: Final = 60.0  # seconds within which changes are counted, and for which bulk is kept up after the last one
SLOTS: Final = 6  # parts of the window that are counted each by itself

_CARRIERS: Final = frozenset({LaneKind.MEMBERSHIP, LaneKind.RULES})  # the lanes that changes of audiences travel in
_BUSY: Final = "busy"


class Surveys(Protocol):
    """The method of :class:`tercel.lanes.Lanes` that is used here."""

    def survey(self, deployment: str) -> Survey:
        """Look at a deployment's lanes and calls."""
        ...


class Surges:
    """Which audiences fill up, over all receivers. Blocks: it is called in a thread.

    ``prefix`` goes before every key; ``window_s`` is in seconds.
    """

    def __init__(self, redis: Redis, lanes: Surveys, *, prefix: str = "", window_s: float = WINDOW_S) -> None:
        self._redis, self._lanes, self._prefix = redis, lanes, prefix
        self._window_ms = int(window_s * 1_000)
        self._script = redis.register_script((files(__package__) / "surge.lua").read_text())

    def urgencies(self, deployment: str, changes: Mapping[str, int], *, above: int) -> dict[str, Urgency]:
        """Count changes by audience and return how those of each are to travel.

        ``above`` is in changes within the window. To be called before they are enqueued, once for each message.
        Raises redis-py's errors.
        """
        found = self._count(deployment, changes, above, {})
        asked = {audience: answer[1].decode() for audience, answer in found.items() if answer[0] == b"ask"}
        if asked:
            if self._is_busy(deployment):
                asked = dict.fromkeys(asked, _BUSY)
            found |= self._count(deployment, {audience: changes[audience] for audience in asked}, above, asked)
        return {audience: Urgency(answer[0].decode()) for audience, answer in found.items()}

    def _count(
        self, deployment: str, changes: Mapping[str, int], above: int, asked: Mapping[str, str]
    ) -> dict[str, list[Any]]:
        with self._redis.pipeline(transaction=False) as pipe:
            for audience, n in changes.items():
                key = f"{self._prefix}tercel:{deployment}:mparticle-fill:{audience}"
                args: list[int | str] = [
                    n,
                    above,
                    self._window_ms,
                    max(1, self._window_ms // SLOTS),
                    asked.get(audience, ""),
                ]
                self._script(keys=[key], args=args, client=pipe)
            answers = pipe.execute()
        return dict(zip(changes, answers, strict=True))

    def _is_busy(self, deployment: str) -> bool:
        """Whether changes of audiences wait, or any call is under way, as bulk."""
        seen = self._lanes.survey(deployment)
        if seen.ready[Urgency.BULK] or seen.later[Urgency.BULK]:
            return True
        return any(
            lane.urgency is Urgency.BULK and lane.kind in _CARRIERS and (lane.depth or lane.freed)
            for lane in seen.lanes
        )
