"""Cancelling a run: what waits is taken out and counted, what others sent stays where it was, in order."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from tercel import messages
from tercel.balance import balance
from tercel.errors import LaneFull
from tercel.lanes import STREAM_RUN, Lanes, cancelling
from tercel.records import LaneKind, Membership, Profile, Record, Urgency

RUN, OTHER = "8f2c91d0", "0000abcd"
BULK, LIVE = Urgency.BULK, Urgency.LIVE


@pytest.fixture
def lanes(redis_client: Redis) -> Lanes:
    return Lanes(redis_client)


def enqueue(lanes: Lanes, names: Sequence[str], run: str = RUN, kind: LaneKind = LaneKind.PROFILE) -> None:
    records: list[Record] = [
        Profile(profile_id=name)
        if kind is LaneKind.PROFILE
        else Membership(profile_id=name, action="add", audience_id=1)
        for name in names
    ]
    lanes.enqueue("prod", BULK, records, run=run)


def cut(lanes: Lanes, size: int = 1_000, kind: LaneKind = LaneKind.PROFILE) -> str:
    call_id = messages.new_call_id()
    lanes.cut("prod", kind, BULK, size=size, window=99, cap=99, call_id=call_id)
    return call_id


def settle(lanes: Lanes, call_id: str) -> None:
    claim = lanes.claim("prod", call_id, lease_s=60)
    assert claim is not None
    lanes.settle(claim, counts={(claim.run, "delivered"): len(claim.messages)})


def names_in(lanes: Lanes, lane: str = "prod.profile.bulk") -> list[str]:
    """Whose records lie in a lane, oldest first."""
    found: Any = lanes.redis.lrange(lane, 0, -1)
    return [messages.decode(one).data["profile_id"] for one in reversed(found)]


def waiting(lanes: Lanes) -> int:
    """Records that wait for their key's turn, as a survey tells."""
    return sum(lane.waiting for lane in lanes.survey("prod").lanes)


def test_what_waits_in_its_lanes_is_discarded(lanes: Lanes) -> None:
    enqueue(lanes, [f"p{n}" for n in range(2_500)])
    enqueue(lanes, ["m1", "m2"], kind=LaneKind.MEMBERSHIP)

    assert lanes.cancel("prod", RUN) == 2_502

    counts = lanes.run_counts(RUN)
    assert (counts["received"], counts["waiting"], counts["discarded"]) == (2_502, 0, 2_502)
    assert lanes.totals("prod")["discarded"] == 2_502
    assert not lanes.survey("prod").lanes


def test_what_others_sent_stays_in_order(lanes: Lanes) -> None:
    enqueue(lanes, ["a", "b"], run=OTHER)
    enqueue(lanes, ["x", "y"])
    enqueue(lanes, ["c"], run=STREAM_RUN)
    enqueue(lanes, ["z"])
    enqueue(lanes, ["d"], run=OTHER)

    lanes.cancel("prod", RUN)

    assert names_in(lanes) == ["a", "b", "c", "d"]
    assert lanes.run_counts(OTHER)["waiting"] == 3


