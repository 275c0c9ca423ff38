"""Identities, settings, attributes and names, as they are read and as Talon.One gets them."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from producers.mparticle.identities import identities_in, kind_of, person_of
from producers.mparticle.memberships import changes_of
from producers.mparticle.normal import MembershipChange, Note, Person
from producers.mparticle.settings import account_settings, t1_audience_id
from producers.mparticle.talon_one import TalonOneOptions, notes, to_talon_one
from producers.mparticle.talon_one.names import attribute_name, named
from producers.mparticle.whole_numbers import exact
from tercel.records import Membership, Profile
from tests.mparticle.firehose import audience, identity, user


@pytest.mark.parametrize(
    ("spelling", "kind"),
    [
        ("customer", "customer_id"),
        ("customerId", "customer_id"),
        ("customer_id", "customer_id"),
        ("email_address", "email"),
        ("other", "other"),
        ("other5", "other_id_5"),
        ("other_id_10", "other_id_10"),
        ("phone_number_2", "phone_number_2"),
    ],
)
def test_identities_have_one_spelling(spelling: str, kind: str) -> None:
    assert kind_of(spelling) == kind


def test_a_hash_is_never_taken_for_an_id() -> None:
    person = person_of(7, identities_in([identity("ab" * 16, "email", "md5"), identity("c-1", encoding="RAW")]))
    assert person == Person("7", {"customer_id": "c-1"}, frozenset({"email"}))


@pytest.mark.parametrize(
    ("given", "runs"), [("false", False), ("FALSE", False), (False, False), ("True", True), (1, True), (None, None)]
)
def test_a_boolean_setting_may_be_text(given: object, runs: bool | None) -> None:
    assert account_settings({"account_settings": {"RUNRULEENGINE": given}}).run_rules is runs


@pytest.mark.parametrize("account", [None, 7, {}, {"account_settings": None}, {"account_settings": []}], ids=str)
def test_an_account_without_settings_says_nothing(account: object) -> None:
    assert account_settings(account) == account_settings({})


@pytest.mark.parametrize(("given", "found"), [(77, 77), ("77", 77), ("", None), ("x", None), (0, None), (True, None)])
def test_the_id_a_subscription_left_is_read_as_a_number(given: object, found: int | None) -> None:
    assert t1_audience_id({"T1AudienceId": given}) == found


def test_an_audiences_id_that_mparticle_sends_back_decides() -> None:
    [told] = changes_of(user("c-1", audience(audience_subscription_settings={"t1AudienceID": "77"})), 0)
    assert isinstance(told, MembershipChange)
    assert to_talon_one(told, TalonOneOptions()).records == (
        Membership(profile_id="c-1", action="add", audience_id=77),
    )


def test_attributes_of_an_audience_are_set_deleted_or_tags() -> None:
    items: list[dict[str, Any]] = [
        {"key": "City", "value": "Riga", "action": "upsert"},
        {"key": "Likes", "list_value": ["a", "b"], "action": "upsert"},
        {"key": "Vip", "action": "upsert"},
        {"key": "Churned", "action": "delete"},
        {},
    ]
    [told] = changes_of(user("c-1", audience("attribute_update", user_attributes=items)), 0)
    assert isinstance(told, MembershipChange)

    [profile] = to_talon_one(told, TalonOneOptions()).records

    assert isinstance(profile, Profile)
    assert profile.attributes == {"City": "Riga", "Likes": ["a", "b"], "Vip": True, "Churned": None}
    assert not profile.run_rules


@pytest.mark.parametrize(
    ("name", "new"),
    [
        ("$Age", "mp_Age"),
        ("City", "City"),
        ("Zip Code", None),
        ("7th", None),
        ("_x", None),
        ("Größe", None),
    ],
)
def test_a_name_of_an_attribute_is_changed_by_explicit_rule_only(name: str, new: str | None) -> None:
    assert attribute_name(name, {}) == new


def test_what_has_no_name_is_left_out_and_named() -> None:
    assert named({"Zip Code": "1"}, (), {}) == ({}, (Note(notes.NAME_NOT_USABLE, "Zip Code"),))
    assert named({"Zip Code": "1"}, (), {"Zip Code": "zip"}) == ({"zip": "1"}, ())


def test_who_joins_gets_his_mparticle_id_where_the_settings_say_so() -> None:
    [told] = changes_of(user("c-1", mpid="-99"), 0)
    assert isinstance(told, MembershipChange)
    made = to_talon_one(told, TalonOneOptions(mpid_attribute=True)).records
    assert [type(one) for one in made] == [Profile, Membership]


@pytest.mark.parametrize("number", [2**63 - 1, 2**64 - 1, -(2**63), 2**64, -(2**63) - 1, 10**40])
def test_a_whole_number_of_any_length_is_read_exactly(number: int) -> None:
    body = json.dumps({"mpid": number, "text": "1" * 30}).encode()
    found = exact(body, orjson.loads(body))

    assert str(found["mpid"]) == str(number)
    assert isinstance(found["mpid"], int) == (-(2**63) <= number < 2**64)
