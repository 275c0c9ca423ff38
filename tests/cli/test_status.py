"""Status, pausing and resuming, repair: on a real Redis."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tercel.cli.ages import age
from tercel.cli.opening import load_settings, make_lanes, open_store
from tercel.connections import connect
from tercel.lanes import Lanes
from tercel.records import LaneKind, Profile, Urgency
from tercel.store import RunRecord, RunStatus
from tests.cli.conftest import Tercel

RUN = "0badcafe"


@pytest.fixture
def lanes(shared_redis: str, prod: str) -> Lanes:
    """The lanes that the commands work on."""
    settings = load_settings()
    return make_lanes(connect(settings.plain_redis_url()), settings)


def profiles(n: int) -> list[Profile]:
    return [Profile(profile_id=f"p{number}") for number in range(n)]


def save_run(rows: int) -> None:
    with open_store(load_settings()) as store:
        now = datetime.now(UTC)
        store.save_run(
            RunRecord(
                RUN,
                "profiles of x.csv",
                "prod",
                "backfill",
                "x.csv",
                RunStatus.COMPLETED,
                "manual",
                now,
                now,
                counts={"rows": rows},
            )
        )


def test_it_shows_lanes_calls_and_the_balance_of_deployment_and_run(tercel: Tercel, lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.BULK, profiles(5), run=RUN)
    lanes.cut("prod", LaneKind.PROFILE, Urgency.BULK, size=2, window=9, cap=9)
    save_run(rows=5)

    ran = tercel("status")

    assert ran.status == 0
    assert "prod.profile.bulk: 3 ready, 0 wait for their turn" in ran.out
    assert "1 calls in flight or due, 0 to be retried; limit 60 requests/s" in ran.out
    assert ran.out.count("5 received = 3 waiting + 2 in flight") == 2


def test_as_json_it_says_the_same(tercel: Tercel, lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.LIVE, profiles(2))

    found = json.loads(tercel("status", "--json").out)

    assert found["closes"] is True
    assert found["deployments"][0]["balance"]["waiting"] == 2
    assert found["deployments"][0]["lanes"][0]["ready"] == 2
    assert found["deployments"][0]["compared_with_lanes"] is True


def test_it_is_loud_when_a_balance_does_not_close(tercel: Tercel, lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.BULK, profiles(5), run=RUN)
    lanes.add_counts("prod", RUN, {"waiting": -1})
    save_run(rows=5)

    ran = tercel("status")

    assert ran.status == 1
    assert "5 received != 4 waiting   DOES NOT CLOSE: 1 received but in no part" in ran.out
    assert "THE BALANCE DOES NOT CLOSE" in ran.out


def test_it_notices_a_purged_lane_although_the_sum_is_right(tercel: Tercel, lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.BULK, profiles(5), run=RUN)
    lanes.redis.delete(f"{lanes.prefix}prod.profile.bulk")

    ran = tercel("status")

    assert ran.status == 1
    assert "T330: 5 are counted as waiting, 0 lie in the lanes" in ran.out


def test_it_notices_rows_that_never_came_in(tercel: Tercel, lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.BULK, profiles(5), run=RUN)
    save_run(rows=6)

    ran = tercel("status")

    assert ran.status == 1
    assert "6 rows were read, 5 records came in" in ran.out


def test_a_paused_deployment_says_so_until_it_is_resumed(tercel: Tercel, lanes: Lanes) -> None:
    assert tercel("pause", "prod", "--reason", "new attributes on their way").status == 0

    paused = tercel("status").out
    lanes.enqueue("prod", Urgency.LIVE, profiles(1))
    cut_meanwhile = lanes.cut("prod", LaneKind.PROFILE, Urgency.LIVE, size=1, window=9, cap=9)
    resumed = tercel("resume", "prod")

    assert "HALTED by hand" in paused
    assert "T316: new attributes on their way" in paused
    assert cut_meanwhile == 0
    assert resumed.out == "prod goes on. It was halted: T316: new attributes on their way\n"
    assert "HALTED" not in tercel("status").out


def test_resuming_what_was_not_halted_is_harmless(tercel: Tercel, lanes: Lanes) -> None:
    ran = tercel("resume", "prod")

    assert (ran.status, ran.out) == (0, "prod was not halted.\n")


def test_repair_rebuilds_the_turns_after_a_purge(tercel: Tercel, lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.LIVE, profiles(3))
    lanes.redis.delete(f"{lanes.prefix}prod.profile.live")

    ran = tercel("lanes", "repair", "prod", "--yes")

    assert ran.status == 0
    assert "3 keys were marked busy, 0 are now" in ran.out


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0.0 s"), (0.25, "0.2 s"), (600, "10 min"), (7_200, "2.0 h"), (172_800, "2.0 days")]
)
def test_ages_are_said_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert age(seconds) == text


def test_a_run_that_redis_does_not_know_is_shown_without_a_balance(tercel: Tercel, lanes: Lanes) -> None:
    save_run(rows=5)

    ran = tercel("status")

    assert ran.status == 0
    assert "no records of it are counted in this Redis" in ran.out
