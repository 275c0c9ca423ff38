"""The classic Talon.One destination, row by row of the contract (segment, part e)."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.segment.classic import Classic
from producers.segment.reasons_classic import (
    BAD_ATTRIBUTE,
    BAD_TRAITS,
    BAD_USER_ID,
    COMPUTATION_ABSENT,
    NO_USER_ID,
    NOT_IDENTIFY,
    NOTHING_LISTED,
    SWITCHED_OFF,
    TRAITS_LEFT_OUT,
)
from tercel.records import LaneKind, Profile

LISTED = ("plan", "email", "address_city", "tags", "born")


def identify(traits: Any, **more: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": "u123", "traits": traits, **more}


def computed(key: Any, computation_class: Any = "audience") -> dict[str, Any]:
    return {"personas": {"computation_class": computation_class, "computation_key": key}}


def attributes_of(message: dict[str, Any], listed: tuple[str, ...] = LISTED) -> dict[str, Any]:
    (profile,) = Classic("prod", listed).take(message).records
    assert isinstance(profile, Profile)
    return profile.attributes


def test_an_identify_becomes_a_profile_update_that_can_be_batched() -> None:
    taken = Classic("prod", LISTED).take(identify({"plan": "pro"}))

    assert taken.deployment == "prod"
    assert taken.records == (Profile(profile_id="u123", attributes={"plan": "pro"}),)
    assert taken.records[0].lane_kind is LaneKind.PROFILE
    assert (taken.filtered, taken.refused, taken.notes) == (0, (), ())


@pytest.mark.parametrize("kind", ["track", "page", "screen", "group", "alias", "delete", None, 5])
def test_nothing_but_identify_is_taken(kind: Any) -> None:
    taken = Classic("prod", LISTED).take({"type": kind, "userId": "u123", "traits": {"plan": "pro"}})

    assert (taken.records, taken.filtered, taken.notes) == ((), 1, (NOT_IDENTIFY,))


@pytest.mark.parametrize("user_id", [None, ""])
def test_visitors_who_are_not_logged_in_are_left_out(user_id: Any) -> None:
    taken = Classic("prod", LISTED).take(identify({"plan": "pro"}, userId=user_id, anonymousId="a1"))

    assert (taken.records, taken.filtered, taken.notes, taken.refused) == ((), 1, (NO_USER_ID,), ())


def test_the_user_id_is_the_profile_id_as_it_is() -> None:
    (record,) = Classic("prod", LISTED).take(identify({"plan": "pro"}, userId=" Ab/c? ")).records

    assert record.key_text == " Ab/c? "


def test_a_user_id_that_is_a_whole_number_is_its_digits() -> None:
    (record,) = Classic("prod", LISTED).take(identify({"plan": "pro"}, userId=123)).records

    assert record.key_text == "123"


@pytest.mark.parametrize("user_id", [True, 1.5, 10**50, ["u"], {"id": "u"}, "x" * 1_001, "\ud800"])
def test_a_user_id_that_is_no_id_is_refused(user_id: Any) -> None:
    taken = Classic("prod", LISTED).take(identify({"plan": "pro"}, userId=user_id))

    assert [(refusal.code, refusal.where) for refusal in taken.refused] == [(BAD_USER_ID, "userId")]
    assert taken.is_lost


def test_only_listed_traits_are_sent_and_case_matters() -> None:
    taken = Classic("prod", LISTED).take(identify({"plan": "pro", "Plan": "no", "Email": "a@b.example", "other": 1}))

    assert taken.records == (Profile(profile_id="u123", attributes={"plan": "pro"}),)
    assert taken.notes == (TRAITS_LEFT_OUT,)
    assert taken.filtered == 0


def test_an_empty_list_sends_nothing() -> None:
    taken = Classic("prod").take(identify({"plan": "pro"}))

    assert (taken.records, taken.filtered, taken.notes) == ((), 1, (NOTHING_LISTED,))


@pytest.mark.parametrize("traits", [None, {}, {"address": {}}, {"address": {"zip": "10999"}}])
def test_a_message_without_a_listed_trait_is_left_out(traits: Any) -> None:
    taken = Classic("prod", LISTED).take(identify(traits))

    assert (taken.records, taken.filtered, taken.notes) == ((), 1, (NOTHING_LISTED,))


def test_nested_traits_are_flattened_with_underscores() -> None:
    traits = {"address": {"city": "Berlin", "geo": {"lat": 52.5}}}

    assert attributes_of(identify(traits), ("address_city", "address_geo_lat")) == {
        "address_city": "Berlin",
        "address_geo_lat": 52.5,
    }


def test_an_object_itself_is_never_an_attribute() -> None:
    assert attributes_of(identify({"address": {"city": "Berlin"}, "plan": "pro"}), ("address", "plan")) == {
        "plan": "pro"
    }


@pytest.mark.parametrize("flat_first", [True, False])
def test_a_trait_that_is_written_flat_wins_over_a_nested_one(flat_first: bool) -> None:
    pairs: list[tuple[str, Any]] = [("address_city", "flat"), ("address", {"city": "nested"})]

    assert attributes_of(identify(dict(pairs if flat_first else reversed(pairs)))) == {"address_city": "flat"}


def test_lists_stay_lists_and_dates_stay_as_they_are() -> None:
    traits = {"tags": ["a", {"b": 1}, 2], "born": "2015-02-23T22:28:55.111Z", "plan": None}

    assert attributes_of(identify(traits)) == traits


@pytest.mark.parametrize("computation_class", ["audience", "journey_step", "trait"])
@pytest.mark.parametrize("value", [True, False, 450.0, "gold", None, [1]])
def test_audiences_and_computed_traits_need_not_be_listed(computation_class: str, value: Any) -> None:
    message = identify({"big_spender": value, "other": 1}, context=computed("big_spender", computation_class))

    assert attributes_of(message) == {"big_spender": value}


def test_a_computed_object_is_flattened_like_any_other() -> None:
    message = identify({"best": {"day": "Mon", "of": {"n": 1}}}, context=computed("best", "trait"))

    assert attributes_of(message) == {"best_day": "Mon", "best_of_n": 1}


@pytest.mark.parametrize(
    "context",
    [
        computed("big", "else"),
        computed("big", None),
        computed("big", ["audience"]),
        computed(["big"]),
        computed(""),
        {"personas": []},
        [],
        None,
    ],
)
def test_other_computations_are_traits_like_any_other(context: Any) -> None:
    taken = Classic("prod", LISTED).take(identify({"big": True}, context=context))

    assert (taken.records, taken.notes) == ((), (NOTHING_LISTED,))


def test_a_computation_that_the_traits_lack_is_noted() -> None:
    taken = Classic("prod", LISTED).take(identify({"plan": "pro"}, context=computed("aud_###")))

    assert taken.notes == (COMPUTATION_ABSENT,)
    assert len(taken.records) == 1


@pytest.mark.parametrize("traits", [[], "text", 5, True])
def test_traits_that_are_no_object_are_refused(traits: Any) -> None:
    (refusal,) = Classic("prod", LISTED).take(identify(traits)).refused

    assert (refusal.code, refusal.where) == (BAD_TRAITS, "traits")


@pytest.mark.parametrize("value", [math.nan, [math.inf]])
def test_a_value_that_json_cannot_hold_is_refused_without_being_repeated(value: Any) -> None:
    (refusal,) = Classic("prod", LISTED).take(identify({"plan": value, "email": "a@b.example"})).refused

    assert (refusal.code, refusal.where) == (BAD_ATTRIBUTE, "traits")
    assert "a@b.example" not in refusal.reason


def test_names_that_nobody_listed_are_not_made_however_long_they_would_become() -> None:
    # Five gigabytes of names, of one megabyte that is sent.
    traits = {"k" * 1_000_000: {str(n): n for n in range(5_000)}, "plan": "pro"}

    taken = Classic("prod", LISTED).take(identify(traits))

    assert taken.records == (Profile(profile_id="u123", attributes={"plan": "pro"}),)
    assert taken.notes == (TRAITS_LEFT_OUT,)


def test_a_computed_object_whose_names_would_fill_the_memory_is_refused() -> None:
    name = "k" * 1_000_000

    taken = Classic("prod", LISTED).take(identify({name: {str(n): n for n in range(5_000)}}, context=computed(name)))

    assert [(refusal.code, refusal.where) for refusal in taken.refused] == [(BAD_TRAITS, "traits")]


@pytest.mark.parametrize(
    ("integrations", "is_wanted"),
    [
        ({"Talon.One": False}, False),
        ({"Talon.One": True}, True),
        ({"Talon.One": {}}, True),
        ({"Talon.One (Actions)": False}, True),
        ({"All": False}, True),
        ([], True),
        (None, True),
    ],
)
def test_a_message_may_switch_the_destination_off_by_its_name(integrations: Any, is_wanted: bool) -> None:
    taken = Classic("prod", LISTED).take(identify({"plan": "pro"}, integrations=integrations))

    assert bool(taken.records) is is_wanted
    assert is_wanted or (taken.filtered, taken.notes) == (1, (SWITCHED_OFF,))


def test_however_deep_a_trait_is_nested_it_is_flattened() -> None:
    deep: dict[str, Any] = {"x": 1}
    for _ in range(2_000):
        deep = {"x": deep}

    assert attributes_of(identify({"plan": deep}), ("plan" + "_x" * 2_001,)) == {"plan" + "_x" * 2_001: 1}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "a_b"]), inner, max_size=3),
    max_leaves=8,
)


@given(
    message=st.fixed_dictionaries(
        {"type": st.just("identify")},
        optional={"userId": json_values, "traits": json_values, "context": st.just(computed("a")) | json_values},
    )
)
def test_any_identify_becomes_a_record_is_left_out_or_is_refused_with_a_code(message: dict[str, Any]) -> None:
    taken = Classic("prod", ("a", "a_b")).take(message)

    assert len(taken.records) + taken.filtered + len(taken.refused) == 1
    assert bool(taken.notes) or not taken.filtered
