"""What may enter: validated once, at the door, and unchanged from there on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tercel.messages import decode, encode
from tercel.records import (
    LANE_KIND_OF_LETTER,
    RECORD_OF_LANE,
    Audience,
    Event,
    LaneKind,
    Membership,
    Profile,
    Session,
    Urgency,
    key_of,
)

ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50)


@given(ids, st.dictionaries(ids, st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | ids, max_size=5))
def test_a_record_read_again_from_its_data_is_the_same(profile_id: str, attributes: dict[str, Any]) -> None:
    record = Profile(profile_id=profile_id, attributes=attributes)

    assert Profile.model_validate(record.data()) == record


def test_fields_at_their_default_do_not_travel() -> None:
    assert Profile(profile_id="ada").data() == {"profile_id": "ada"}
    assert Session(session_id="s").data() == {"session_id": "s"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [1, float("-inf")], {"a": {"b": float("nan")}}])
def test_numbers_that_json_has_no_word_for_are_refused_however_deep(value: Any) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Profile(profile_id="ada", attributes={"Points": value})


HALF = "\ud800"  # of a surrogate pair: no UTF-8 can hold it


@pytest.mark.parametrize("value", [HALF, [HALF], {"a": HALF}, {HALF: 1}, {"ü": [{"a": HALF}]}])
def test_halves_of_characters_are_refused_however_deep(value: Any) -> None:
    with pytest.raises(ValidationError, match="valid Unicode"):
        Profile(profile_id="ada", attributes={"Name": value})


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, [2**64], {"a": [-(2**70)]}])
def test_whole_numbers_that_readers_would_round_are_refused_however_deep(value: Any) -> None:
    with pytest.raises(ValidationError, match="64 bits"):
        Profile(profile_id="ada", attributes={"Points": value})


@pytest.mark.parametrize("value", [2**64 - 1, -(2**63), [2**64 - 1], {"Straße": ["Zürich", "😀"]}])
def test_the_largest_whole_numbers_and_any_character_arrive_as_they_are(value: Any) -> None:
    record = Profile(profile_id="ada", attributes={"Points": value})
    [message] = encode("prod", Urgency.LIVE, [record], run="00000000", at_ms=1, ids=["0" * 20])

    assert decode(message).data["attributes"] == {"Points": value}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Profile, {"profile_id": HALF}),
        (Profile, {"profile_id": "a", "attributes": {HALF: 1}}),
        (Profile, {"profile_id": "a", "audiences_add": [2**63]}),
        (Event, {"profile_id": "a", "type": "t", "event_id": "1", "loyalty_cards": [HALF]}),
        (Session, {"session_id": "s", "callback": {"uri": "u", "fields": [HALF]}}),
        (Audience, {"action": "create", "name": "a", "description": HALF}),
        (Profile, {"profile_id": ""}),
        (Profile, {"profile_id": "a" * 1_001}),
        (Profile, {"profile_id": "a", "Attributes": {}}),
        (Profile, {"profile_id": "a", "audiences_add": [0]}),
        (Profile, {"profile_id": "a", "identities": {"was": {"email": "a"}}}),
        (Profile, {"profile_id": "a", "identities": {"now": {}}}),
        (Profile, {"profile_id": "a", "identities": {"now": {"cookie": "a"}}}),
        (Profile, {"profile_id": "a", "person": ""}),
        (Profile, {"profile_id": "a", "audiences_add": list(range(1, 1_002))}),
        (Membership, {"profile_id": "a", "action": "add"}),
        (Membership, {"profile_id": "a", "action": "join", "audience_id": 1}),
        (Event, {"profile_id": "a", "type": "t"}),
        (Event, {"profile_id": "a", "type": "t", "event_id": "1", "loyalty_cards": ["1", "2"]}),
        (Session, {"session_id": "s", "state": "gone"}),
        (Audience, {"action": "create"}),
        (Audience, {"action": "rename", "audience_id": 1}),
        (Audience, {"action": "delete"}),
    ],
)
def test_what_cannot_be_a_record_is_refused(kind: Any, data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(data)


def test_a_record_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Profile(profile_id="ada").profile_id = "bob"  # type: ignore[misc]


@pytest.mark.parametrize(
    "alone",
    [
        {"run_rules": True},
        {"audiences_add": [1]},
        {"audiences_delete": [1]},
        {"identities": {"was": {"email": "old@example.com"}, "now": {"email": "a"}}},
    ],
)
def test_a_profile_that_the_bulk_call_cannot_carry_travels_alone(alone: dict[str, Any]) -> None:
    assert Profile.model_validate({"profile_id": "a", **alone}).lane_kind is LaneKind.RULES
    assert Profile(profile_id="a").lane_kind is LaneKind.PROFILE


def test_all_that_is_about_one_profile_has_one_key() -> None:
    about_ada = [
        Profile(profile_id="ada"),
        Membership(profile_id="ada", action="add", audience_id=1),
        Event(profile_id="ada", type="t", event_id="1"),
        Session(session_id="s", profile_id="ada"),
    ]

    assert len({record.key for record in about_ada}) == 1


def test_all_that_is_about_one_person_has_one_key_whatever_the_profile_is_called_by_now() -> None:
    about_one_person = [
        Profile(profile_id="old@example.com", person="7"),
        Profile(profile_id="new@example.com", person="7"),
        Membership(profile_id="new@example.com", person="7", action="add", audience_name="Lovers"),
        Event(profile_id="new@example.com", person="7", type="t", event_id="1"),
    ]

    assert {record.key for record in about_one_person} == {key_of("7")}


def test_a_session_of_nobody_has_a_key_of_its_own() -> None:
    assert Session(session_id="s").key != Session(session_id="t").key


def test_every_kind_of_lane_has_its_own_letter_and_its_record() -> None:
    assert len(LANE_KIND_OF_LETTER) == len(LaneKind) == len(RECORD_OF_LANE)


def test_a_records_attributes_are_its_own() -> None:
    given = {"tier": "gold"}
    profile = Profile(profile_id="u1", attributes=given)
    given["tier"] = "silver"
    assert profile.attributes == {"tier": "gold"}


@pytest.mark.parametrize("value", [b"bytes", object(), {"inner": (1, 2)}, float("inf"), [float("nan")]])
def test_a_value_that_json_has_no_word_for_is_refused_beside_plain_ones(value: object) -> None:
    with pytest.raises(ValidationError):
        Profile.model_validate({"profile_id": "u1", "attributes": {"name": "Ada", "odd": value, "spend": 9.5}})


def test_attributes_beyond_ascii_are_taken_as_they_are() -> None:
    attributes = {"größe": "XL", "name": "Žofie", "spend": 2**62, "vip": True, "left": None}
    assert Profile.model_validate({"profile_id": "u1", "attributes": attributes}).attributes == attributes
