"""What an enqueue asks of its script (``enqueue.lua``), and what its answer means: the same from a thread or a loop."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tercel.errors import CheckpointMoved, LaneFull
from tercel.lanes.memory import FULL_SHARE
from tercel.lanes.values import Enqueued, Parcel
from tercel.records import LaneKind, Urgency

NO_CHECKPOINT: Final = ("", "")
LETTERS: Final[Mapping[Urgency, str]] = {Urgency.LIVE: "l", Urgency.BULK: "b"}  # as the scripts have it


def arguments(
    letter: str,
    encoded: Sequence[bytes],
    *,
    run: str,
    batch_id: str | None = None,
    batch_ttl_ms: int,
    high_water: int,
    checkpoint: tuple[str, str] = NO_CHECKPOINT,
    tally: Mapping[str, int] | None = None,
    parcels: Sequence[Parcel] = (),
    window_s: float = 0.0,
) -> list[Any]:
    """Return the script's arguments. ``letter`` is the urgency's; without a ``batch_id`` there is a new one."""
    given: list[Any] = [
        letter,
        batch_id or secrets.token_hex(8),
        batch_ttl_ms,
        high_water,
        run,
        *checkpoint,
        len(tally or ()),
        int(window_s * 1000),
        len(parcels),
    ]
    for counted in (tally or {}).items():
        given += counted
    for records, seen_id, filtered, rejected in parcels:
        given += (seen_id, records, filtered, rejected)
    given += encoded
    return given


def enqueued(answer: Sequence[Any], *, prefix: str, high_water: int, run: str) -> Enqueued:
    """Return what the script says that it did. Raises LaneFull and CheckpointMoved: nothing was changed then."""
    word = answer[0]
    if word == b"full":
        lane = answer[1].decode().removeprefix(prefix)
        raise LaneFull(
            f"lane {lane} holds {answer[2]} records, its high-water mark is {high_water}: wait, then retry",
            LaneKind(lane.rsplit(".", 2)[1]),
        )
    if word == b"moved":
        raise CheckpointMoved(f"run {run} is not where this process left it: another process is working on it")
    if word == b"repeat":
        return Enqueued(answer[1], repeated=True)
    return Enqueued(answer[1], duplicates=tuple([position - 1 for position in answer[2]]))


def redis_full() -> LaneFull:
    """Return the refusal of a Redis that has no room for any lane."""
    return LaneFull(f"Redis uses over {FULL_SHARE:.0%} of its maxmemory: wait until lanes drain, or raise it")
