"""Halts: by hand, by us with probes, and which of them may end or replace which."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from tercel.lanes import Halted, Lanes
from tercel.records import LaneKind, Profile, Urgency

BY_HAND: Any = {"code": "T313", "reason": "paused", "by_hand": True}
REFUSED: Any = {"code": "T401", "reason": "refused", "probed": True}


@pytest.fixture
def lanes(redis_client: Redis, prefix: str) -> Lanes:
    return Lanes(redis_client, prefix=prefix, clock=lambda: 1_800_000_000.0)


def test_a_halt_says_why_and_since_when_until_it_is_resumed(lanes: Lanes) -> None:
    lanes.halt("prod", code="T401", reason="refused", probed=True)

    assert lanes.halted("prod") == Halted("T401", "refused", 1_800_000_000_000, by_hand=False, probed=True)
    assert lanes.resume("prod")
    assert lanes.halted("prod") is None


def test_resuming_what_is_not_halted_says_so(lanes: Lanes) -> None:
    assert not lanes.resume("prod")


def test_a_probe_that_passes_ends_a_halt_of_ours(lanes: Lanes) -> None:
    lanes.halt("prod", **REFUSED)

    assert lanes.resume("prod", probed=True)


def test_a_probe_that_passes_does_not_end_a_pause_by_hand_that_came_meanwhile(lanes: Lanes) -> None:
    lanes.halt("prod", **REFUSED)
    lanes.halt("prod", **BY_HAND)

    assert not lanes.resume("prod", probed=True)
    assert lanes.halted("prod") is not None


def test_a_halt_of_ours_never_takes_the_place_of_a_pause_by_hand(lanes: Lanes) -> None:
    lanes.halt("prod", **BY_HAND)
    lanes.halt("prod", **REFUSED)

    halted = lanes.halted("prod")
    assert halted is not None
    assert (halted.code, halted.by_hand, halted.probed) == ("T313", True, False)


def test_nothing_is_cut_from_a_halted_deployment(lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.BULK, [Profile(profile_id="ada")])
    lanes.halt("prod", **BY_HAND)

    assert lanes.cut("prod", LaneKind.PROFILE, Urgency.BULK, size=9, window=9, cap=9) == 0


def test_one_worker_a_period_probes(lanes: Lanes) -> None:
    assert [lanes.take_probe("prod", 60) for _ in range(3)] == [True, False, False]


@pytest.mark.parametrize("halted", [True, False])
def test_a_claim_says_whether_the_deployment_is_halted(lanes: Lanes, halted: bool) -> None:
    lanes.enqueue("prod", Urgency.BULK, [Profile(profile_id="ada")])
    lanes.cut("prod", LaneKind.PROFILE, Urgency.BULK, size=1, window=1, cap=1, call_id="c1")
    if halted:
        lanes.halt("prod", **BY_HAND)

    claim = lanes.claim("prod", "c1", lease_s=10)

    assert claim is not None
    assert claim.halted == lanes.halted("prod")
    assert (claim.halted is not None) == halted


def test_a_call_is_claimed_once_where_redis_has_forgotten_the_scripts(lanes: Lanes, redis_client: Redis) -> None:
    lanes.enqueue("prod", Urgency.BULK, [Profile(profile_id="ada")])
    lanes.cut("prod", LaneKind.PROFILE, Urgency.BULK, size=1, window=1, cap=1, call_id="c1")
    redis_client.script_flush()

    claim = lanes.claim("prod", "c1", lease_s=10)

    assert claim is not None
    assert (claim.claims, len(claim.messages)) == (1, 1)
