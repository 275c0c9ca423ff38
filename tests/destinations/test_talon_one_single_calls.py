from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from tercel.records import LaneKind
from tercel.settings.keys import Credentials
from tests.destinations.talon_one_given import body_of, event, rendered, request_for
from workers.destinations.base import Knowledge
from workers.destinations.talon_one import TalonOne
from workers.destinations.talon_one.reasons import (
    AUDIENCE_NOT_KNOWN,
    CHANGES_CONTRADICT,
    CHANGES_TOO_MANY,
    CHANGES_WITHOUT_RULES,
    ID_NOT_ADDRESSABLE,
    IDENTITIES_FIXED,
    NOT_WRITABLE,
)
from workers.destinations.talon_one.sessions import RESPONSE_CONTENT

WITH_RULES = {"profile_id": "a/b", "run_rules": True, "attributes": {"A": 1}}
CHANGES = {"profile_id": "p1", "audiences_add": [2, 4], "audiences_delete": [7]}
UNKNOWN = Knowledge(
    unknown_attributes=frozenset({("profile", "A"), ("event", "B"), ("session", "C"), ("cart_item", "D")}),
    audience_ids={("external", "x1"): 7, ("name", "VIP"): 8},
)


def test_a_profile_with_rules_goes_alone_with_its_id_in_the_path() -> None:
    request = request_for(LaneKind.RULES, [WITH_RULES])

    assert (request.method, request.path) == ("PUT", "/v2/customer_profiles/a%2Fb")
    assert request.query == "runRuleEngine=true"
    assert request.idempotency_header
    assert body_of(request) == {"attributes": {"A": 1}}


@pytest.mark.parametrize(
    ("adds", "deletes", "sent"),
    [([2], [], {"adds": [2], "deletes": []}), ([], [7], {"adds": [], "deletes": [7]}), ([], [], None)],
)
def test_audience_changes_have_both_sides_or_are_left_out(
    adds: list[int], deletes: list[int], sent: dict[str, list[int]] | None
) -> None:
    record = WITH_RULES | {"audiences_add": adds, "audiences_delete": deletes}

    assert body_of(request_for(LaneKind.RULES, [record])).get("audiencesChanges") == sent


def test_audience_changes_alone_travel_as_membership_actions_that_run_no_rules() -> None:
    request = request_for(LaneKind.RULES, [CHANGES])

    assert (request.path, request.items, request.idempotency_header) == ("/v2/customer_audiences", ((0,),), False)
    assert [(a["action"], a["audienceId"]) for a in body_of(request)["data"]] == [("add", 2), ("add", 4), ("delete", 7)]


@pytest.mark.parametrize(("choice", "query"), [("run_rules", "true"), ("single_call", "false")])
def test_a_deployment_may_send_audience_changes_by_the_single_call(choice: str, query: str) -> None:
    request = request_for(LaneKind.RULES, [CHANGES | {"attributes": {"A": 1}}], audience_changes=choice)

    assert request.query == f"runRuleEngine={query}"
    assert body_of(request) == {"attributes": {"A": 1}, "audiencesChanges": {"adds": [2, 4], "deletes": [7]}}


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (CHANGES | {"attributes": {"A": 1}}, CHANGES_WITHOUT_RULES),
        (CHANGES | {"audiences_delete": [4]}, CHANGES_CONTRADICT),
        ({"profile_id": "p1", "identities": {"now": {"extid": "c-7"}}}, IDENTITIES_FIXED),
        ({"profile_id": "p1", "audiences_add": list(range(1, 1_002))}, CHANGES_TOO_MANY),
        (WITH_RULES | {"profile_id": ".."}, ID_NOT_ADDRESSABLE),
        (WITH_RULES | {"profile_id": "\ud800"}, NOT_WRITABLE),
    ],
)
def test_a_profile_that_cannot_travel_alone_is_refused_with_its_reason(record: dict[str, Any], code: str) -> None:
    result = rendered(LaneKind.RULES, [record])

    assert result.request is None
    assert result.refused[0].code == code


def test_a_v2_event_has_no_field_for_its_own_id_and_asks_for_an_idempotency_key() -> None:
    request = request_for(LaneKind.EVENT, [event(session_id="s1")])

    assert (request.method, request.path, request.query) == ("POST", "/v2/events", "silent=yes")
    assert request.idempotency_header
    assert body_of(request) == {"profileId": "p1", "type": "purchase"}


def test_a_v3_event_carries_its_own_id_instead_of_an_idempotency_key() -> None:
    record = event(session_id="s1", store_id="st1", loyalty_cards=["c1"], attributes={"Total": 5})

    request = request_for(LaneKind.EVENT, [record], events_api="v3")

    assert (request.path, request.idempotency_header) == ("/v3/events", False)
    assert body_of(request) == {
        "profileId": "p1",
        "type": "purchase",
        "integrationId": "e1",
        "connectedSessionId": "s1",
        "storeIntegrationId": "st1",
        "loyaltyCards": ["c1"],
        "attributes": {"Total": 5},
    }