def test_a_call_under_way_ends_as_it_would_have(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    enqueue(lanes, ["a", "b", "c"])
    call_id = cut(lanes, size=2)

    assert lanes.cancel("prod", RUN) == 1
    settle(lanes, call_id)

    counts = lanes.run_counts(RUN)
    assert (counts["delivered"], counts["discarded"], counts["in_flight"]) == (2, 1, 0)
    assert balance(counts).closes


def test_a_discarded_record_leaves_no_receipt(lanes: Lanes) -> None:
    lanes.ask_receipts(RUN)
    enqueue(lanes, ["a"])

    lanes.cancel("prod", RUN)

    assert not lanes.receipts(RUN)


def test_what_waits_for_its_turn_is_discarded_too(lanes: Lanes) -> None:
    lanes.enqueue("prod", LIVE, [Profile(profile_id="a")])  # the key is busy from now on
    enqueue(lanes, ["a", "b", "a"])
    call_id = cut(lanes)
    assert waiting(lanes) == 2

    assert lanes.cancel("prod", RUN) == 2

    assert waiting(lanes) == 0
    settle(lanes, call_id)
    counts = lanes.run_counts(RUN)
    assert (counts["discarded"], counts["delivered"]) == (2, 1)
    assert names_in(lanes, "prod.profile.live") == ["a"]


def test_behind_discarded_records_the_key_goes_on_with_what_is_left(lanes: Lanes) -> None:
    enqueue(lanes, ["a"], run=OTHER)
    call_id = cut(lanes)
    enqueue(lanes, ["a"])
    cut(lanes)
    enqueue(lanes, ["a"], run=OTHER, kind=LaneKind.MEMBERSHIP)
    cut(lanes, kind=LaneKind.MEMBERSHIP)
    settle(lanes, call_id)  # the key is free now, and its list begins with the profile of the run

    lanes.cancel("prod", RUN)

    assert [(lane.kind, lane.freed) for lane in lanes.survey("prod").lanes] == [(LaneKind.MEMBERSHIP, 1)]
    settle(lanes, cut(lanes, kind=LaneKind.MEMBERSHIP))
    assert not lanes.redis.exists("tercel:prod:turn")


def test_a_key_with_nothing_left_is_forgotten(lanes: Lanes) -> None:
    enqueue(lanes, ["a"], run=OTHER)
    call_id = cut(lanes)
    enqueue(lanes, ["a"])
    cut(lanes)
    settle(lanes, call_id)

    lanes.cancel("prod", RUN)

    assert not lanes.redis.exists("tercel:prod:turn", "tercel:prod:freed:p")


def test_a_halted_deployment_s_run_can_be_cancelled(lanes: Lanes) -> None:
    enqueue(lanes, ["a"])
    lanes.halt("prod", code="T401", reason="the key was refused")

    assert lanes.cancel("prod", RUN) == 1


def test_cancelling_twice_counts_once(lanes: Lanes) -> None:
    enqueue(lanes, ["a", "b"])

    assert [lanes.cancel("prod", RUN), lanes.cancel("prod", RUN)] == [2, 0]

    assert lanes.run_counts(RUN)["discarded"] == 2


def test_a_message_that_is_not_ours_stays(lanes: Lanes) -> None:
    enqueue(lanes, ["a"])
    lanes.redis.lpush("prod.profile.bulk", "somebody else's, run 8f2c91d0")

    lanes.cancel("prod", RUN)

    assert lanes.redis.lrange("prod.profile.bulk", 0, -1) == [b"somebody else's, run 8f2c91d0"]


def test_what_streams_in_cannot_be_cancelled(lanes: Lanes) -> None:
    enqueue(lanes, ["a"], run=STREAM_RUN)

    with pytest.raises(ValueError, match="streams in"):
        lanes.cancel("prod", STREAM_RUN)

    assert names_in(lanes) == ["a"]


def test_a_cancellation_that_was_broken_off_leaves_the_others_in_order_and_the_next_goes_on(lanes: Lanes) -> None:
    enqueue(lanes, ["a", "x", "b", "y", "c"], run=OTHER)
    enqueue(lanes, ["z"])
    for _ in range(3):
        lanes._scripts.run("cancel_lane", lanes._keys("prod"), [RUN, "p", 1])
    assert names_in(lanes) == ["y", "c", "z"], "three have been carried out to the front"

    survey = lanes.survey("prod").lanes[0]
    call_id = cut(lanes, size=4)

    assert survey.length == 6
    claim = lanes.claim("prod", call_id, lease_s=60)
    assert claim is not None
    assert [messages.decode(one).data["profile_id"] for one in claim.messages] == ["a", "x", "b", "y"]
    assert lanes.cancel("prod", RUN) == 1
    assert names_in(lanes) == ["c"]


def test_what_a_sweep_has_carried_out_counts_towards_the_high_water_mark(lanes: Lanes) -> None:
    enqueue(lanes, ["a", "b", "c"], run=OTHER)
    lanes._scripts.run("cancel_lane", lanes._keys("prod"), [RUN, "p", 2])

    with pytest.raises(LaneFull, match="holds 3 records"):
        lanes.enqueue("prod", BULK, [Profile(profile_id="d")], high_water=3)


def test_cancelling_leaves_nothing_of_its_own_behind(lanes: Lanes) -> None:
    enqueue(lanes, ["a"], run=OTHER)
    before = set(lanes.redis.keys("tercel:prod:*"))

    lanes.cancel("prod", RUN)

    assert set(lanes.redis.keys("tercel:prod:*")) == before


def test_two_runs_cancelled_at_once_both_go_and_the_third_stays_in_order(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancelling, "STEP", 7)
    third = "00000003"
    for n in range(300):
        enqueue(lanes, [f"p{n}"], run=(RUN, OTHER, third)[n % 3])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda run: lanes.cancel("prod", run), (RUN, OTHER)))

    assert names_in(lanes) == [f"p{n}" for n in range(2, 300, 3)]
    assert [lanes.run_counts(run)["discarded"] for run in (RUN, OTHER, third)] == [100, 100, 0]
    assert not lanes.redis.exists("tercel:prod:front:p", "tercel:prod:sweep:p", "tercel:prod:cancelled")


