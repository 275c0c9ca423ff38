"""mParticle's Firehose over real sockets: what is answered, who may send, and what lies on the lanes then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tercel import messages
from tercel.records import LaneKind, Urgency
from tests.mparticle.firehose import (
    BULK_ABOVE,
    DEPLOYMENT_KEY,
    ENGAGE_TOKEN,
    OTHER_KEY,
    TOKEN,
    audience,
    custom_event,
    events,
    identity,
    memberships,
    message,
    post,
    subscription,
    user,
)
from tests.receiver.open_doors import OpenDoors

ADDED = {"profile_id": "c-1", "action": "add", "audience_external_id": "456", "audience_name": "Travellers"}


def bulk(doors: OpenDoors, kind: LaneKind = LaneKind.MEMBERSHIP, deployment: str = "prod") -> list[dict[str, Any]]:
    lying: Any = doors.redis.lrange(messages.lane_name(deployment, kind, Urgency.BULK), 0, -1)
    return [messages.decode(one).data for one in reversed(lying)]


def codes(doors: OpenDoors) -> list[str]:
    return sorted(one.code for one in doors.store.rejections())


# -- answers ------------------------------------------------------------------------------------------------------


def test_registration_needs_no_authentication_and_offers_talon_ones_settings(doors: OpenDoors) -> None:
    answer = post(doors, {"type": "module_registration_request", "id": "r-1", "timestamp_ms": 1})

    assert answer.status_code == 200
    told = answer.json()
    assert (told["type"], told["id"]) == ("module_registration_response", "r-1")
    settings = told["audience_processing_registration"]["account_settings"]
    assert [one["id"] for one in settings] == ["deploymentURL", "apiKey", "userIdField", "runRuleEngine"]
    assert told["event_processing_registration"]["account_settings"] == settings
    assert told["event_processing_registration"]["supported_event_types"] == ["custom_event"]
    [hidden] = told["audience_processing_registration"]["audience_subscription_settings"]
    assert (hidden["id"], hidden["type"], hidden["visible"]) == ("t1AudienceID", "integer", False)


def test_an_answer_has_the_requests_id_and_version(doors: OpenDoors) -> None:
    sent = memberships(user("c-1"))
    told = post(doors, sent).json()

    assert told["type"] == "audience_membership_change_response"
    assert (told["id"], told["firehose_version"]) == (sent["id"], "2.4.0")
    assert told["suspend_subscription"] is False
    assert isinstance(told["timestamp_ms"], int)


@pytest.mark.parametrize("version", ["2.1.1", "3.2.0", "99.0", None, 7], ids=str)
def test_every_version_is_taken(doors: OpenDoors, version: object) -> None:
    assert post(doors, {**memberships(user("c-1")), "firehose_version": version}).status_code == 200
    assert doors.records(LaneKind.MEMBERSHIP) == [ADDED]


def test_a_membership_request_without_users_is_a_keep_alive(doors: OpenDoors) -> None:
    answer = post(doors, message("audience_membership_change_request"))

    assert (answer.status_code, answer.json()["type"]) == (200, "audience_membership_change_response")
    assert doors.counted() == {}


def test_an_event_request_without_events_is_a_keep_alive(doors: OpenDoors) -> None:
    answer = post(doors, events(user_attributes={"City": "Riga"}))

    assert (answer.status_code, answer.json()["type"]) == (200, "event_processing_response")
    assert doors.counted() == {}


def test_a_message_of_an_unknown_type_is_answered_and_kept(doors: OpenDoors) -> None:
    answer = post(doors, message("catalog_sync_request", sku="a-1"))

    assert (answer.status_code, answer.json()["type"]) == (200, "catalog_sync_response")
    [kept] = doors.store.rejections()
    assert kept.code == "T661"
    assert "a-1" in (kept.answer or "")
    assert DEPLOYMENT_KEY not in (kept.answer or "")


def test_a_repeat_of_a_message_changes_nothing(doors: OpenDoors) -> None:
    sent = memberships(user("c-1"), user("c-2"))
    assert [post(doors, sent).status_code for _ in range(2)] == [200, 200]

    assert doors.counted() == {"received": 4, "waiting": 2, "duplicate": 2}


@pytest.mark.parametrize("body", [[], "text", 7, {}, {"type": 7}, {"type": " "}], ids=json.dumps)
def test_what_is_no_message_is_answered_400(doors: OpenDoors, body: object) -> None:
    answer = post(doors, body)

    assert answer.status_code == 400
    assert answer.json()["StatusCode"] == 400


def test_another_method_is_answered_405(doors: OpenDoors) -> None:
    answer = doors.http.get("/mparticle")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


# -- who may send -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "key", "deployment"),
    [
        ("127.0.0.1", DEPLOYMENT_KEY, "prod"),
        ("http://127.0.0.1:9/", DEPLOYMENT_KEY, "prod"),
        (" 127.0.0.2 ", OTHER_KEY, "other"),
    ],
)
def test_the_deployment_url_chooses_the_deployment(doors: OpenDoors, url: str, key: str, deployment: str) -> None:
    answer = post(doors, memberships(user("c-1"), deploymentURL=url, apiKey=key))

    assert answer.status_code == 200
    assert doors.records(LaneKind.MEMBERSHIP, deployment) == [ADDED]


@pytest.mark.parametrize("key", [None, "", "wrong", OTHER_KEY, 7], ids=str)
def test_a_key_that_is_not_the_deployments_is_answered_401(doors: OpenDoors, key: object) -> None:
    answer = post(doors, memberships(user("c-1"), apiKey=key))

    assert answer.status_code == 401
    assert doors.counted() == {}


@pytest.mark.parametrize("url", [None, "", "127.0.0.3", "https://", 7], ids=str)
def test_a_url_of_no_deployment_is_answered_400(doors: OpenDoors, url: object) -> None:
    assert post(doors, memberships(user("c-1"), deploymentURL=url)).status_code == 400


def test_a_token_proves_a_connection_whose_deployment_the_settings_name(doors: OpenDoors) -> None:
    sent = memberships(user("c-1"), apiKey=None, deploymentURL=None)
    assert post(doors, sent, token=TOKEN).status_code == 200

    assert doors.records(LaneKind.MEMBERSHIP, "other") == [ADDED]


def test_a_wrong_token_is_answered_401(doors: OpenDoors) -> None:
    assert post(doors, memberships(user("c-1"), apiKey=None), token="wrong").status_code == 401


def test_a_token_may_come_in_brackets_as_the_documentation_has_it(doors: OpenDoors) -> None:
    body = json.dumps(memberships(user("c-1"), apiKey=None))
    answer = doors.http.post("/mparticle", content=body, headers={"Authorization": f"Token [{TOKEN}]"})
    assert answer.status_code == 200


def test_the_other_doors_token_opens_nothing_here(doors: OpenDoors) -> None:
    assert post(doors, memberships(user("c-1"), apiKey=None), token=ENGAGE_TOKEN).status_code == 401


def test_setting_names_and_values_are_read_in_any_letter_case(doors: OpenDoors) -> None:
    sent = memberships(user("c-1"))
    sent["account"]["account_settings"] = {
        "APIKEY": DEPLOYMENT_KEY,
        "DeploymentUrl": "127.0.0.1",
        "useridfield": "CUSTOMERID",
        "RunRuleEngine": "TRUE",
    }
    assert post(doors, sent).status_code == 200
    assert [one["run_rules"] for one in doors.records(LaneKind.RULES)] == [True]


# -- erasure ------------------------------------------------------------------------------------------------------

ERASURE = {
    "type": "dsr_processing_request",
    "id": "d-1",
    "subject_request_type": "erasure",
    "subject_identities": {"email": {"encoding": "raw", "value": "jane.doe@example.com"}},
}


def test_an_erasure_request_is_answered_and_kept_for_a_person_to_do(doors: OpenDoors) -> None:
    answer = post(doors, ERASURE, token=TOKEN)

    assert (answer.status_code, answer.json()["type"]) == (200, "dsr_processing_response")
    [kept] = doors.store.rejections()
    assert (kept.code, kept.deployment) == ("T667", "other")
    assert "jane.doe@example.com" in (kept.answer or "")


def test_an_erasure_request_of_nobody_is_answered_401(doors: OpenDoors) -> None:
    assert post(doors, ERASURE).status_code == 401


# -- memberships --------------------------------------------------------------------------------------------------


def test_a_user_who_cannot_be_known_is_rejected_and_the_others_go_on(doors: OpenDoors) -> None:
    nobody = {"user_identities": [], "audiences": [audience()]}
    hashed = {"user_identities": [identity("ab" * 16, encoding="md5")], "audiences": [audience()]}

    assert post(doors, memberships(user("c-1"), nobody, hashed, user("c-2"))).status_code == 200

    assert [one["profile_id"] for one in doors.records(LaneKind.MEMBERSHIP)] == ["c-1", "c-2"]
    assert codes(doors) == ["T663", "T664"]
    assert doors.counted() == {"received": 4, "waiting": 2, "rejected": 2}


def test_a_part_of_the_wrong_shape_is_rejected_and_the_others_go_on(doors: OpenDoors) -> None:
    sent = memberships(user("c-1", {"audience_id": None, "action": "add"}, audience()))
    sent["user_profiles"].append("nonsense")

    assert post(doors, sent).status_code == 200
    assert doors.records(LaneKind.MEMBERSHIP) == [ADDED]
    assert codes(doors) == ["T662", "T662"]


def test_more_users_than_one_enqueue_takes_all_get_in_once(doors: OpenDoors) -> None:
    sent = memberships(*(user(f"c-{n}") for n in range(1_200)))
    assert [post(doors, sent).status_code for _ in range(2)] == [200, 200]

    assert len(bulk(doors)) == 1_200
    assert doors.counted()["duplicate"] == 1_200


def test_an_audience_that_fills_up_travels_as_bulk_and_others_stay_live(doors: OpenDoors) -> None:
    post(doors, memberships(*(user(f"c-{n}") for n in range(BULK_ABOVE + 1))))
    post(doors, memberships(user("c-1", audience("delete"), audience(audience_id=7, name="Few"))))

    assert len(bulk(doors)) == BULK_ABOVE + 2
    assert [one["audience_external_id"] for one in doors.records(LaneKind.MEMBERSHIP)] == ["7"]


def test_attributes_stay_live_while_their_audience_fills_up(doors: OpenDoors) -> None:
    post(doors, memberships(*(user(f"c-{n}") for n in range(BULK_ABOVE + 1)), runRuleEngine="true"))
    city = {"key": "City", "value": "Riga", "action": "upsert"}
    post(doors, memberships(user("c-0", audience(user_attributes=[city])), runRuleEngine="true"))

    assert [one["attributes"] for one in doors.records(LaneKind.PROFILE)] == [{"City": "Riga"}]
    assert "attributes" not in bulk(doors, LaneKind.RULES)[-1]


def test_a_message_that_comes_again_after_a_surge_has_begun_is_still_known(doors: OpenDoors) -> None:
    sent = memberships(user("c-1"))
    post(doors, sent)
    post(doors, memberships(*(user(f"c-{n}") for n in range(BULK_ABOVE + 1))))
    before = doors.counted()
    post(doors, sent)

    assert doors.counted() == {**before, "received": before["received"] + 1, "duplicate": 1}


# -- subscriptions ------------------------------------------------------------------------------------------------


def test_a_new_subscription_creates_an_audience_by_its_external_name(doors: OpenDoors) -> None:
    told = post(doors, subscription()).json()

    assert told["type"] == "audience_subscription_response"
    assert "audience_subscription_settings" not in told
    assert doors.records(LaneKind.AUDIENCE) == [
        {"action": "create", "name": "Travellers", "external_id": "456", "integration": "mparticle"}
    ]
    assert doors.store.announced_audiences("prod") == {"456": "Travellers"}


def test_a_subscription_is_told_the_talon_one_id_once_it_is_known(doors: OpenDoors) -> None:
    doors.store.save_audience("prod", 77, "Travellers", "456")

    told = post(doors, subscription()).json()

    assert told["audience_subscription_settings"] == {"t1AudienceID": 77}


def test_an_update_renames_and_one_of_an_unknown_audience_creates(doors: OpenDoors) -> None:
    doors.store.save_audience("prod", 77, "Travellers", "456")
    post(doors, subscription("update", name="Globetrotters"))
    post(doors, subscription("update", audience_id=9, name="New"))

    assert [(one["action"], one["external_id"]) for one in doors.records(LaneKind.AUDIENCE)] == [
        ("rename", "456"),
        ("create", "9"),
    ]


def test_a_removed_subscription_keeps_the_audience_unless_the_settings_say_otherwise(doors: OpenDoors) -> None:
    post(doors, subscription("remove"))
    post(doors, subscription("remove"), token=TOKEN)

    assert doors.records(LaneKind.AUDIENCE) == []
    assert doors.records(LaneKind.AUDIENCE, "other") == [{"action": "delete", "external_id": "456"}]


def test_a_subscription_without_a_name_is_kept_as_a_rejection(doors: OpenDoors) -> None:
    assert post(doors, subscription(name="")).status_code == 200
    assert codes(doors) == ["T662"]


# -- events -------------------------------------------------------------------------------------------------------


def test_custom_events_become_events_after_the_users_attributes(doors: OpenDoors) -> None:
    post(doors, events(custom_event(seat="12A"), user_attributes={"$Age": "44"}))

    assert doors.records() == [{"profile_id": "c-7", "attributes": {"mp_Age": "44"}, "skip_unknown": True}]
    [waiting] = [one for one in doors.lanes.survey("prod").lanes if one.kind is LaneKind.EVENT]
    assert waiting.depth == 1


def test_other_events_are_counted_and_left_out(doors: OpenDoors) -> None:
    post(doors, events({"type": "screen_view", "id": "e", "screen_name": "home"}, custom_event()))

    assert [one["type"] for one in doors.records(LaneKind.EVENT)] == ["viewed"]
    assert doors.counted() == {"received": 2, "waiting": 1, "filtered": 1}


def test_an_event_that_has_no_name_in_talon_one_is_rejected_or_renamed(doors: OpenDoors) -> None:
    post(doors, events(custom_event("Add to Cart")))
    post(doors, events(custom_event("Add to Cart")), token=TOKEN)

    assert codes(doors) == ["T665"]
    assert [one["type"] for one in doors.records(LaneKind.EVENT, "other")] == ["add_to_cart"]


def test_whole_numbers_beyond_64_bits_are_kept(doors: OpenDoors) -> None:
    big = 123_456_789_012_345_678_901_234_567_890
    sent = memberships({"user_identities": [], "mpid": big, "audiences": [audience()]}, userIdField="mpid")
    post(doors, sent)

    assert [one["profile_id"] for one in doors.records(LaneKind.MEMBERSHIP)] == [str(big)]


# -- Sailthru -----------------------------------------------------------------------------------------------------


def test_the_sailthru_door_sends_to_the_deployment_its_settings_name(doors: OpenDoors) -> None:
    sent = memberships({**user("c-1"), "user_identities": [identity("ana@example.com", "email")]}, apiKey=None)
    answer = post(doors, sent, token=ENGAGE_TOKEN, path="/mparticle/sailthru")

    assert answer.status_code == 200
    [joined] = doors.records(LaneKind.MEMBERSHIP, "engage")
    assert (joined["profile_id"], joined["audience_name"]) == ("ana@example.com", "Travellers")


def test_the_sailthru_door_needs_its_token(doors: OpenDoors) -> None:
    assert post(doors, memberships(user("c-1")), path="/mparticle/sailthru").status_code == 401
