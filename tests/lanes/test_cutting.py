"""Cutting a lane that somebody saw full, and that another worker may have cut meanwhile."""

from __future__ import annotations

import pytest
from redis import Redis

from tercel.lanes import Lanes
from tercel.records import LaneKind, Profile, Urgency


def cut(lanes: Lanes, urgency: Urgency, *, least: int) -> int:
    return lanes.cut("prod", LaneKind.PROFILE, urgency, size=3, window=10, cap=10, least=least)


@pytest.mark.parametrize("urgency", Urgency)
def test_what_another_worker_left_of_a_full_lane_is_not_cut(redis_client: Redis, urgency: Urgency) -> None:
    lanes = Lanes(redis_client)
    lanes.enqueue("prod", urgency, [Profile(profile_id=f"p{n}") for n in range(5)])

    assert [cut(lanes, urgency, least=3) for _ in range(2)] == [3, 0]


@pytest.mark.parametrize("urgency", Urgency)
def test_what_has_lingered_is_cut_as_it_is(redis_client: Redis, urgency: Urgency) -> None:
    lanes = Lanes(redis_client)
    lanes.enqueue("prod", urgency, [Profile(profile_id=f"p{n}") for n in range(2)])

    assert cut(lanes, urgency, least=0) == 2