def test_a_record_between_many_others_is_found_deep_in_a_lane(lanes: Lanes) -> None:
    for part in range(0, 6_000, 1_000):
        run = RUN if part == 3_000 else OTHER
        enqueue(lanes, [f"p{n}" for n in range(part, part + 1_000)], run=run)

    assert lanes.cancel("prod", RUN) == 1_000

    left = [n for n in range(6_000) if not 3_000 <= n < 4_000]
    assert names_in(lanes) == [f"p{n}" for n in left]


@settings(max_examples=40)
@given(
    runs=st.lists(st.sampled_from([RUN, OTHER]), max_size=60),
    step=st.integers(1, 10),
    meanwhile=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=20),
)
def test_nothing_is_passed_over_while_others_push_and_cut(
    redis_client: Redis, runs: list[str], step: int, meanwhile: list[tuple[int, int]]
) -> None:
    """Between any two scripts of a cancellation others may push onto the lane, and cut from it."""
    redis_client.flushdb()
    lanes = Lanes(redis_client)
    for n, run in enumerate(runs):
        enqueue(lanes, [f"p{n}"], run=run)
    between = Between(lanes, meanwhile)
    lanes._scripts = between  # type: ignore[assignment]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cancelling, "STEP", step)
        lanes.cancel("prod", RUN)

    lane: Any = lanes.redis.lrange("prod.profile.bulk", 0, -1)
    assert RUN not in [messages.decode(one).run for one in lane]
    counts = lanes.run_counts(RUN)
    assert counts["waiting"] == 0
    assert counts["discarded"] + counts["in_flight"] == runs.count(RUN)


class Between:
    """Runs scripts; before each that cancels, others push and cut."""

    def __init__(self, lanes: Lanes, meanwhile: list[tuple[int, int]]) -> None:
        self._scripts, self._meanwhile = lanes._scripts, iter(meanwhile)
        self._others = Lanes(lanes.redis)
        self._pushed = 0

    def run(self, name: str, keys: list[str], args: list[Any]) -> Any:
        pushed, taken = next(self._meanwhile, (0, 0))
        if pushed:
            enqueue(self._others, [f"new{self._pushed + n}" for n in range(pushed)], run=OTHER)
            self._pushed += pushed
        if taken:
            cut(self._others, size=taken)
        return self._scripts.run(name, keys, args)
