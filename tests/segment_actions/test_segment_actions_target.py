"""The way of a message through the mappings of an actions destination, to records, refusals or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.intake import Taken
from producers.segment.actions import ACTIONS
from producers.segment.actions.target import ActionsTarget
from producers.segment.mappings_file import MappingsError, read_mappings
from tercel.records import Audience, Event, Membership, Profile, Record, Session

IDENTIFY = 'type = "identify"'
TRACK = 'type = "track"'
ADA: dict[str, Any] = {"type": "identify", "userId": "ada", "messageId": "m-1", "traits": {"City": "Bern"}}
PAID: dict[str, Any] = {
    "type": "track",
    "userId": "ada",
    "messageId": "m-2",
    "event": "Paid",
    "properties": {"attributes": {"Total": 12}, "audience": 7},
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def target(*mappings: dict[str, Any]) -> ActionsTarget:
    return ActionsTarget("shop", "prod", read_mappings(mappings, "segment.shop.mappings"))


def mapping(action: str, trigger: str = TRACK, /, **fields: Any) -> dict[str, Any]:
    return {"trigger": trigger, "action": action, "fields": fields}


def taken(message: dict[str, Any], *mappings: dict[str, Any]) -> Taken:
    return target(*mappings).take(message, sender="web")


def record(message: dict[str, Any], *mappings: dict[str, Any]) -> Record:
    found = taken(message, *mappings)
    assert found.refused == ()
    (only,) = found.records
    return only


def problems(*mappings: dict[str, Any]) -> str:
    with pytest.raises(MappingsError) as error:
        target(*mappings)
    return str(error.value)


# What each action becomes.


def test_update_customer_profile_becomes_a_profile_that_runs_rules() -> None:
    assert record(ADA, mapping("updateCustomerProfileV3", IDENTIFY)) == Profile(
        profile_id="ada", attributes={"City": "Bern"}, run_rules=True
    )


def test_update_customer_profile_without_rules_becomes_a_profile_that_can_be_batched() -> None:
    found = record(ADA, mapping("updateCustomerProfileV3", IDENTIFY, runRuleEngine=False))

    assert found == Profile(profile_id="ada", attributes={"City": "Bern"})
    assert found.lane_kind == "profile"


def test_audience_changes_of_update_customer_profile_need_rules() -> None:
    ids = {"addAudienceIds": {"@path": "$.properties.audience"}, "attributes": ""}
    with_rules = mapping("updateCustomerProfileV3", **ids)
    without = mapping("updateCustomerProfileV3", runRuleEngine=False, **ids)

    assert record(PAID, with_rules) == Profile(profile_id="ada", run_rules=True, audiences_add=(7,))
    assert "audience_changes_without_rules" in taken(PAID, without).notes


def test_skipping_unknown_attributes_travels_with_the_record() -> None:
    found = record(ADA, mapping("updateCustomerProfileV3", IDENTIFY, skipNonExistingAttributes="true"))

    assert isinstance(found, Profile)
    assert found.skip_unknown is True


def test_update_multiple_audiences_becomes_membership_changes() -> None:
    data = [{"customerProfileId": {"@path": "$.userId"}, "adds": ["1"], "deletes": [2]}]

    found = taken(PAID, mapping("updateCustomerProfilesAudiences", data=data))

    assert found.records == (
        Membership(profile_id="ada", action="add", audience_id=1),
        Membership(profile_id="ada", action="delete", audience_id=2),
    )


def test_update_multiple_attributes_becomes_a_profile_for_each() -> None:
    data = [{"customerProfileId": "ada", "attributes": {"City": "Bern"}}, {"customerProfileId": "bob"}]
    mutual = mapping("updateCustomerProfilesAttributes", data=data, mutualAttributes={"Shop": "ch"})

    assert taken(PAID, mutual).records == (
        Profile(profile_id="ada", attributes={"Shop": "ch", "City": "Bern"}),
        Profile(profile_id="bob", attributes={"Shop": "ch"}),
    )


def test_track_event_becomes_an_event() -> None:
    found = record(PAID, mapping("trackEventV2"))

    assert isinstance(found, Event)
    assert (found.profile_id, found.type, found.attributes) == ("ada", "Paid", {"Total": 12})


def test_update_customer_session_becomes_a_session() -> None:
    fields = {"customerSessionId": "s-1", "state": "closed", "couponCodes": "A"}

    found = record(PAID, mapping("updateCustomerSessionV2", **fields))

    assert isinstance(found, Session)
    assert (found.session_id, found.profile_id, found.state) == ("s-1", "ada", "closed")
    assert found.details["couponCodes"] == ["A"]


def test_the_audience_actions_become_audience_records() -> None:
    who = {"audienceId": "aud_1", "audienceName": "VIPs"}

    created = record(PAID, mapping("createAudience", **who))
    renamed = record(PAID, mapping("updateAudience", **who))
    deleted = record(PAID, mapping("deleteAudience", audienceId="aud_1"))

    assert created == Audience(action="create", name="VIPs", external_id="aud_1", integration="segment")
    assert isinstance(renamed, Audience)
    assert isinstance(deleted, Audience)
    assert [(one.action, one.external_id, one.name) for one in (renamed, deleted)] == [
        ("rename", "aud_1", "VIPs"),
        ("delete", "aud_1", None),
    ]


def test_deprecated_upsert_customer_profile_becomes_a_profile_without_rules() -> None:
    assert record(ADA, mapping("[Deprecated] Upsert customer profile", IDENTIFY)) == Profile(
        profile_id="ada", attributes={"City": "Bern"}
    )


def test_deprecated_upsert_customer_profile_v2_becomes_a_profile_with_named_audiences() -> None:
    message = {**ADA, "properties": {"audiencesToAdd": [{"name": "VIPs", "integrationId": "vip"}]}}

    found = record(message, mapping("updateCustomerProfileV2", IDENTIFY))

    assert isinstance(found, Profile)
    assert found.run_rules
    assert [getattr(one, "name", None) for one in found.audiences_add] == ["VIPs"]


def test_deprecated_track_event_becomes_an_event() -> None:
    found = record(PAID, mapping("trackEvent"))

    assert isinstance(found, Event)
    assert (found.type, found.attributes) == ("Paid", {"Total": 12})


def test_deprecated_update_customer_session_becomes_a_session() -> None:
    found = record(
        PAID, mapping("updateCustomerSession", customerSessionId="s-1", customerSession={"state": "cancelled"})
    )

    assert isinstance(found, Session)
    assert (found.session_id, found.profile_id, found.state) == ("s-1", "ada", "cancelled")


def test_the_payload_on_segments_page_becomes_an_event_with_its_attributes() -> None:
    payload = {
        "messageId": "segment-test-message-t1kx8e",
        "timestamp": "2022-03-22T12:41:20.918Z",
        "type": "track",
        "userId": "test-user-z65zqk",
        "event": "track-event",
        "email": "test@example.org",
        "projectId": "qR6APLKpCBB3ue8pHkBLpo",
        "properties": {
            "eventType": "mySegmentEvent",
            "type": "boolean",
            "customerProfileId": "a_customer_id",
            "attributes": {"language": "English"},
        },
    }
    fields = {
        "eventType": {"@path": "$.properties.eventType"},
        "customerProfileId": {"@path": "$.properties.customerProfileId"},
    }

    found = record(payload, mapping("trackEventV2", **fields))

    assert isinstance(found, Event)
    assert (found.profile_id, found.type) == ("a_customer_id", "mySegmentEvent")
    assert found.attributes == {"language": "English"}


# The way there.


def test_the_records_come_in_the_order_of_the_mappings() -> None:
    found = taken(PAID, mapping("trackEventV2"), mapping("updateCustomerProfileV3"), mapping("trackEventV2"))

    assert [type(one) for one in found.records] == [Event, Profile, Event]


def test_a_message_that_no_trigger_matches_is_filtered() -> None:
    found = taken(ADA, mapping("trackEventV2"))

    assert (found.records, found.refused, found.filtered) == ((), (), 1)


@pytest.mark.parametrize(
    ("integrations", "records"),
    [
        ({"Talon.One (Actions)": False}, 0),
        ({"All": True, "Talon.One (Actions)": False}, 0),
        ({"All": False, "Talon.One (Actions)": True}, 1),
        ({"All": False, "Webhooks": True}, 1),
        ({"Talon.One (Actions)": {"option": 1}}, 1),
        ("nonsense", 1),
    ],
)
def test_a_message_whose_integrations_switch_the_destination_off_by_name_is_filtered(
    integrations: Any, records: int
) -> None:
    found = taken({**PAID, "integrations": integrations}, mapping("trackEventV2"))

    assert (len(found.records), found.filtered) == (records, 1 - records)
    assert found.notes == (() if records else ("integrations_switched_off",))


def test_a_mapping_that_is_switched_off_does_nothing() -> None:
    off = {**mapping("trackEventV2"), "enabled": False}

    assert taken(PAID, off).filtered == 1


def test_a_draft_that_is_switched_off_need_not_work() -> None:
    off = {"trigger": "", "action": "nothing", "enabled": False}

    assert target(off).warnings == ("No mapping is switched on, so every message is left out.",)


def test_a_mapping_that_fails_is_refused_by_name_and_field_and_the_others_go_on() -> None:
    failing = {**mapping("updateCustomerProfileV3", addAudienceIds=[{"@path": "$.event"}]), "name": "Join"}

    found = taken(PAID, failing, mapping("trackEventV2"))

    assert [type(one) for one in found.records] == [Event]
    (refusal,) = found.refused
    assert refusal.code == "T622"
    assert refusal.where == "mapping 1 (Join), addAudienceIds[0]"
    assert refusal.reason.endswith("it must be a whole number, such as 12")


def test_a_mapping_with_several_wrong_fields_is_refused_once_and_names_all() -> None:
    message = {"type": "track", "messageId": "m"}

    (refusal,) = taken(message, mapping("trackEventV2")).refused

    assert refusal.where == "mapping 1, customerProfileId"
    assert "; eventType is missing or empty" in refusal.reason


def test_a_directive_that_fails_is_refused_with_its_field() -> None:
    no_case = {"@case": {"operator": "sideways", "value": {"@path": "$.event"}}}

    (refusal,) = taken(PAID, mapping("trackEventV2", eventType=no_case)).refused

    assert refusal.code == "T621"
    assert refusal.where.startswith("mapping 1, /eventType")


def test_what_the_api_would_refuse_is_refused_with_the_mappings_name() -> None:
    (refusal,) = taken(PAID, mapping("trackEventV2", customerProfileId="a" * 1_001)).refused

    assert refusal.code == "T603"
    assert refusal.where == "mapping 1, customerProfileId"


def test_a_thousand_problems_of_one_mapping_are_not_all_repeated() -> None:
    ids = {"@path": "$.properties.zeros"}
    message = {**PAID, "properties": {"zeros": [0] * 1_000}}

    (refusal,) = taken(message, mapping("updateCustomerProfileV3", addAudienceIds=ids)).refused

    assert refusal.reason.endswith("; and 989 more")


@pytest.mark.parametrize(
    ("slug", "fields", "place"),
    [
        ("updateCustomerProfileV3", {"deleteAudienceIds": {"@path": "$.properties.zero"}}, "deleteAudienceIds[0]"),
        ("updateCustomerProfileV2", {"audiencesToAdd": [{"name": {"@path": "$.properties.empty"}}]}, "audiencesToAdd"),
        ("trackEventV2", {"attributes": {"@path": "$.properties.infinite"}}, "attributes"),
    ],
)
def test_what_the_api_would_refuse_is_named_by_the_mappings_field(
    slug: str, fields: dict[str, Any], place: str
) -> None:
    message = {**PAID, "properties": {"zero": 0, "empty": "", "infinite": {"a": float("inf")}}}

    (refusal,) = taken(message, mapping(slug, **fields)).refused

    assert refusal.where.startswith(f"mapping 1, {place}")


def test_a_refusal_repeats_nothing_of_the_message() -> None:
    message = {**PAID, "event": "ada@example.com"}
    found = taken(message, mapping("updateCustomerProfileV3", addAudienceIds={"@path": "$.event"}))

    assert found.refused
    assert "ada@example.com" not in str(found.refused)


def test_a_repeated_message_makes_the_same_event_id_and_each_mapping_its_own() -> None:
    mappings = (mapping("trackEventV2"), mapping("trackEventV2", eventType="Other"))

    first, second = (taken(PAID, *mappings).records for _ in range(2))

    assert first == second
    assert len({one.event_id for one in first if isinstance(one, Event)}) == 2


def test_messages_of_two_senders_or_destinations_with_one_id_are_two_events() -> None:
    written = read_mappings([mapping("trackEventV2")], "here")
    ids = {
        one.event_id
        for name, sender in (("shop", "web"), ("shop", "app"), ("other", "web"))
        for one in ActionsTarget(name, "prod", written).take(PAID, sender=sender).records
        if isinstance(one, Event)
    }

    assert len(ids) == 3


def test_a_message_without_an_id_makes_a_new_event_every_time() -> None:
    message = {key: value for key, value in PAID.items() if key != "messageId"}

    assert taken(message, mapping("trackEventV2")) != taken(message, mapping("trackEventV2"))


def test_an_empty_text_switches_a_default_off() -> None:
    assert record(ADA, mapping("updateCustomerProfileV3", IDENTIFY, attributes="")) == Profile(
        profile_id="ada", run_rules=True
    )


def test_a_directive_for_the_whole_mapping_is_taken() -> None:
    whole = {"@transform": {"apply": {"who": {"@path": "$.userId"}}}}
    fields = {
        "__segment_internal_directive": whole,
        "customerProfileId": {"@path": "$.who"},
        "eventType": "Paid",
    }

    found = record(PAID, mapping("trackEventV2", **fields))

    assert isinstance(found, Event)
    assert found.profile_id == "ada"


# Mappings that cannot work are refused when they are loaded.


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (mapping("trackEventV2", 'type = "track'), "segment.shop.mappings, mapping 1, trigger: Character "),
        (mapping("trackEventV9"), "mapping 1: there is no action 'trackEventV9'; did you mean trackEventV2?"),
        (mapping("createAudience", audienceId="a"), "mapping 1, field audienceName: is missing, and the action needs"),
        (mapping("trackEventV2", eventType=""), "mapping 1, field eventType: is empty, and the action needs it"),
        (mapping("trackEventV2", evenType="x"), "field evenType: is not a field of trackEventV2; did you mean eventT"),
        (mapping("updateCustomerProfileV3", addAudienceIds=["q"]), "field addAudienceIds[0]: is a text that is no num"),
        (
            mapping("updateCustomerSession", customerSessionId="s", customerSession={"state": "gone"}),
            "field customerSession.state: is another text; it must be one of open",
        ),
        (mapping("trackEventV2", eventType={"@pth": "$.event"}), "mapping 1, fields: /eventType"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_with_its_place(written: dict[str, Any], said: str) -> None:
    assert said in problems(written)


def test_everything_wrong_with_all_mappings_is_said_at_once() -> None:
    lines = problems(mapping("trackEventV9"), mapping("trackEventV2"), mapping("createAudience", IDENTIFY)).splitlines()

    assert len(lines) == 3


def test_an_unknown_action_has_a_code_of_its_own() -> None:
    with pytest.raises(MappingsError) as error:
        target(mapping("nothing"))

    assert error.value.code == "T624"


def test_left_overs_of_an_exported_mapping_are_warned_of_and_batching_is_passed_over() -> None:
    exported = {
        "subscribe": TRACK,
        "partnerAction": "trackEventV2",
        "mapping": {"oldField": {"@path": "$.x"}, "enable_batching": True, "batch_size": 100, "batch_keys": ["a"]},
    }

    shop = target(exported)

    assert shop.warnings == ("mapping 1: Field oldField is not a field of trackEventV2. It is left out.",)
    assert len(shop.take(PAID, sender="web").records) == 1


# The event tester.


def test_a_step_shows_fields_request_and_records() -> None:
    (step,) = target({**mapping("trackEventV2"), "name": "Paid"}).explain(PAID)

    assert (step.number, step.name, step.action, step.trigger, step.matched) == (1, "Paid", "trackEventV2", TRACK, True)
    assert step.fields is not None
    assert step.fields["eventType"] == "Paid"
    assert step.request is not None
    assert (step.request.method, step.request.path) == ("PUT", "/segment/v2/events")
    assert [type(one) for one in step.records] == [Event]
    assert (step.refused, step.why_not) == ((), "")


def test_a_step_says_why_a_mapping_is_not_for_the_message() -> None:
    steps = target(mapping("trackEventV2"), {**mapping("trackEventV2"), "enabled": False}).explain(ADA)

    assert [(step.matched, step.why_not) for step in steps] == [
        (False, "The trigger does not match this message."),
        (False, "The mapping is switched off."),
    ]


def test_a_step_says_that_the_message_switches_the_destination_off() -> None:
    (step,) = target(mapping("trackEventV2")).explain({**PAID, "integrations": {"Talon.One (Actions)": False}})

    assert (step.matched, step.why_not) == (False, "The message's integrations switch Talon.One (Actions) off.")


def test_a_step_shows_the_fields_that_the_check_refused() -> None:
    (step,) = target(mapping("updateCustomerProfileV3", addAudienceIds={"@path": "$.event"})).explain(PAID)

    assert step.fields is not None
    assert step.fields["addAudienceIds"] == "Paid"
    assert step.request is None
    assert step.refused[0].code == "T622"


def test_a_step_repeats_the_triggers_warnings() -> None:
    mixed = f'{TRACK} or event = "A" and event = "B"'

    (step,) = target(mapping("trackEventV2", mixed)).explain(PAID)

    assert step.warnings


EVERYTHING = target(
    *(
        mapping(
            slug,
            'type != "x"',
            **{field.name: {"@path": f"$.{field.name}"} for field in action.fields if field.default is None},
        )
        for slug, action in ACTIONS.items()
    )
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=3), json_values, max_size=3), st.data())
def test_any_message_becomes_records_that_are_json_refusals_or_nothing(message: dict[str, Any], data: Any) -> None:
    names = sorted({field.name for action in ACTIONS.values() for field in action.fields})
    named = st.sampled_from([*names, "type", "userId", "event", "traits", "messageId"])
    message = {**message, **data.draw(st.dictionaries(named, json_values, max_size=8))}
    before = json.dumps(message)

    found = EVERYTHING.take(message, sender="web")

    assert found.records or found.refused or found.filtered == 1
    for one in found.records:
        json.dumps(one.data(), allow_nan=False)
    assert json.dumps(message) == before
    EVERYTHING.explain(message)
