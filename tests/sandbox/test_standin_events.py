from collections.abc import Callable
from typing import Any

import httpx
import pytest
from talon_one_requests import event, pointers, session

from sandbox.talon_one import StandIn

Assume = Callable[..., None]
V3 = {"integrationId": "e1"}


def test_a_v2_event_is_answered_204_and_makes_its_profile(api: httpx.Client, standin: StandIn) -> None:
    answer = event(api, {"attributes": {"Amount": 3}})
    assert (answer.status_code, answer.content) == (204, b"")
    assert [(e["profileId"], e["type"], e["attributes"]) for e in standin.admin.events()] == [
        ("p1", "purchase", {"Amount": 3})
    ]
    assert list(standin.admin.profiles()) == ["p1"]


@pytest.mark.parametrize(("version", "name", "body"), [("v2", "event", {}), ("v3", "advancedEvent", V3)])
def test_a_loud_event_answers_with_what_was_asked_for(
    api: httpx.Client, version: str, name: str, body: dict[str, Any]
) -> None:
    answer = event(api, {**body, "responseContent": [name, "customerProfile"]}, version=version, query="?silent=no")
    assert answer.status_code == 200
    assert answer.json()[name]["type"] == "purchase"
    assert answer.json()["customerProfile"]["integrationId"] == "p1"


@pytest.mark.parametrize(
    ("version", "body", "expected"),
    [
        ("v2", {"profileId": ""}, ["/profileId"]),
        ("v2", {"type": ""}, ["/type"]),
        ("v2", {"integrationId": "e1"}, ["/integrationId"]),
        ("v2", {"attributes": {"Shoe": 1}}, ["/attributes/Shoe"]),
        ("v2", {"attributes": {"Amount": "3"}}, ["/attributes/Amount"]),
        ("v2", {"storeIntegrationId": ""}, ["/storeIntegrationId"]),
        ("v2", {"storeIntegrationId": "x" * 1_001}, ["/storeIntegrationId"]),
        ("v2", {"loyaltyCards": ["a", "b"]}, ["/loyaltyCards"]),
        ("v2", {"timestamp": "1997-01-01T00:00:00Z"}, ["/timestamp"]),
        ("v3", {}, ["/integrationId"]),
        ("v3", {"integrationId": ""}, ["/integrationId"]),
        ("v3", {**V3, "responseContent": ["event"]}, ["/responseContent"]),
    ],
)
def test_an_event_that_is_not_right_is_refused(
    api: httpx.Client, version: str, body: dict[str, Any], expected: list[str]
) -> None:
    answer = event(api, body, version=version)
    assert (answer.status_code, pointers(answer)) == (400, expected)


def test_an_event_without_a_profile_is_refused(api: httpx.Client) -> None:
    answer = api.post("/v2/events", json={"type": "purchase"})
    assert (answer.status_code, pointers(answer)) == (400, ["/profileId"])


@pytest.mark.parametrize(("choice", "status"), [("204", 204), ("200", 200)])
def test_a10_says_how_a_silent_v3_event_is_answered(
    api: httpx.Client, assume: Assume, choice: str, status: int
) -> None:
    assume(a10_silent_v3=choice)
    assert event(api, V3, version="v3").status_code == status


@pytest.mark.parametrize(("choice", "status"), [("400", 400), ("404", 404)])
def test_a11_says_how_an_unknown_type_is_answered(api: httpx.Client, assume: Assume, choice: str, status: int) -> None:
    assume(a11_unknown_type=choice)
    answer = event(api, {"type": "customer_profile_created"})
    assert (answer.status_code, pointers(answer)) == (status, ["/type"] if status == 400 else [])


def test_the_id_of_a_v3_event_is_used_once(api: httpx.Client, standin: StandIn) -> None:
    assert event(api, V3, version="v3").status_code == 204
    answer = event(api, V3, version="v3")
    assert answer.status_code == 409
    assert "Too many" not in answer.json()["message"]
    assert len(standin.admin.events()) == 1


def test_a_v3_event_can_be_looked_up_by_its_encoded_id(api: httpx.Client) -> None:
    event(api, {"integrationId": "a/b c"}, version="v3")
    assert api.get("/v3/events/a%2Fb%20c").json()["integrationId"] == "a/b c"
    assert api.get("/v3/events/other").status_code == 404


@pytest.mark.parametrize(("state", "status"), [(None, 400), ("open", 400), ("closed", 204)])
def test_the_connected_session_must_be_closed(api: httpx.Client, state: str | None, status: int) -> None:
    if state is not None:
        session(api, "s1", {"state": state})
    assert event(api, {**V3, "connectedSessionId": "s1"}, version="v3").status_code == status


def test_a_dry_event_leaves_nothing(api: httpx.Client, standin: StandIn) -> None:
    assert event(api, V3, version="v3", query="?dry=true&forceCompleteEvaluation=true").status_code == 204
    assert (standin.admin.events(), standin.admin.profiles()) == ([], {})


def test_complete_evaluation_needs_a_dry_run(api: httpx.Client) -> None:
    assert event(api, {}, query="?forceCompleteEvaluation=true").status_code == 400