def test_a_session_is_wrapped_and_its_own_fields_win_over_its_details() -> None:
    record = {
        "session_id": "s 1",
        "profile_id": "p1",
        "state": "closed",
        "details": {"couponCodes": ["C"], "state": "open", "profileId": "other"},
    }

    request = request_for(LaneKind.SESSION, [record])

    assert (request.method, request.path) == ("PUT", "/v2/customer_sessions/s%201")
    assert request.idempotency_header
    assert body_of(request) == {"customerSession": {"couponCodes": ["C"], "profileId": "p1", "state": "closed"}}


def test_a_session_without_a_profile_is_anonymous_and_open() -> None:
    assert body_of(request_for(LaneKind.SESSION, [{"session_id": "s1"}])) == {
        "customerSession": {"profileId": "", "state": "open"}
    }


@pytest.mark.parametrize(
    ("callback", "asked_for"),
    [
        ({"uri": "https://h", "fields": ["customerSession", "effects"]}, ["customerSession"]),
        ({"uri": "https://h", "fields": ["effects"]}, None),
        ({"uri": "https://h"}, list(RESPONSE_CONTENT)),
    ],
)
def test_a_session_with_a_callback_asks_for_what_the_callback_wants(
    callback: dict[str, Any], asked_for: list[str] | None
) -> None:
    request = request_for(LaneKind.SESSION, [{"session_id": "s1", "callback": callback}])

    assert body_of(request).get("responseContent") == asked_for


def test_a_session_id_that_means_a_folder_is_refused() -> None:
    assert rendered(LaneKind.SESSION, [{"session_id": "."}]).refused[0].code == ID_NOT_ADDRESSABLE


@pytest.mark.parametrize(
    ("kind", "record", "sent"),
    [
        (LaneKind.RULES, WITH_RULES, {"attributes": {}}),
        (
            LaneKind.EVENT,
            event(attributes={"B": 1, "A": 2}),
            {"profileId": "p1", "type": "purchase", "attributes": {"A": 2}},
        ),
        (
            LaneKind.SESSION,
            {
                "session_id": "s1",
                "details": {"attributes": {"C": 1, "D": 2}, "cartItems": [{"attributes": {"D": 1}}, 5]},
            },
            {
                "customerSession": {
                    "attributes": {"D": 2},
                    "cartItems": [{"attributes": {}}, 5],
                    "profileId": "",
                    "state": "open",
                }
            },
        ),
    ],
)
def test_unknown_attributes_are_left_out_of_their_own_entity_only(
    kind: LaneKind, record: dict[str, Any], sent: dict[str, Any]
) -> None:
    assert body_of(request_for(kind, [record], UNKNOWN, skip_unknown_attributes=True)) == sent


def test_an_audience_is_created_with_the_fields_it_has() -> None:
    record = {"action": "create", "name": "New", "external_id": "x9", "integration": "segment", "description": "d"}

    request = request_for(LaneKind.AUDIENCE, [record], UNKNOWN)

    assert (request.method, request.path, request.idempotency_header) == ("POST", "/v2/audiences", False)
    assert body_of(request) == {"name": "New", "integrationId": "x9", "integration": "segment", "description": "d"}


@pytest.mark.parametrize(
    "record", [{"action": "create", "name": "N", "external_id": "x1"}, {"action": "create", "name": "VIP"}]
)
def test_an_audience_whose_id_is_known_is_not_created_again(record: dict[str, Any]) -> None:
    result = rendered(LaneKind.AUDIENCE, [record], UNKNOWN)

    assert (result.request, result.refused, result.needs) == (None, {}, None)


def test_an_audience_is_renamed_by_its_id() -> None:
    request = request_for(LaneKind.AUDIENCE, [{"action": "rename", "name": "New", "external_id": "x1"}], UNKNOWN)

    assert (request.method, request.path) == ("PUT", "/v2/audiences/7")
    assert body_of(request) == {"name": "New"}


@pytest.mark.parametrize(("found_by", "audience_id"), [({"audience_id": 3}, 3), ({"name": "VIP"}, 8)])
def test_an_audience_is_deleted_by_its_id_without_a_body(found_by: dict[str, Any], audience_id: int) -> None:
    request = request_for(LaneKind.AUDIENCE, [{"action": "delete", **found_by}], UNKNOWN)

    assert (request.method, request.path, request.body) == ("DELETE", f"/v2/audiences/{audience_id}", b"")


@pytest.mark.parametrize("action", ["rename", "delete"])
def test_an_audience_whose_id_nobody_knows_cannot_be_changed(action: str) -> None:
    result = rendered(LaneKind.AUDIENCE, [{"action": action, "name": "Nobody"}], UNKNOWN)

    assert result.refused[0].code == AUDIENCE_NOT_KNOWN


def test_the_probe_is_the_credential_check_and_changes_nothing() -> None:
    probe = TalonOne().probe()

    assert (probe.method, probe.path, probe.body, probe.items) == ("GET", "/v2/authping", b"", ())


def test_the_key_is_sent_in_the_integration_api_s_own_scheme() -> None:
    destination = TalonOne()

    sent = destination.proved(destination.probe(), Credentials(SecretStr("abc")))

    assert sent.headers["Authorization"] == "ApiKey-v1 abc"
