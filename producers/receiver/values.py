"""The values that go from the doors to the lanes and back."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from tercel.records import LaneKind, Record


class Load(NamedTuple):
    """What one input became for one deployment, ready for its lanes: all of it gets there, or nothing.

    ``seen_id`` (:func:`tercel.lanes.seen_id_of`) is what a repeat of the input is known by; empty: it is not looked
    for. ``filtered`` and ``rejected`` count parts of the input that became no record.
    """

    deployment: str
    records: tuple[Record, ...] = ()
    seen_id: bytes = b""
    filtered: int = 0
    rejected: int = 0

    @property
    def weight(self) -> int:
        """How much it counts while it waits: its records, and itself."""
        return len(self.records) + 1

    @property
    def kinds(self) -> frozenset[LaneKind]:
        """The kinds of the lanes it goes to."""
        return frozenset(record.lane_kind for record in self.records)

    @property
    def key_texts(self) -> frozenset[str]:
        """What it concerns: profiles, whose records keep their order, and audiences."""
        return frozenset(record.key_text for record in self.records)


class Fate(StrEnum):
    """What became of a load. Only the first two may be answered with a 2xx; after the others nothing of it is in."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"  # came before, within the window; it is in
    LANE_FULL = "lane_full"
    REDIS_AWAY = "redis_away"  # it may be in where only Redis's answer was lost: a repeat is known by its seen id

    @property
    def is_in(self) -> bool:
        """Whether Redis holds it."""
        return self is Fate.ACCEPTED or self is Fate.DUPLICATE
