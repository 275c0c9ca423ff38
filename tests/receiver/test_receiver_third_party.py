"""The drop-in for integration.talon.one, over real sockets."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest

from tercel.records import LaneKind
from tests.receiver.open_doors import API_KEY, OpenDoors

PROFILE = "/segment/v2/customer_profiles/c-7"
SPLITTING = "ApiKey-v1 fedcbafedcbafedcbafedcbafedcbafe"  # of the sender that may send more than 1,000 changes


def test_a_call_is_answered_as_the_original_does_once_it_is_on_its_lane(doors: OpenDoors) -> None:
    answer = doors.call("PUT", PROFILE, {"attributes": {"city": "Zürich"}})

    assert answer.status_code == 200
    assert answer.json() == {"effects": [], "createdCoupons": [], "createdReferrals": []}
    assert doors.records() == [{"profile_id": "c-7", "attributes": {"city": "Zürich"}}]


def test_a_key_may_come_as_basic(doors: OpenDoors) -> None:
    basic = base64.b64encode(f"ApiKey-v1 {API_KEY}:".encode()).decode()
    assert doors.call("PUT", PROFILE, {}, Authorization=f"Basic {basic}").status_code == 200


@pytest.mark.parametrize("authorization", ["", "ApiKey-v1", "ApiKey-v1 wrong", f"Bearer {API_KEY}", "ApiKey-v1 \xff"])
def test_a_wrong_key_is_answered_401_in_the_originals_shape(doors: OpenDoors, authorization: str) -> None:
    answer = doors.http.put(
        PROFILE,
        json={},
        headers={"Authorization": authorization.encode("latin-1"), "destination-hostname": "127.0.0.1"},
    )
    assert answer.status_code == 401
    assert set(answer.json()) == {"StatusCode", "Error", "RequestUUID"}
    assert answer.json()["StatusCode"] == 401
    assert UUID(answer.json()["RequestUUID"])


@pytest.mark.parametrize(
    ("hostname", "deployment"),
    [("127.0.0.1", "prod"), ("http://127.0.0.1:9/", "prod"), ("http://127.0.0.2:9", "other")],
)
def test_the_hostname_chooses_the_deployment(doors: OpenDoors, hostname: str, deployment: str) -> None:
    doors.call("PUT", PROFILE, {"attributes": {"a": 1}}, **{"destination-hostname": hostname})
    assert len(doors.records(deployment=deployment)) == 1


@pytest.mark.parametrize("hostname", ["", "127.0.0.3", "https://"])
def test_a_hostname_of_nobody_is_answered_400(doors: OpenDoors, hostname: str) -> None:
    answer = doors.call("PUT", PROFILE, {}, **{"destination-hostname": hostname})
    assert answer.status_code == 400


def test_a_sender_cannot_address_a_deployment_that_is_not_its_own(doors: OpenDoors) -> None:
    answer = doors.call("PUT", PROFILE, {"attributes": {"a": 1}}, Authorization=SPLITTING)
    assert answer.status_code == 400
    assert doors.records() == []


def test_a_field_that_is_wrong_is_named(doors: OpenDoors) -> None:
    answer = doors.call("PUT", PROFILE, {"attributes": 7})
    assert answer.status_code == 400
    assert "attributes" in answer.json()["Error"]


def test_of_several_items_the_good_ones_are_taken_and_the_bad_ones_kept(doors: OpenDoors) -> None:
    data = [{"customerProfileId": "a", "adds": [1]}, {"customerProfileId": "", "adds": [1]}]
    answer = doors.call("PUT", "/cdp/customer_profiles/audiences", {"data": data})

    assert (answer.status_code, answer.content) == (204, b"")
    assert [record["profile_id"] for record in doors.records(LaneKind.MEMBERSHIP)] == ["a"]
    [kept] = doors.store.rejections()
    assert kept.source == "sender platform, profiles_audiences"
    assert doors.counted() == {"received": 2, "waiting": 1, "rejected": 1}


def test_more_changes_than_a_request_may_hold_are_taken_where_the_sender_may_split_them(doors: OpenDoors) -> None:
    data = [{"customerProfileId": f"c-{n}", "adds": [1, 2]} for n in range(700)]
    path, host = "/segment/customer_profiles/audiences", {"destination-hostname": "127.0.0.2"}

    assert doors.call("PUT", path, {"data": data}, **host).status_code == 400
    assert doors.call("PUT", path, {"data": data}, Authorization=SPLITTING, **host).status_code == 204
    assert doors.counted("other")["received"] == 1_400


def test_an_audience_is_announced_and_answered_with_an_id(doors: OpenDoors) -> None:
    answer = doors.call("POST", "/segment/audiences", {"audienceId": "vip-7", "audienceName": "VIPs"})

    assert answer.status_code == 201
    assert answer.json()["integrationId"] == "vip-7"
    assert doors.store.announced_audiences("prod")["vip-7"] == "VIPs"


def test_a_call_without_a_body_is_taken_where_it_needs_none(doors: OpenDoors) -> None:
    assert doors.call("DELETE", "/segment/audiences/vip-1").status_code == 204


def test_an_id_that_was_not_encoded_is_put_together_again(doors: OpenDoors) -> None:
    doors.call("PUT", "/segment/v2/customer_profiles/a/b?c", {"attributes": {"a": 1}})
    assert [record["profile_id"] for record in doors.records()] == ["a/b?c"]


def test_a_base_url_that_ends_with_a_slash_makes_two_and_they_count_as_one(doors: OpenDoors) -> None:
    answer = doors.call("PUT", f"http://127.0.0.1:{doors.port}/{PROFILE}", {"attributes": {"a": 1}})

    assert answer.status_code == 200
    assert [record["profile_id"] for record in doors.records()] == ["c-7"]


def test_a_path_of_nobody_is_answered_404_in_the_originals_shape(doors: OpenDoors) -> None:
    answer = doors.call("PUT", "/segment/nothing", {})
    assert (answer.status_code, answer.json()["Error"]) == (404, "Not Found")


def test_another_method_is_answered_405_with_those_there_are(doors: OpenDoors) -> None:
    answer = doors.call("GET", PROFILE)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "PUT")


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[]", 400), (b"7", 400), (b"[" * 100, 400), (b" " * 70_000, 413)]
)
def test_what_is_no_call_is_refused_in_the_originals_shape(doors: OpenDoors, body: bytes, status: int) -> None:
    headers = {"Authorization": f"ApiKey-v1 {API_KEY}", "destination-hostname": "127.0.0.1"}
    answer = doors.http.put(PROFILE, content=body, headers=headers)
    assert (answer.status_code, answer.json()["StatusCode"]) == (status, status)
