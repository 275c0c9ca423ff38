"""Arrivals against the limit: the pure outlook, and what `tercel status` says about it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercel.cli.forecasting import forecast, outlook_json
from tercel.cli.opening import load_settings, make_lanes
from tercel.connections import connect
from tercel.lanes import Lanes
from tercel.outlook import Outlook, outlook
from tercel.records import Event, LaneKind, Profile, Record, Urgency
from tests.cli.conftest import Tercel

BATCHED = {LaneKind.PROFILE, LaneKind.MEMBERSHIP}
SIZES = {kind: 1_000 if kind in BATCHED else 1 for kind in LaneKind}
LIMIT = 60.0

rates = st.dictionaries(st.sampled_from(LaneKind), st.floats(0, 1e5))
backlogs = st.dictionaries(st.sampled_from(LaneKind), st.integers(0, 10**7))


def look(
    arrivals: Mapping[LaneKind, float] | None = None,
    backlog: Mapping[LaneKind, int] | None = None,
    limit: float = LIMIT,
    stopped: bool = False,
) -> Outlook:
    return outlook(arrivals or {}, backlog or {}, limit_per_s=limit, batch_sizes=SIZES, stopped=stopped)


def test_events_over_the_limit_grow_the_backlog_for_ever() -> None:
    found = look({LaneKind.EVENT: 84.0}, {LaneKind.EVENT: 1_200})

    assert found.grows_by_per_s == 24
    assert found.clears_s == math.inf
    assert found.clears_alone_s == 20


def test_a_thousand_profiles_a_second_are_one_request_a_second() -> None:
    found = look({LaneKind.PROFILE: 1_000.0}, {LaneKind.PROFILE: 59_000})

    assert found.requests_per_s == 1
    assert found.backlog_requests == 59
    assert found.clears_s == 1


def test_a_part_of_a_batch_is_a_request() -> None:
    assert look(backlog={LaneKind.PROFILE: 1_001, LaneKind.MEMBERSHIP: 1}).backlog_requests == 3


def test_nothing_waits_and_the_limit_is_enough() -> None:
    assert look({LaneKind.EVENT: LIMIT}).clears_s == 0


def test_a_backlog_with_arrivals_at_the_limit_never_goes() -> None:
    assert look({LaneKind.EVENT: LIMIT}, {LaneKind.EVENT: 1}).clears_s == math.inf


def test_without_a_limit_nobody_knows_how_fast_it_goes() -> None:
    found = look({LaneKind.EVENT: 1e6}, {LaneKind.EVENT: 10}, limit=0)

    assert (found.clears_s, found.clears_alone_s, found.grows_by_per_s) == (None, None, 0)


def test_a_deployment_that_stands_still_clears_nothing() -> None:
    assert look(backlog={LaneKind.EVENT: 1}, stopped=True).clears_s == math.inf
    assert look(stopped=True).clears_s == 0


@given(rates, backlogs, st.floats(0, 1_000), st.booleans())
def test_any_outlook_makes_sense(
    arrivals: dict[LaneKind, float], backlog: dict[LaneKind, int], limit: float, stopped: bool
) -> None:
    found = look(arrivals, backlog, limit, stopped)

    assert found.clears_s is None or found.clears_s >= 0
    assert found.grows_by_per_s >= 0
    if found.grows_by_per_s and not stopped:
        assert found.clears_s == math.inf
    json.loads(json.dumps(outlook_json(found), allow_nan=False))


def test_the_warning_names_the_kinds_the_limit_and_when_it_would_be_gone() -> None:
    said = forecast(look({LaneKind.EVENT: 60.0, LaneKind.SESSION: 24.0}, {LaneKind.EVENT: 12_000}))

    assert said is not None
    assert said.warns
    assert said.text == (
        "WARNING T231: 60 events/s and 24 sessions/s arrive, each takes a request of its own, and the limit is 60/s: "
        "the backlog grows by 24 requests/s. If nothing more came in, what waits (12,000 requests) would be gone in "
        "3 min. (tercel explain T231)"
    )


def test_where_the_batched_kinds_are_what_is_too_much_it_says_so_too() -> None:
    said = forecast(look({LaneKind.PROFILE: 50_000.0, LaneKind.EVENT: 20.0}))

    assert said is not None
    assert said.text.startswith("WARNING T231: what arrives needs 70 requests/s, and the limit is 60/s")


def test_a_backlog_that_will_be_gone_is_no_warning() -> None:
    said = forecast(look({LaneKind.EVENT: 10.0}, {LaneKind.EVENT: 15_000}))

    assert said is not None
    assert not said.warns
    assert (
        said.text
        == "backlog: 15,000 requests, gone in 5 min if this goes on (10 requests/s come in, the limit is 60/s)"
    )


@pytest.mark.parametrize(
    "found", [look(), look(backlog={LaneKind.EVENT: 60}), look({LaneKind.EVENT: 1e6}, {LaneKind.EVENT: 9}, limit=0)]
)
def test_everyday_business_is_not_mentioned(found: Outlook) -> None:
    assert forecast(found) is None


def test_of_a_halted_deployment_its_halt_says_enough() -> None:
    assert forecast(look({LaneKind.EVENT: 84.0}, {LaneKind.EVENT: 9}, stopped=True), halted=True) is None


@pytest.fixture
def lanes(shared_redis: str, prod: str) -> Lanes:
    """The lanes that the commands work on."""
    settings = load_settings()
    return make_lanes(connect(settings.plain_redis_url()), settings)


def events(n: int) -> list[Record]:
    return [Event(profile_id=f"p{i}", type="bought", event_id=f"e{i}") for i in range(n)]


def test_status_warns_of_more_events_than_the_limit_lets_out(
    tercel: Tercel, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERCEL_DEPLOYMENTS__PROD__RATE", "1")
    lanes.enqueue("prod", Urgency.LIVE, events(350))

    ran = tercel("status")

    assert ran.status == 0
    assert re.search(r"WARNING T231: 5\.\d events/s arrive", ran.out)
    assert "each takes a request of its own, and the limit is 1/s" in ran.out


def test_status_says_when_the_backlog_of_a_file_will_be_gone(tercel: Tercel, lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.BULK, events(600))

    assert "backlog: 600 requests, gone in 10.0 s if this goes on" in tercel("status").out


def test_status_as_json_holds_the_outlook(tercel: Tercel, lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.LIVE, [*events(70), Profile(profile_id="p")])

    [found] = json.loads(tercel("status", "--json").out)["deployments"]

    assert 1 <= found["outlook"]["single_call_arrivals_per_s"]["event"] <= 1.2
    assert found["outlook"]["backlog_requests"] == 71
    assert found["outlook"]["never_clears"] is False
