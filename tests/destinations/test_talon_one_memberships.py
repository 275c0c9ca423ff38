from __future__ import annotations

from tercel.records import LaneKind
from tests.destinations.talon_one_given import body_of, membership, rendered, request_for
from workers.destinations.base import Knowledge
from workers.destinations.talon_one.reasons import AUDIENCE_NOT_KNOWN
from workers.outcomes import CreateAudience

KNOWN = Knowledge(audience_ids={("external", "x1"): 7, ("name", "VIP"): 8})


def test_memberships_go_as_one_call_of_actions_without_an_idempotency_key() -> None:
    request = request_for(
        LaneKind.MEMBERSHIP, [membership("p1", audience_id=42), membership("p2", "delete", audience_id=42)]
    )

    assert (request.method, request.path, request.query) == ("POST", "/v2/customer_audiences", "")
    assert not request.idempotency_header
    assert body_of(request) == {
        "data": [
            {"action": "add", "profileIntegrationId": "p1", "audienceId": 42},
            {"action": "delete", "profileIntegrationId": "p2", "audienceId": 42},
        ]
    }


def test_the_last_action_of_a_profile_and_audience_wins() -> None:
    records = [
        membership("p1", "add", audience_id=1),
        membership("p1", "add", audience_id=2),
        membership("p1", "delete", audience_id=1),
    ]

    request = request_for(LaneKind.MEMBERSHIP, records)

    assert [(a["audienceId"], a["action"]) for a in body_of(request)["data"]] == [(1, "delete"), (2, "add")]
    assert request.items == ((0, 2), (1,))


def test_an_audience_is_found_by_external_id_or_name() -> None:
    records = [membership("p1", audience_external_id="x1"), membership("p1", audience_name="VIP")]

    assert [a["audienceId"] for a in body_of(request_for(LaneKind.MEMBERSHIP, records, KNOWN))["data"]] == [7, 8]


def test_ways_of_naming_one_audience_are_one_membership() -> None:
    records = [membership("p1", audience_external_id="x1"), membership("p1", "delete", audience_id=7)]

    assert request_for(LaneKind.MEMBERSHIP, records, KNOWN).items == ((0, 1),)


def test_an_unknown_external_id_never_falls_back_to_another_audience_of_the_same_name() -> None:
    records = [membership("p1", audience_external_id="x2", audience_name="VIP")]

    result = rendered(LaneKind.MEMBERSHIP, records, KNOWN)

    assert result.request is None
    assert result.needs == CreateAudience("VIP", "x2")


def test_an_audience_that_the_record_can_name_is_created_first() -> None:
    records = [membership("p1", audience_id=1), membership("p2", audience_name="New")]

    result = rendered(LaneKind.MEMBERSHIP, records, KNOWN)

    assert result.request is None
    assert result.needs == CreateAudience("New", None)


def test_an_audience_that_nobody_can_name_is_refused_and_the_others_go() -> None:
    records = [membership("p1", audience_external_id="x9"), membership("p2", audience_id=1)]

    result = rendered(LaneKind.MEMBERSHIP, records, KNOWN)

    assert result.refused[0].code == AUDIENCE_NOT_KNOWN
    assert "tercel audiences bind" in result.refused[0].text
    assert result.request is not None
    assert result.request.items == ((1,),)
    assert result.needs is None
