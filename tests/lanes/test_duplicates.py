"""Inputs that come twice: left out in the step that would have pushed them, and counted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from tercel.balance import balance
from tercel.errors import LaneFull
from tercel.lanes import STREAM_RUN, Enqueued, Lanes, Parcel, seen_id_of
from tercel.records import Profile, Record, Urgency

WINDOW_S = 3_600.0
LIVE, BULK = Urgency.LIVE, Urgency.BULK


@pytest.fixture
def lanes(redis_client: Redis) -> Lanes:
    return Lanes(redis_client)


def take_in(lanes: Lanes, inputs: Sequence[tuple[str, int]], urgency: Urgency = LIVE, **options: int) -> Enqueued:
    """Enqueue inputs, given as (message id, records)."""
    parcels = [Parcel(n, seen_id_of("web", message_id) if message_id else b"") for message_id, n in inputs]
    records: list[Record] = [Profile(profile_id=f"{m}-{i}") for m, n in inputs for i in range(n)]
    return lanes.enqueue("prod", urgency, records, parcels=parcels, window_s=WINDOW_S, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("urgency", Urgency)
def test_an_input_that_comes_again_is_left_out_and_counted(lanes: Lanes, urgency: Urgency) -> None:
    take_in(lanes, [("a", 2), ("b", 1)], urgency)

    again = take_in(lanes, [("a", 2), ("c", 3)], urgency)

    assert again.duplicates == (0,)
    assert again.records == 3
    counts = lanes.run_counts(STREAM_RUN)
    assert (counts["received"], counts["waiting"], counts["duplicate"]) == (8, 6, 2)
    assert lanes.redis.llen(f"prod.profile.{urgency.value}") == 6


def test_an_input_twice_in_one_batch_counts_once(lanes: Lanes) -> None:
    assert take_in(lanes, [("a", 1), ("a", 1), ("a", 1)]).duplicates == (1, 2)


def test_inputs_without_an_id_are_never_duplicates(lanes: Lanes) -> None:
    take_in(lanes, [("", 1)])
    assert take_in(lanes, [("", 1), ("", 1)]).duplicates == ()


def test_what_became_no_record_is_counted_once_too(lanes: Lanes) -> None:
    parcel = Parcel(0, seen_id_of("web", "m"), filtered=2, rejected=1)
    for _ in range(2):
        lanes.enqueue("prod", LIVE, [], parcels=[parcel], window_s=WINDOW_S)

    counts = lanes.run_counts(STREAM_RUN)
    assert (counts["received"], counts["filtered"], counts["rejected"], counts["duplicate"]) == (6, 2, 1, 3)
    assert balance(counts).closes


def test_a_refused_batch_marks_nothing_as_seen(lanes: Lanes) -> None:
    take_in(lanes, [("a", 5)])
    with pytest.raises(LaneFull):
        take_in(lanes, [("b", 1)], high_water=5)

    assert take_in(lanes, [("b", 1)]).duplicates == ()


def test_a_repeated_command_does_not_find_its_own_mark(lanes: Lanes) -> None:
    parcel = Parcel(1, seen_id_of("web", "m"))
    sent = [
        lanes.enqueue("prod", LIVE, [Profile(profile_id="p")], batch_id="one", parcels=[parcel], window_s=WINDOW_S)
        for _ in range(2)
    ]

    assert [answer.repeated for answer in sent] == [False, True]
    assert lanes.run_counts(STREAM_RUN)["duplicate"] == 0


def test_without_a_window_nothing_is_remembered(lanes: Lanes) -> None:
    for _ in range(2):
        parcel = Parcel(1, seen_id_of("web", "m"))
        answer = lanes.enqueue("prod", LIVE, [Profile(profile_id="p")], parcels=[parcel], window_s=0)
        assert answer.duplicates == ()
    assert not lanes.redis.keys("*seen*")


def test_ids_are_forgotten_after_the_window(lanes: Lanes) -> None:
    take_in(lanes, [("a", 1)])
    (key,) = lanes.redis.keys("*:seen:*")  # type: ignore[misc]

    assert WINDOW_S < lanes.redis.ttl(key) <= 2 * WINDOW_S  # type: ignore[operator]


def test_an_id_of_the_window_before_is_found_and_an_older_one_is_freed(lanes: Lanes) -> None:
    take_in(lanes, [("now", 1)])
    (key,) = lanes.redis.keys("*:seen:*")  # type: ignore[misc]
    base, _, quarter = key.decode().rpartition(":")
    lanes.redis.rename(key, f"{base}:{int(quarter) - 3}")
    lanes.redis.sadd(f"{base}:{int(quarter) - 5}", seen_id_of("web", "old"))

    answer = take_in(lanes, [("now", 1), ("old", 1)])

    assert answer.duplicates == (0,)
    assert not lanes.redis.exists(f"{base}:{int(quarter) - 5}", f"{base}:{int(quarter) - 6}")


@settings(max_examples=40)
@given(st.lists(st.lists(st.tuples(st.sampled_from(["", "a", "b", "c", "d"]), st.integers(0, 3)), max_size=6)))
def test_each_input_goes_through_exactly_once(redis_client: Redis, batches: list[list[tuple[str, int]]]) -> None:
    redis_client.flushdb()
    lanes = Lanes(redis_client)
    seen: set[str] = set()
    expected = 0
    for batch in batches:
        left_out = []
        for position, (message_id, n) in enumerate(batch):
            if message_id in seen:
                left_out.append(position)
            else:
                expected += n
            if message_id:
                seen.add(message_id)
        assert take_in(lanes, batch).duplicates == tuple(left_out)

    counts = lanes.run_counts(STREAM_RUN)
    assert counts["waiting"] == expected
    assert balance(counts).closes
