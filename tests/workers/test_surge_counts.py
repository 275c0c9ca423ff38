"""How a surge of rejections is told from a few bad records, over all workers."""

from __future__ import annotations

import pytest
from redis import Redis

from tercel.records import LaneKind
from workers.surge import Surge, SurgeRule

RULE = SurgeRule(share=0.5, records=100, window_s=3_600)


@pytest.fixture
def surge(redis_client: Redis, prefix: str) -> Surge:
    return Surge(redis_client, RULE, prefix=prefix)


@pytest.fixture
def another(redis_client: Redis, prefix: str) -> Surge:
    """The same in another worker."""
    return Surge(redis_client, RULE, prefix=prefix)


def refused(surge: Surge, records: int) -> bool:
    return surge.would_halt("prod", LaneKind.PROFILE, "T402", records)


def test_rejections_among_what_this_worker_has_just_delivered_are_no_surge(surge: Surge) -> None:
    surge.settled("prod", LaneKind.PROFILE, 101)
    assert not refused(surge, 100)


def test_what_another_worker_delivered_counts_once_it_was_shared(surge: Surge, another: Surge) -> None:
    another.settled("prod", LaneKind.PROFILE, 101)
    another.share()
    assert not refused(surge, 100)


def test_what_was_shared_is_not_counted_again(surge: Surge, another: Surge) -> None:
    another.settled("prod", LaneKind.PROFILE, 60)
    another.share()
    another.share()
    assert refused(surge, 100)


def test_the_lane_of_another_kind_counts_for_itself(surge: Surge) -> None:
    surge.settled("prod", LaneKind.MEMBERSHIP, 1_000)
    assert refused(surge, 100)
