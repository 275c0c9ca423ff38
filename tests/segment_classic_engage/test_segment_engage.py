"""Engage audiences as memberships, rule by rule of the contract (segment, part b, "Engage")."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.segment.engage import Engage, SyncMode
from producers.segment.reasons_classic import (
    BAD_AUDIENCE,
    BAD_USER_ID,
    KEY_FROM_PROPERTIES,
    NO_USER_ID,
    NOT_A_MEMBERSHIP,
    SYNC_MODE_IGNORES,
)
from tercel.records import Membership

KEY = "first_time_shopper"


def personas(**changes: Any) -> dict[str, Any]:
    known = {
        "computation_class": "audience",
        "computation_id": "aud_1",
        "computation_key": KEY,
        "namespace": "spa_1",
        "space_id": "spa_1",
    }
    return {"personas": {**known, **changes}}


def identify(traits: Any, user_id: Any = "u123", **changes: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user_id, "traits": traits, "context": personas(**changes)}


def track(event: str, properties: Any, user_id: Any = "u123", **changes: Any) -> dict[str, Any]:
    context = personas(**changes)
    return {"type": "track", "userId": user_id, "event": event, "properties": properties, "context": context}


def membership(action: Any, external_id: str | None = "aud_1", name: str | None = KEY) -> Membership:
    return Membership(profile_id="u123", action=action, audience_external_id=external_id, audience_name=name)


@pytest.mark.parametrize(("value", "action"), [(True, "add"), (False, "delete")])
def test_an_identify_joins_or_leaves_by_the_boolean_under_the_computation_key(value: bool, action: str) -> None:
    taken = Engage("prod").take(identify({KEY: value, "other": True}))

    assert taken.deployment == "prod"
    assert taken.records == (membership(action),)
    assert (taken.filtered, taken.refused, taken.notes) == (0, (), ())


@pytest.mark.parametrize(
    ("event", "value", "action"), [("Audience Entered", True, "add"), ("Audience Exited", False, "delete")]
)
def test_a_track_joins_or_leaves_by_the_boolean_under_the_computation_key(event: str, value: bool, action: str) -> None:
    taken = Engage("prod").take(track(event, {"audience_key": KEY, KEY: value}))

    assert (taken.records, taken.notes) == ((membership(action),), ())


def test_the_boolean_decides_whatever_the_event_is_called() -> None:
    assert Engage("prod").take(track("Audience Exited", {KEY: True})).records == (membership("add"),)


def test_a_journey_step_is_an_audience_too() -> None:
    assert Engage("prod").take(identify({KEY: True}, computation_class="journey_step")).records == (membership("add"),)


def test_an_external_audience_id_names_the_audience() -> None:
    message = identify({KEY: True}, external_audience_id="ext-7")

    assert Engage("prod").take(message).records == (membership("add", external_id="ext-7"),)


@pytest.mark.parametrize("external_id", [None, ""])
def test_an_empty_external_audience_id_counts_as_none(external_id: Any) -> None:
    message = identify({KEY: True}, external_audience_id=external_id)

    assert Engage("prod").take(message).records == (membership("add"),)


def test_a_numeric_external_audience_id_is_its_digits() -> None:
    message = identify({KEY: True}, external_audience_id=77)

    assert Engage("prod").take(message).records == (membership("add", external_id="77"),)


def test_without_any_id_the_audience_is_named_by_its_key() -> None:
    message = identify({KEY: True}, computation_id=None)

    assert Engage("prod").take(message).records == (membership("add", external_id=None),)


@pytest.mark.parametrize("value", ["true", "false", 1, 0, None, [], {}, 1.0])
@pytest.mark.parametrize("form", ["identify", "track"])
def test_only_a_real_boolean_is_a_membership(form: str, value: Any) -> None:
    message = identify({KEY: value}) if form == "identify" else track("Audience Entered", {KEY: value})
    taken = Engage("prod").take(message)

    assert (taken.records, taken.filtered, taken.notes, taken.refused) == ((), 1, (NOT_A_MEMBERSHIP,), ())


@pytest.mark.parametrize(
    "message",
    [
        identify({}),
        identify(None),
        identify([True]),
        identify({KEY: True}, computation_class="trait"),
        identify({KEY: True}, computation_class=["audience"]),
        identify({KEY: True}, computation_class=None),
        identify({"": True}, computation_key=""),
        identify({KEY: True}, computation_key=None),
        track("Trait Computed", {"trait_key": "x", "x": 450.0}, computation_class="trait"),
        {"type": "identify", "userId": "u123", "traits": {KEY: True}},
        {"type": "identify", "userId": "u123", "traits": {KEY: True}, "context": {"personas": "x"}},
        {**identify({KEY: True}), "type": "page"},
        {**identify({KEY: True}), "type": ["identify"]},
        {**identify({}), "properties": {KEY: True}},
        {},
    ],
)
def test_what_is_no_audience_or_has_no_key_or_no_value_is_left_out(message: dict[str, Any]) -> None:
    taken = Engage("prod").take(message)

    assert (taken.records, taken.filtered, taken.notes) == ((), 1, (NOT_A_MEMBERSHIP,))


def test_a_track_falls_back_to_the_audience_key_of_its_properties_and_says_so() -> None:
    properties = {"audience_key": KEY, KEY: True}
    taken = Engage("prod").take(track("Audience Entered", properties, computation_key="aud_###"))

    assert (taken.records, taken.notes) == ((membership("add"),), (KEY_FROM_PROPERTIES,))


@pytest.mark.parametrize("properties", [{"audience_key": KEY, KEY: "true"}, {"audience_key": [KEY], KEY: True}])
def test_the_fall_back_wants_a_real_boolean_too(properties: dict[str, Any]) -> None:
    taken = Engage("prod").take(track("Audience Entered", properties, computation_key="aud_###"))

    assert taken.notes == (NOT_A_MEMBERSHIP,)


def test_an_identify_has_no_such_fall_back() -> None:
    taken = Engage("prod").take(identify({"audience_key": KEY, KEY: True}, computation_key="aud_###"))

    assert taken.notes == (NOT_A_MEMBERSHIP,)


@pytest.mark.parametrize("user_id", [None, ""])
def test_the_call_for_another_identifier_of_the_profile_is_left_out_without_an_error(user_id: Any) -> None:
    taken = Engage("prod").take({**identify({KEY: True}, user_id), "anonymousId": "a1"})

    assert (taken.records, taken.filtered, taken.notes, taken.refused) == ((), 1, (NO_USER_ID,), ())


@pytest.mark.parametrize("user_id", [True, 1.5, 10**50, ["u"], "x" * 1_001, "\ud800"])
def test_a_user_id_that_is_no_id_is_refused(user_id: Any) -> None:
    (refusal,) = Engage("prod").take(identify({KEY: True}, user_id)).refused

    assert (refusal.code, refusal.where) == (BAD_USER_ID, "userId")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"external_audience_id": "x" * 1_001}, "external_audience_id"),
        ({"external_audience_id": ["x"]}, "external_audience_id"),
        ({"computation_id": "x" * 1_001}, "computation_id"),
        ({"computation_key": "x" * 1_001}, "computation_key"),
    ],
)
def test_an_audience_that_cannot_be_told_is_refused(changes: dict[str, Any], field: str) -> None:
    (refusal,) = Engage("prod").take(identify({KEY: True, "x" * 1_001: True}, **changes)).refused

    assert (refusal.code, refusal.where) == (BAD_AUDIENCE, f"context.personas.{field}")
    assert "xx" not in refusal.reason


EVENTS_OF_MODE = {
    SyncMode.ADD: {"new": "add"},
    SyncMode.UPDATE: {"updated": "add"},
    SyncMode.UPSERT: {"new": "add", "updated": "add"},
    SyncMode.MIRROR: {"new": "add", "updated": "add", "deleted": "delete"},
    SyncMode.DELETE: {"deleted": "delete"},
}


@pytest.mark.parametrize("event", ["new", "updated", "deleted"])
@pytest.mark.parametrize("mode", SyncMode)
def test_the_sync_mode_says_what_an_event_of_reverse_etl_means(mode: SyncMode, event: str) -> None:
    action = EVENTS_OF_MODE[mode].get(event)
    taken = Engage("prod", sync_mode=mode).take(track(event, {}))

    assert taken.records == ((membership(action),) if action else ())
    assert taken.notes == (() if action else (SYNC_MODE_IGNORES,))


@pytest.mark.parametrize("event", ["New", "created", "Order Placed"])
def test_other_events_are_no_part_of_a_sync(event: str) -> None:
    assert Engage("prod", sync_mode=SyncMode.MIRROR).take(track(event, {})).notes == (NOT_A_MEMBERSHIP,)


def test_without_a_sync_mode_events_of_reverse_etl_are_left_out() -> None:
    assert Engage("prod").take(track("new", {})).notes == (NOT_A_MEMBERSHIP,)


def test_an_identify_is_no_event_of_a_sync() -> None:
    message = {**identify({}), "event": "new"}

    assert Engage("prod", sync_mode=SyncMode.MIRROR).take(message).notes == (NOT_A_MEMBERSHIP,)


def test_the_boolean_of_an_audience_goes_before_the_sync_mode() -> None:
    assert Engage("prod", sync_mode=SyncMode.MIRROR).take(track("new", {KEY: False})).records == (membership("delete"),)


def test_a_sync_that_names_no_audience_is_refused() -> None:
    message = {"type": "track", "event": "new", "userId": "u123", "properties": {}}
    (refusal,) = Engage("prod", sync_mode=SyncMode.ADD).take(message).refused

    assert (refusal.code, refusal.where) == (BAD_AUDIENCE, "context.personas")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([KEY, "audience_key"]), inner),
    max_leaves=6,
)
some_personas = st.fixed_dictionaries(
    {},
    optional={
        "computation_class": st.just("audience") | json_values,
        "computation_key": st.just(KEY) | json_values,
        "computation_id": st.just("aud_1") | json_values,
        "external_audience_id": json_values,
    },
)


@given(
    message=st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["identify", "track"]) | json_values,
            "event": st.sampled_from(["new", "deleted"]) | json_values,
            "userId": st.just("u123") | json_values,
            "traits": json_values,
            "properties": json_values,
            "context": st.fixed_dictionaries({"personas": some_personas | json_values}) | json_values,
        },
    ),
    mode=st.sampled_from([None, *SyncMode]),
)
def test_any_message_becomes_a_record_is_left_out_or_is_refused_with_a_code(
    message: dict[str, Any], mode: SyncMode | None
) -> None:
    taken = Engage("prod", sync_mode=mode).take(message)

    assert len(taken.records) + taken.filtered + len(taken.refused) == 1
    assert bool(taken.notes) or not taken.filtered
