"""Calls as they are made to integration.talon.one, through the whole house: what the original would do is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.doors.whole_house import WholeHouse
from tests.support.house import DEPLOYMENT
from tests.workers.callback_host import CallbackHost, callback_host

CALLBACK_KEY = "a-key-of-the-callback-host-0123456789"


@pytest.fixture
def host() -> Iterator[CallbackHost]:
    with callback_host() as host:
        yield host


def attributes_of(whole: WholeHouse, profile: str) -> dict[str, Any] | None:
    """What the stand-in holds of a profile; None where it does not know it."""
    return whole.house.standin.admin.profiles().get(profile)


def audiences_of(whole: WholeHouse, profile: str) -> set[int]:
    """The audiences a profile is in at the stand-in."""
    return {number for number, name in whole.house.standin.admin.memberships() if name == profile}


def test_an_audience_and_at_once_its_members_by_the_senders_id_are_created_and_joined(whole: WholeHouse) -> None:
    users = [f"vip-{n}" for n in range(50)]
    changes = [{"customerProfileId": user, "adds": ["seg-vip"], "deletes": []} for user in users]
    changes.append({"customerProfileId": "vip-0", "adds": [], "deletes": ["seg-vip"]})

    created = whole.doors.call("POST", "/segment/audiences", {"audienceId": "seg-vip", "audienceName": "VIP"})
    joined = whole.doors.call("PUT", "/segment/v2/customer_profiles/audiences", {"data": changes})
    whole.house.comes_to_rest()

    assert (created.status_code, joined.status_code) == (201, 204)
    [audience] = [one for one in whole.house.standin.admin.audiences() if one["name"] == "VIP"]
    assert (audience["integration"], audience["integrationId"]) == ("segment", "seg-vip")
    memberships = whole.house.standin.admin.memberships()
    assert {name for number, name in memberships if number == audience["id"]} == set(users[1:])
    assert not whole.house.rejected_ids()
    whole.house.balance_closes()


def test_profiles_that_join_one_by_one_right_after_the_audience_was_posted_are_in_it(whole: WholeHouse) -> None:
    whole.doors.call("POST", "/segment/audiences", {"audienceId": "seg-one", "audienceName": "One by one"})
    for n in range(10):
        path = f"/segment/customer_profiles/single-{n}/audiences"
        assert whole.doors.call("PUT", path, {"data": {"adds": ["seg-one"], "deletes": []}}).status_code == 200
    whole.house.comes_to_rest()

    [audience] = [one for one in whole.house.standin.admin.audiences() if one["name"] == "One by one"]
    assert audience["members"] == 10
    assert not whole.house.rejected_ids()


def test_an_audience_that_is_created_renamed_and_deleted_at_once_ends_as_the_last_call_says(whole: WholeHouse) -> None:
    for name in ("kept", "gone"):
        whole.doors.call("POST", "/segment/audiences", {"audienceId": f"seg-{name}", "audienceName": f"{name}, old"})
        whole.doors.call("PUT", f"/segment/audiences/seg-{name}", {"audienceName": f"{name}, new"})
    assert whole.doors.call("DELETE", "/segment/audiences/seg-gone").status_code == 204
    whole.house.comes_to_rest()

    found = {one["name"] for one in whole.house.standin.admin.audiences()}
    assert {name for name in found if name.startswith(("kept", "gone"))} == {"kept, new"}
    assert not whole.house.rejected_ids()


def test_with_skipping_an_unknown_attribute_is_left_out_and_the_rest_arrives(whole: WholeHouse) -> None:
    path = "/segment/v2/customer_profiles/skipping?skipNonExistingAttributes=true"
    answer = whole.doors.call("PUT", path, {"attributes": {"S1": 1, "NoSuchAttribute": 2, "S3": 3}})
    whole.house.comes_to_rest()

    assert answer.status_code == 200
    assert attributes_of(whole, "skipping") == {"S1": 1, "S3": 3}
    assert not whole.house.rejected_ids()


def test_without_skipping_it_is_a_rejection_that_names_the_attribute(whole: WholeHouse) -> None:
    body = {"attributes": {"S1": 1, "AlsoUnknown": 2}}
    answer = whole.doors.call("PUT", "/segment/v2/customer_profiles/strict", body)
    whole.house.comes_to_rest()

    assert answer.status_code == 200
    assert attributes_of(whole, "strict") is None
    [rejection] = whole.house.store.rejections(deployment=DEPLOYMENT)
    assert "AlsoUnknown" in rejection.reason
    whole.house.balance_closes()
    whole.house.store.discard([rejection.record_id])


def test_a_profile_that_runs_rules_takes_its_attributes_and_audiences_along(whole: WholeHouse) -> None:
    path = "/segment/v2/customer_profiles/ruled"
    for changes in ({"adds": [3]}, {"adds": [1, 2], "deletes": [3]}):
        body = {"attributes": {"S1": 7}, "runRuleEngine": True, "audiencesChanges": changes}
        assert whole.doors.call("PUT", path, body).status_code == 200
    whole.house.comes_to_rest()

    assert attributes_of(whole, "ruled") == {"S1": 7}
    assert audiences_of(whole, "ruled") == {1, 2}
    assert not whole.house.rejected_ids()


def test_the_answer_to_a_session_is_posted_to_its_callback_with_key_and_correlation_id(
    whole: WholeHouse, host: CallbackHost
) -> None:
    headers = {
        "X-Callback-Destination-URI": host.url(),
        "X-Callback-API-Key": f"X-Their-Key {CALLBACK_KEY}",
        "X-Content-Fields": "customerSession,effects",
        "X-Correlation-ID": "order-4711",
    }
    body = {
        "profileId": "buyer",
        "state": "open",
        "cartItems": [{"name": "Shoe", "sku": "S", "quantity": 2, "price": 5}],
    }
    answer = whole.doors.call("PUT", "/segment/v2/customer_sessions/basket-1", body, **headers)
    whole.house.comes_to_rest()

    assert answer.status_code == 200
    [came] = host.came
    assert came.headers["x-their-key"] == CALLBACK_KEY
    assert came.headers["x-correlation-id"] == "order-4711"
    assert set(came.content) == {"customerSession", "effects"}
    assert (came.content["customerSession"]["integrationId"], came.content["customerSession"]["total"]) == (
        "basket-1",
        10,
    )
    assert list(whole.house.standin.admin.sessions()) == ["basket-1"]
