from __future__ import annotations

import copy

import pytest

from tercel.records import LaneKind, Urgency
from tests.destinations.talon_one_given import body_of, profile, rendered, request_for
from workers.destinations.base import Batch, Knowledge
from workers.destinations.talon_one import TalonOne
from workers.destinations.talon_one.reasons import NOT_WRITABLE

SHOE_UNKNOWN = Knowledge(unknown_attributes=frozenset({("profile", "Shoe"), ("event", "Points")}))


def test_profiles_go_as_one_bulk_call() -> None:
    request = request_for(LaneKind.PROFILE, [profile("p1", Name="Jane"), profile("p2", Points=12)])

    assert (request.method, request.path, request.query) == ("PUT", "/v2/customer_profiles", "silent=yes")
    assert body_of(request) == {
        "customerProfiles": [
            {"integrationId": "p1", "attributes": {"Name": "Jane"}},
            {"integrationId": "p2", "attributes": {"Points": 12}},
        ]
    }


def test_a_bulk_call_says_that_it_is_json_and_asks_for_an_idempotency_key() -> None:
    request = request_for(LaneKind.PROFILE, [profile()])

    assert request.headers["Content-Type"] == "application/json"
    assert request.idempotency_header


def test_a_profile_without_attributes_is_still_sent() -> None:
    assert body_of(request_for(LaneKind.PROFILE, [profile("p1")])) == {
        "customerProfiles": [{"integrationId": "p1", "attributes": {}}]
    }


def test_records_of_one_profile_are_merged_and_the_later_value_wins() -> None:
    records = [profile("p1", A=1, B=1), profile("p2", A=9), profile("p1", B=None), profile("p1", C=3)]

    request = request_for(LaneKind.PROFILE, records)

    assert body_of(request)["customerProfiles"][0] == {"integrationId": "p1", "attributes": {"A": 1, "B": None, "C": 3}}
    assert request.items == ((0, 2, 3), (1,))


def test_merging_changes_none_of_the_records() -> None:
    records = [profile("p1", A=1), profile("p1", A=2), profile("p1", B=3)]
    before = copy.deepcopy(records)

    request_for(LaneKind.PROFILE, records)

    assert records == before


def test_ids_that_differ_in_case_only_are_different_profiles() -> None:
    assert request_for(LaneKind.PROFILE, [profile("P1"), profile("p1")]).items == ((0,), (1,))


def test_attributes_known_to_be_unknown_are_left_out_where_the_deployment_says_so() -> None:
    records = [profile("p1", Shoe=44, Points=1), profile("p2", Shoe=40)]

    request = request_for(LaneKind.PROFILE, records, SHOE_UNKNOWN, skip_unknown_attributes=True)

    assert [sent["attributes"] for sent in body_of(request)["customerProfiles"]] == [{"Points": 1}, {}]


def test_attributes_once_found_unknown_are_sent_where_the_deployment_does_not_skip_them() -> None:
    request = request_for(LaneKind.PROFILE, [profile("p1", Shoe=44)], SHOE_UNKNOWN)

    assert body_of(request)["customerProfiles"][0]["attributes"] == {"Shoe": 44}


@pytest.mark.parametrize("bad", [2**64, "\ud800", {"deep": [{"x": "\udfff"}]}])
def test_a_record_that_cannot_be_written_is_refused_alone(bad: object) -> None:
    records = [profile("p1", A=1), profile("p2", A=bad), profile("p3", A=3), profile("p1", A=4)]

    result = rendered(LaneKind.PROFILE, records)

    assert {position: why.code for position, why in result.refused.items()} == {1: NOT_WRITABLE}
    assert result.request is not None
    assert result.request.items == ((0, 3), (2,))


def test_a_call_whose_every_record_cannot_be_written_has_no_request() -> None:
    result = rendered(LaneKind.PROFILE, [profile("\ud800")])

    assert result.request is None
    assert set(result.refused) == {0}


def test_nesting_that_only_the_whole_body_takes_too_far_is_refused_too() -> None:
    value: object = 1
    for _ in range(251):
        value = [value]

    result = rendered(LaneKind.PROFILE, [profile("p1", A=value), profile("p2", A=1)])

    assert set(result.refused) == {0}


def test_more_records_than_a_call_may_carry_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at most 1000 records, not 1001"):
        rendered(LaneKind.PROFILE, [profile(str(n)) for n in range(1_001)])


@pytest.mark.parametrize("kind", list(LaneKind))
def test_only_profiles_and_memberships_are_batched(kind: LaneKind) -> None:
    bulk = kind in (LaneKind.PROFILE, LaneKind.MEMBERSHIP)

    assert TalonOne().batch(kind, Urgency.BULK) == Batch(1_000 if bulk else 1)
