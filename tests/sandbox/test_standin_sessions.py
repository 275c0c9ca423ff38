from typing import Any

import httpx
import pytest
from talon_one_requests import pointers, session

from sandbox.talon_one import StandIn

ITEM = {"sku": "a", "quantity": 2, "price": 5}


def test_a_session_is_made_and_answered_with_the_three_lists(api: httpx.Client, standin: StandIn) -> None:
    answer = session(api, "s%2F1", {"profileId": "p1", "cartItems": [ITEM]})
    assert (answer.status_code, answer.json()) == (200, {"effects": [], "createdCoupons": [], "createdReferrals": []})
    held = standin.admin.sessions()["s/1"]
    assert (held["profileId"], held["state"], held["total"]) == ("p1", "open", 10)
    assert list(standin.admin.profiles()) == ["p1"]


def test_an_update_builds_on_the_earlier_ones(api: httpx.Client, standin: StandIn) -> None:
    session(api, "s1", {"profileId": "p1", "couponCodes": ["C"], "attributes": {"Shop": "a"}, "cartItems": [ITEM]})
    session(api, "s1", {"state": "closed", "cartItems": []})
    held = standin.admin.sessions()["s1"]
    assert (held["profileId"], held["couponCodes"], held["attributes"], held["cartItems"], held["updateCount"]) == (
        "p1",
        ["C"],
        {"Shop": "a"},
        [],
        2,
    )


@pytest.mark.parametrize(
    ("before", "state", "status"),
    [
        ([], "open", 200),
        ([], "closed", 200),
        ([], "cancelled", 400),
        ([], "partially_returned", 400),
        (["open"], "open", 200),
        (["open"], "closed", 200),
        (["open"], "cancelled", 200),
        (["closed"], "open", 400),
        (["closed"], "closed", 400),
        (["closed"], "cancelled", 200),
        (["closed"], "partially_returned", 400),
        (["open", "cancelled"], "open", 400),
    ],
)
def test_a_session_changes_its_state_in_the_allowed_ways_only(
    api: httpx.Client, before: list[str], state: str, status: int
) -> None:
    for earlier in before:
        session(api, "s1", {"state": earlier})
    assert session(api, "s1", {"state": state}).status_code == status


def test_an_anonymous_session_makes_no_profile(api: httpx.Client, standin: StandIn) -> None:
    assert session(api, "s1", {"profileId": ""}).status_code == 200
    assert standin.admin.profiles() == {}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"state": "done"}, "state"),
        ({"attributes": {"Shoe": 1}}, "attributes/Shoe"),
        ({"couponCodes": ["x" * 101]}, "couponCodes"),
        ({"couponCodes": ["x"] * 101}, "couponCodes"),
        ({"referralCode": "x" * 101}, "referralCode"),
        ({"loyaltyCards": ["a", "b"]}, "loyaltyCards"),
        ({"identifiers": ["i"] * 6}, "identifiers"),
        ({"storeIntegrationId": ""}, "storeIntegrationId"),
        ({"evaluableCampaignIds": [1]}, "evaluableCampaignIds"),
        ({"experimentVariantAllocations": [{"experimentID": 1}]}, "experimentVariantAllocations/0/variantID"),
        ({"additionalCosts": {"gift": {"price": 1}}}, "additionalCosts/gift"),
        ({"additionalCosts": {"shipping": {}}}, "additionalCosts/shipping/price"),
        ({"cartItems": [ITEM] * 1_001}, "cartItems"),
        ({"cartItems": [{**ITEM, "quantity": 10_000}, ITEM]}, "cartItems"),
        ({"cartItems": [{"quantity": 1, "price": 1}]}, "cartItems/0/sku"),
        ({"cartItems": [{"sku": "a", "price": 1}]}, "cartItems/0/quantity"),
        ({"cartItems": [{**ITEM, "quantity": 0}]}, "cartItems/0/quantity"),
        ({"cartItems": [{**ITEM, "quantity": 1.5}]}, "cartItems/0/quantity"),
        ({"cartItems": [{"sku": "a", "quantity": 1}]}, "cartItems/0/price"),
        ({"cartItems": [{**ITEM, "weight": "1 g"}]}, "cartItems/0/weight"),
        ({"cartItems": [{**ITEM, "position": 1}]}, "cartItems/0/position"),
        ({"cartItems": [{**ITEM, "attributes": {"Shoe": 1}}]}, "cartItems/0/attributes/Shoe"),
        ({"cartItems": [{**ITEM, "additionalCosts": {"gift": {"price": 1}}}]}, "cartItems/0/additionalCosts/gift"),
        ({"sessionId": "s1"}, "sessionId"),
    ],
)
def test_a_session_that_is_not_right_is_refused(api: httpx.Client, body: dict[str, Any], place: str) -> None:
    answer = session(api, "s1", body)
    assert (answer.status_code, pointers(answer)) == (400, [f"/customerSession/{place}"])


def test_the_limits_themselves_are_allowed(api: httpx.Client) -> None:
    body = {
        "couponCodes": ["x" * 100] * 100,
        "referralCode": "x" * 100,
        "identifiers": ["i"] * 5,
        "additionalCosts": {"shipping": {"price": 1.5}},
        "cartItems": [{"sku": "known", "quantity": 10} for _ in range(1_000)],
    }
    assert session(api, "s" * 2_000, body).status_code == 200


def test_the_wrapper_is_required_and_its_400_has_no_status_in_the_body(api: httpx.Client) -> None:
    answer = api.put("/v2/customer_sessions/s1", json={"profileId": "p1"})
    assert answer.status_code == 400
    assert "/customerSession" in pointers(answer)
    assert "StatusCode" not in answer.json()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?now=2099-01-01T00:00:00Z", 400),
        ("?dry=true&now=2001-01-01T00:00:00Z", 400),
        ("?dry=true&now=later", 400),
        ("?dry=true&now=2099-01-01T00:00:00Z", 200),
    ],
)
def test_now_must_be_in_the_future_of_a_dry_run(api: httpx.Client, standin: StandIn, query: str, status: int) -> None:
    assert session(api, "s1", {"profileId": "p1"}, query=query).status_code == status
    assert standin.admin.sessions() == {}


def test_a_session_answers_with_itself_and_the_profile_if_asked(api: httpx.Client) -> None:
    session(api, "s0", {"profileId": "p1", "state": "closed", "cartItems": [ITEM]})
    body = {"customerSession": {"profileId": "p1"}, "responseContent": ["customerSession", "customerProfile"]}
    answer = api.put("/v2/customer_sessions/s1", json=body).json()
    assert (answer["customerSession"]["firstSession"], answer["customerSession"]["updateCount"]) == (False, 1)
    assert (answer["customerProfile"]["closedSessions"], answer["customerProfile"]["totalSales"]) == (1, 10)
