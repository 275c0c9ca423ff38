from collections.abc import Callable
from typing import Any

import httpx
import pytest
from talon_one_requests import members, pointers, upsert

from sandbox.talon_one import StandIn

Assume = Callable[..., None]


def test_memberships_are_added_and_deleted_in_order(api: httpx.Client, standin: StandIn) -> None:
    answer = members(api, ("add", "p1", 7), ("add", "p2", 7), ("add", "p1", 9), ("delete", "p1", 7))
    assert (answer.status_code, answer.content) == (204, b"")
    assert standin.admin.memberships() == {(7, "p2"), (9, "p1")}


def test_a6_a_change_that_changes_nothing_is_no_error(api: httpx.Client, standin: StandIn) -> None:
    members(api, ("add", "p1", 7))
    assert members(api, ("add", "p1", 7), ("delete", "p2", 7)).status_code == 204
    assert standin.admin.memberships() == {(7, "p1")}


def test_a_profile_made_by_a_membership_is_seen_after_its_first_update(api: httpx.Client, standin: StandIn) -> None:
    members(api, ("add", "p1", 7))
    before = [row["visible"] for row in standin.admin.profile_rows()]
    upsert(api, ("p1", {}))
    assert (before, [row["visible"] for row in standin.admin.profile_rows()]) == ([False], [True])


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"action": "remove", "profileIntegrationId": "p", "audienceId": 7}, "/action"),
        ({"profileIntegrationId": "p", "audienceId": 7}, "/action"),
        ({"action": "add", "audienceId": 7}, "/profileIntegrationId"),
        ({"action": "add", "profileIntegrationId": "x" * 1_001, "audienceId": 7}, "/profileIntegrationId"),
        ({"action": "add", "profileIntegrationId": "p"}, "/audienceId"),
        ({"action": "add", "profileIntegrationId": "p", "audienceId": "7"}, "/audienceId"),
        ({"action": "add", "profileIntegrationId": "p", "audienceId": 7, "name": "x"}, "/name"),
        (None, ""),
    ],
)
def test_an_action_that_is_not_right_is_refused(api: httpx.Client, item: Any, field: str) -> None:
    answer = api.post("/v2/customer_audiences", json={"data": [item]})
    assert (answer.status_code, pointers(answer)) == (400, [f"/data/0{field}"])


@pytest.mark.parametrize(("number", "status"), [(1_000, 204), (1_001, 400)])
def test_a_membership_call_takes_1000_actions_and_no_more(api: httpx.Client, number: int, status: int) -> None:
    assert members(api, *(("add", f"p{i}", 7) for i in range(number))).status_code == status


def test_an_unknown_audience_is_a_404_that_points_at_it(api: httpx.Client, standin: StandIn) -> None:
    answer = members(api, ("add", "p1", 7), ("add", "p1", 8))
    assert (answer.status_code, pointers(answer)) == (404, ["/data/1/audienceId"])
    assert standin.admin.memberships() == set()


@pytest.mark.parametrize(("choice", "held"), [("good_items", {"p1", "p3"}), ("items_before", {"p1"})])
def test_a1_holds_for_memberships_too(
    api: httpx.Client, standin: StandIn, assume: Assume, choice: str, held: set[str]
) -> None:
    assume(a1_bad_item=choice, a2_pointer="plain")
    answer = members(api, ("add", "p1", 7), ("add", "p2", 8), ("add", "p3", 7))
    assert (answer.status_code, pointers(answer)) == (404, ["/audienceId"])
    assert {profile for _, profile in standin.admin.memberships()} == held


def test_a_new_audience_gets_an_id_and_is_answered_whole(api: httpx.Client) -> None:
    sent = {"name": "Ten", "sandbox": True, "description": "d", "subscribedApplicationsIds": [1], "integrationId": "x"}
    answer = api.post("/v2/audiences", json=sent)
    assert answer.status_code == 201
    assert answer.json().items() >= {"id": 10, **sent}.items()
    assert {"accountId", "created"} <= answer.json().keys()


def test_a14_two_audiences_may_have_one_name(api: httpx.Client) -> None:
    assert [api.post("/v2/audiences", json={"name": "Same"}).status_code for _ in range(2)] == [201, 201]


@pytest.mark.parametrize(("integration", "status"), [("segment", 409), ("mparticle", 201), (None, 201)])
def test_an_external_id_is_unique_within_its_integration(
    api: httpx.Client, integration: str | None, status: int
) -> None:
    api.post("/v2/audiences", json={"name": "A", "integration": "segment", "integrationId": "x"})
    body = {"name": "B", "integrationId": "x"} | ({"integration": integration} if integration else {})
    assert api.post("/v2/audiences", json=body).status_code == status


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": "A", "integrationId": ""}, "/integrationId"),
        ({"name": "A", "integrationId": "x" * 1_001}, "/integrationId"),
        ({"name": "A", "sandbox": "yes"}, "/sandbox"),
        ({"name": "A", "subscribedApplicationsIds": [1, 1]}, "/subscribedApplicationsIds"),
        ({"name": "A", "lastUpdate": "today"}, "/lastUpdate"),
        ({"name": "A", "id": 4}, "/id"),
    ],
)
def test_an_audience_that_is_not_right_is_refused(api: httpx.Client, body: dict[str, Any], pointer: str) -> None:
    answer = api.post("/v2/audiences", json=body)
    assert (answer.status_code, pointers(answer)) == (400, [pointer])


def test_renaming_answers_the_audience(api: httpx.Client) -> None:
    answer = api.put("/v2/audiences/7", json={"name": "Novem"})
    assert (answer.status_code, answer.json()["id"], answer.json()["name"]) == (200, 7, "Novem")


def test_emptying_takes_the_members_and_leaves_the_audience(api: httpx.Client, standin: StandIn) -> None:
    members(api, ("add", "p1", 7), ("add", "p1", 9))
    assert api.delete("/v2/audiences/7/memberships").status_code == 204
    assert standin.admin.memberships() == {(9, "p1")}
    assert members(api, ("add", "p2", 7)).status_code == 204


def test_deleting_takes_the_audience_with_its_members(api: httpx.Client, standin: StandIn) -> None:
    members(api, ("add", "p1", 7))
    assert api.delete("/v2/audiences/7").status_code == 204
    assert standin.admin.memberships() == set()
    assert members(api, ("add", "p1", 7)).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/v2/audiences/8", 404),
        ("DELETE", "/v2/audiences/8", 404),
        ("DELETE", "/v2/audiences/8/memberships", 404),
        ("PUT", "/v2/audiences/Seven", 404),
        ("DELETE", "/v2/audiences/Seven", 400),
        ("DELETE", "/v2/audiences/Seven/memberships", 404),
    ],
)
def test_an_audience_is_found_by_its_number_only(api: httpx.Client, method: str, path: str, status: int) -> None:
    body = {"name": "A"} if method == "PUT" else None
    assert api.request(method, path, json=body).status_code == status
