"""Records that say themselves whether attributes unknown to the deployment are left out of them."""

from __future__ import annotations

from typing import Any

import pytest

from tercel.records import LaneKind
from tests.destinations.talon_one_given import answer, body_of, error, event, judged, profile, refused, request_for
from workers.destinations.base import Knowledge
from workers.destinations.talon_one.reasons import ATTRIBUTE_REFUSED, ATTRIBUTE_UNKNOWN
from workers.outcomes import RejectItems, StripAttributes

UNKNOWN = Knowledge(unknown_attributes=frozenset({("profile", "Hat"), ("event", "Hat"), ("session", "Hat")}))
HATS = {"attributes": {"Hat": 1}}
ANYWHERE = error("Unknown", "/attributes/Hat")


def attributes_sent(records: list[dict[str, Any]], default: bool) -> list[dict[str, Any]]:
    request = request_for(LaneKind.PROFILE, records, UNKNOWN, skip_unknown_attributes=default)
    return [one["attributes"] for one in body_of(request)["customerProfiles"]]


@pytest.mark.parametrize("default", [True, False])
def test_what_a_record_says_wins_over_the_deployment(default: bool) -> None:
    records = [profile("p1", Hat=1) | {"skip_unknown": True}, profile("p2", Hat=2) | {"skip_unknown": False}]

    assert attributes_sent(records, default) == [{}, {"Hat": 2}]


@pytest.mark.parametrize(("default", "left"), [(True, {}), (False, {"Hat": 2})])
def test_a_record_that_says_nothing_is_left_to_the_deployment(default: bool, left: dict[str, int]) -> None:
    records = [profile("p1", Hat=1) | {"skip_unknown": True}, profile("p2", Hat=2)]

    assert attributes_sent(records, default) == [{}, left]


def test_merged_records_skip_only_where_each_of_them_does() -> None:
    records = [
        profile("p1", Hat=1) | {"skip_unknown": True},
        profile("p1", A=1) | {"skip_unknown": True},
        profile("p2", Hat=1) | {"skip_unknown": True},
        profile("p2", A=1),
    ]

    assert attributes_sent(records, default=False) == [{"A": 1}, {"Hat": 1, "A": 1}]


@pytest.mark.parametrize(
    ("kind", "record", "path"),
    [
        (LaneKind.RULES, {"profile_id": "p1", "run_rules": True, **HATS}, ()),
        (LaneKind.EVENT, event(**HATS), ()),
        (LaneKind.SESSION, {"session_id": "s1", "details": HATS}, ("customerSession",)),
    ],
)
def test_a_record_that_travels_alone_says_it_for_itself(
    kind: LaneKind, record: dict[str, Any], path: tuple[str, ...]
) -> None:
    def sent(skip: bool) -> Any:
        body = body_of(request_for(kind, [record | {"skip_unknown": skip}], UNKNOWN))
        for name in path:
            body = body[name]
        return body.get("attributes", {})

    assert sent(True) == {}
    assert sent(False) == {"Hat": 1}


def judged_400(records: list[dict[str, Any]], *errors: dict[str, Any], default: bool = False) -> object:
    return judged(LaneKind.PROFILE, answer(400, refused(*errors)), records, skip_unknown_attributes=default)


def test_a_400_strips_items_that_skip_and_refuses_those_that_do_not() -> None:
    records = [profile("p1", Hat=1) | {"skip_unknown": True}, profile("p2", Hat=2), profile("p3", A=1)]

    outcome = judged_400(records, ANYWHERE)

    assert isinstance(outcome, StripAttributes)
    assert outcome.names == {("profile", "Hat")}
    assert {item: why.code for item, why in outcome.refused.items()} == {1: ATTRIBUTE_UNKNOWN}


def test_a_400_about_an_item_that_does_not_skip_strips_nothing() -> None:
    records = [profile("p1", Hat=1) | {"skip_unknown": True}, profile("p2", Hat=2)]

    outcome = judged_400(records, error("Unknown", "/customerProfiles/1/attributes/Hat"))

    assert isinstance(outcome, RejectItems)
    assert set(outcome.items) == {1}


def test_a_record_may_refuse_what_its_deployment_would_skip() -> None:
    outcome = judged_400([profile("p1", Hat=1) | {"skip_unknown": False}], ANYWHERE, default=True)

    assert isinstance(outcome, RejectItems)


def test_other_faults_wait_until_the_attributes_are_stripped() -> None:
    records = [profile("p1", Hat=1) | {"skip_unknown": True}, profile("p2", A=2)]

    outcome = judged_400(records, ANYWHERE, error("Invalid type", "/customerProfiles/1/attributes/A"))

    assert isinstance(outcome, StripAttributes)
    assert outcome.refused == {}


def test_a_wrong_value_is_refused_also_of_a_record_that_skips() -> None:
    records = [profile("p1", A=1) | {"skip_unknown": True}]

    outcome = judged_400(records, error("Invalid type", "/customerProfiles/0/attributes/A"))

    assert isinstance(outcome, RejectItems)
    assert outcome.items[0].code == ATTRIBUTE_REFUSED


@pytest.mark.parametrize("kind", [LaneKind.EVENT, LaneKind.SESSION])
def test_a_400_to_a_record_alone_asks_that_record(kind: LaneKind) -> None:
    record = event(**HATS) if kind is LaneKind.EVENT else {"session_id": "s1", "details": HATS}
    pointer = "/attributes/Hat" if kind is LaneKind.EVENT else "/customerSession/attributes/Hat"
    given = answer(400, refused(error("Unknown", pointer)))

    assert isinstance(judged(kind, given, [record | {"skip_unknown": True}]), StripAttributes)
    assert isinstance(judged(kind, given, [record]), RejectItems)
