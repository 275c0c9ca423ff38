"""How fast live records come in, as status and metrics ask for it."""

from __future__ import annotations

import pytest
from redis import Redis

from tercel.errors import LaneFull
from tercel.lanes import Lanes, Parcel, seen_id_of
from tercel.records import Event, LaneKind, Profile, Record, Urgency

SHORTEST_S, LONGEST_S = 60, 70  # what is looked at: six whole slots of ten seconds, and the one begun


@pytest.fixture
def lanes(redis_client: Redis) -> Lanes:
    return Lanes(redis_client)


def records(profiles: int, events: int) -> list[Record]:
    return [
        *(Profile(profile_id=f"p{n}") for n in range(profiles)),
        *(Event(profile_id=f"p{n}", type="bought", event_id=f"e{n}") for n in range(events)),
    ]


def came_in(lanes: Lanes, kind: LaneKind) -> tuple[float, float]:
    """The least and the most records that the rate can mean."""
    rate = lanes.arrivals("prod")[kind]
    return rate * SHORTEST_S, rate * LONGEST_S


def test_live_records_are_counted_by_kind(lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.LIVE, records(profiles=300, events=40))
    lanes.enqueue("prod", Urgency.LIVE, records(profiles=0, events=20))

    for kind, n in ((LaneKind.PROFILE, 300), (LaneKind.EVENT, 60)):
        least, most = came_in(lanes, kind)
        assert least - 1e-6 <= n <= most + 1e-6
    assert lanes.arrivals("prod")[LaneKind.SESSION] == 0


def test_a_record_that_waits_for_its_turn_has_come_in_too(lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.LIVE, [Profile(profile_id="same")] * 60)

    assert lanes.arrivals("prod")[LaneKind.PROFILE] >= 60 / LONGEST_S - 1e-6


def test_what_a_file_brings_is_no_stream(lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.BULK, records(profiles=500, events=500))

    assert set(lanes.arrivals("prod").values()) == {0}


def test_neither_a_repeat_nor_a_duplicate_nor_a_refused_record_counts(lanes: Lanes) -> None:
    parcel = Parcel(5, seen_id_of("web", "m"))
    for _ in range(2):
        lanes.enqueue("prod", Urgency.LIVE, records(5, 0), parcels=[parcel], window_s=60, batch_id="one")
    lanes.enqueue("prod", Urgency.LIVE, records(5, 0), parcels=[parcel], window_s=60)
    with pytest.raises(LaneFull):
        lanes.enqueue("prod", Urgency.LIVE, records(5, 0), high_water=1)

    least, most = came_in(lanes, LaneKind.PROFILE)
    assert least - 1e-6 <= 5 <= most + 1e-6


def test_the_counts_of_one_deployment_say_nothing_about_another(lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.LIVE, records(5, 5))

    assert set(lanes.arrivals("staging").values()) == {0}


def test_what_was_counted_goes_by_itself(lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.LIVE, records(5, 5))

    [slot] = lanes.redis.keys("tercel:prod:arrivals:*")
    assert 60 < lanes.redis.ttl(slot) <= 80
