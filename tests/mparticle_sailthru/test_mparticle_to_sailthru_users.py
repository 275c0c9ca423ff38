"""Attribute changes, identity changes and events of mParticle, as records of Sailthru."""

from __future__ import annotations

import pytest

from producers.mparticle.normal import AttributesChanged, Identity, IdentityChanged, Other, Person
from producers.mparticle.sailthru import SailthruOptions, to_sailthru
from tercel.records import LaneKind
from tests.mparticle_sailthru.told import (
    ANA,
    DAY_MS,
    NOW_MS,
    OPTIONS,
    changed,
    ended,
    event,
    records,
    removed,
    set_to,
    started,
    told,
    words,
)

WHO = {"profile_id": "ana@example.com", "person": "77"}
EXTID = SailthruOptions(extid=True)


def test_the_seeds_attributes_become_vars_without_their_dollar() -> None:
    added = {
        "$FirstName": "Brian",
        "$LastName": "O'Brian",
        "$Gender": "M",
        "$State": "FL",
        "$Country": "US",
        "$City": "Boca Raton",
        "$Zip": "33431",
    }
    assert records(told(set_to(**added))) == [
        {**WHO, "attributes": {name.removeprefix("$"): value for name, value in added.items()}}
    ]


def test_a_removed_attribute_becomes_null() -> None:
    assert records(told(removed("$City"))) == [{**WHO, "attributes": {"City": None}}]


def test_what_is_removed_and_set_at_once_is_set() -> None:
    change = AttributesChanged("e", NOW_MS, {"city": "Rome"}, ("city",))
    assert records(told(change)) == [{**WHO, "attributes": {"city": "Rome"}}]


@pytest.mark.parametrize("name", ["1st", "7", "a b", "a-b", "a.b", "50%", "a$", "", "$", "x" * 33])
def test_a_name_that_no_var_can_have_is_left_out_and_told(name: str) -> None:
    found = to_sailthru(told(set_to(**{name: 1, "good": 2})), OPTIONS, NOW_MS)
    assert [record.data()["attributes"] for record in found.records] == [{"good": 2}]
    assert words(found) == [("attribute_name_not_a_var", name)]


def test_a_name_of_32_characters_is_kept() -> None:
    assert records(told(set_to(**{"$" + "x" * 32: 1})))[0]["attributes"] == {"x" * 32: 1}


def test_of_two_names_that_become_one_the_plain_one_is_taken() -> None:
    found = to_sailthru(told(set_to(**{"$City": "Rome", "City": "Bonn"})), OPTIONS, NOW_MS)
    assert found.records[0].data()["attributes"] == {"City": "Bonn"}
    assert words(found) == [("attribute_name_twice", "$City")]


def test_a_new_name_may_be_given_to_an_attribute() -> None:
    options = SailthruOptions(attribute_names={"Zip Code": "zip"})
    assert records(told(set_to(**{"Zip Code": "33431"})), options)[0]["attributes"] == {"zip": "33431"}


def test_lists_stay_lists_by_default() -> None:
    assert records(told(set_to(sizes=["S", "M"])))[0]["attributes"] == {"sizes": ["S", "M"]}


def test_lists_are_joined_where_that_is_wanted() -> None:
    options = SailthruOptions(join_lists=", ")
    assert records(told(set_to(sizes=["S", True, None, 3])), options)[0]["attributes"] == {"sizes": "S, true, , 3"}


def test_changes_in_a_row_become_one_record() -> None:
    assert records(told(set_to(a=1, b=1), set_to(b=2), removed("a"))) == [{**WHO, "attributes": {"a": None, "b": 2}}]


def test_a_change_before_an_event_stays_before_it() -> None:
    found = to_sailthru(told(set_to(a=1), event(), set_to(a=2)), OPTIONS, NOW_MS).records
    assert [record.lane_kind for record in found] == [LaneKind.PROFILE, LaneKind.EVENT, LaneKind.PROFILE]


def test_user_attributes_alone_say_no_change() -> None:
    found = to_sailthru(told(attributes={"a": 1}), OPTIONS, NOW_MS)
    assert (found.records, found.filtered) == ((), 1)


def test_user_attributes_are_set_where_the_sender_tells_no_changes() -> None:
    options = SailthruOptions(all_attributes=True)
    assert records(told(attributes={"a": 1}, deleted=("b",)), options) == [{**WHO, "attributes": {"b": None, "a": 1}}]


def test_a_custom_event_keeps_its_name_and_attributes() -> None:
    assert records(told(event("Add to Cart", sku="x-1", **{"price $": "3"}))) == [
        {**WHO, "type": "Add to Cart", "event_id": "e-Add to Cart", "attributes": {"sku": "x-1", "price $": "3"}}
    ]


def test_an_events_attributes_are_not_copied_to_the_profile() -> None:
    found = to_sailthru(told(event(sku="x-1")), OPTIONS, NOW_MS)
    assert [record.lane_kind for record in found.records] == [LaneKind.EVENT]


@pytest.mark.parametrize("name", ["send", "cancel", "open", "click", "purchase", "daily"])
def test_an_event_with_a_name_that_sailthru_keeps_is_refused_and_the_others_go_on(name: str) -> None:
    found = to_sailthru(told(event(name), event("Seen")), OPTIONS, NOW_MS)
    assert [(one.code, one.where) for one in found.refused] == [("T693", "events[0].name")]
    assert len(found.records) == 1


def test_an_event_may_get_a_new_name() -> None:
    assert records(told(event("open")), SailthruOptions(event_names={"open": "opened"}))[0]["type"] == "opened"


def test_sessions_become_events_with_id_and_length() -> None:
    assert [(one["type"], one["attributes"]) for one in records(told(started(), ended()))] == [
        ("mp_session_start", {"session_id": "-8231231231231231231"}),
        ("mp_session_end", {"session_id": "-8231231231231231231", "session_length_ms": 61_000}),
    ]


def test_an_event_of_another_type_is_left_out_and_told() -> None:
    found = to_sailthru(told(Other("screen_view")), OPTIONS, NOW_MS)
    assert (found.records, found.filtered) == ((), 1)
    assert words(found) == [("event_type_not_forwarded", "screen_view")]


def test_what_is_older_than_14_days_is_left_out_and_told() -> None:
    old, young = event("old", NOW_MS - 14 * DAY_MS - 1), event("young", NOW_MS - 14 * DAY_MS)
    found = to_sailthru(told(old, young), OPTIONS, NOW_MS)
    assert [record.data()["type"] for record in found.records] == ["young"]
    assert (found.filtered, words(found)) == (1, [("older_than_14_days", "")])


def test_a_new_address_moves_the_profile_and_what_follows_finds_it_there() -> None:
    person = Person("77", {"email": "new@example.com"})
    batch = told(event("before"), changed("email", "old@example.com", "new@example.com"), set_to(a=1), person=person)
    assert records(batch) == [
        {"profile_id": "old@example.com", "person": "77", "type": "before", "event_id": "e-before"},
        {
            "profile_id": "new@example.com",
            "person": "77",
            "identities": {"was": {"email": "old@example.com"}, "now": {"email": "new@example.com"}},
        },
        {"profile_id": "new@example.com", "person": "77", "attributes": {"a": 1}},
    ]


def test_all_records_of_a_change_of_address_have_one_key() -> None:
    person = Person(None, {"email": "new@example.com"})
    batch = told(event(), changed("email", "old@example.com", "new@example.com"), set_to(a=1), person=person)
    assert len({record.key for record in to_sailthru(batch, OPTIONS, NOW_MS).records}) == 1


def test_two_changes_of_address_in_one_message_follow_each_other() -> None:
    person = Person("77", {"email": "c@x.de"})
    batch = told(changed("email", "a@x.de", "b@x.de"), changed("email", "b@x.de", "c@x.de"), person=person)
    assert [one["identities"] for one in records(batch)] == [
        {"was": {"email": "a@x.de"}, "now": {"email": "b@x.de"}},
        {"was": {"email": "b@x.de"}, "now": {"email": "c@x.de"}},
    ]


def test_an_address_that_goes_and_another_that_comes_later_are_one_change() -> None:
    person = Person("77", {"email": "b@x.de"})
    batch = told(changed("email", "a@x.de", None), changed("email", None, "b@x.de"), person=person)
    assert [one["identities"] for one in records(batch)] == [{"was": {"email": "a@x.de"}, "now": {"email": "b@x.de"}}]


@pytest.mark.parametrize(("old", "new"), [("Ana@example.com", "ana@example.com"), (None, "ana@example.com")])
def test_an_address_that_is_the_same_but_for_its_case_or_is_the_first_changes_nothing(old: str, new: str) -> None:
    found = to_sailthru(told(changed("email", old, new)), OPTIONS, NOW_MS)
    assert (found.records, found.refused, found.filtered) == ((), (), 1)


def test_an_address_that_is_taken_away_leaves_nobody_to_tell_of() -> None:
    batch = told(changed("email", "ana@example.com", None), event())
    found = to_sailthru(batch, OPTIONS, NOW_MS)
    assert [one.code for one in found.refused] == ["T690"]
    assert found.filtered == 1


def test_where_only_a_hash_of_the_old_address_is_known_that_is_told() -> None:
    change = IdentityChanged("e", NOW_MS, (Identity("email", "ana@example.com"),), (Identity("email", None),))
    found = to_sailthru(told(change), OPTIONS, NOW_MS)
    assert ("old_email_unknown", "") in words(found)
    assert found.records == ()


def test_where_only_a_hash_of_the_new_address_is_known_the_change_and_what_follows_are_refused() -> None:
    change = IdentityChanged("e", NOW_MS, (Identity("email", None),), (Identity("email", "ana@example.com"),))
    found = to_sailthru(told(change, event()), OPTIONS, NOW_MS)
    assert [one.code for one in found.refused] == ["T691", "T691"]
    assert found.records == ()


def test_of_a_raw_and_a_hashed_address_the_raw_one_counts() -> None:
    added = (Identity("email", None), Identity("email", "new@example.com"))
    change = IdentityChanged("e", NOW_MS, added, (Identity("email", "old@example.com"),))
    assert records(told(change))[0]["identities"]["now"] == {"email": "new@example.com"}


def test_a_new_customer_id_is_linked_where_external_ids_are_on() -> None:
    assert records(told(changed("customer_id", None, "c-8")), EXTID) == [
        {**WHO, "identities": {"now": {"extid": "c-8"}}}
    ]


def test_a_new_customer_id_is_left_out_and_told_where_they_are_off() -> None:
    found = to_sailthru(told(changed("customer_id", None, "c-8")), OPTIONS, NOW_MS)
    assert (found.records, found.filtered) == ((), 1)
    assert words(found)[0] == ("identity_kind_not_forwarded", "customer_id")


def test_a_first_address_is_linked_with_the_customer_id_that_is_known() -> None:
    assert records(told(changed("email", None, "ana@example.com")), EXTID)[0]["identities"]["now"] == {"extid": "c-7"}


def test_another_kind_of_id_is_left_out_and_told() -> None:
    found = to_sailthru(told(changed("facebook", None, "f-1")), EXTID, NOW_MS)
    assert (found.records, found.filtered) == ((), 1)
    assert words(found)[0] == ("identity_kind_not_forwarded", "facebook")


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (Person("77", {"customer_id": "c-7"}), "T690"),
        (Person("77", {"email": "  "}), "T690"),
        (Person("77", {}, frozenset({"email"})), "T691"),
        (Person("77", {"email": "b58996c504c5638798eb6b511e6f49af"}), "T692"),
        (Person("77", {"email": "a b@example.com"}), "T692"),
    ],
)
def test_whom_sailthru_cannot_find_is_refused_part_by_part_with_the_reason(person: Person, code: str) -> None:
    found = to_sailthru(told(event(), set_to(a=1), person=person), OPTIONS, NOW_MS)
    assert [one.code for one in found.refused] == [code, code]
    assert [one.reason[:9] for one in found.refused] == ["events[0]", "events[1]"]
    assert found.records == ()


@pytest.mark.parametrize(
    ("person", "key"),
    [
        (ANA, "77"),
        (Person(None, {"email": "ana@example.com", "customer_id": "c-7"}), "c-7"),
        (Person(None, {"email": "ana@example.com"}), "ana@example.com"),
    ],
)
def test_order_is_kept_by_what_changes_least(person: Person, key: str) -> None:
    assert records(told(event(), person=person))[0]["person"] == key


def test_a_value_that_cannot_travel_is_refused_without_being_repeated() -> None:
    found = to_sailthru(told(set_to(a="\ud800secret")), OPTIONS, NOW_MS)
    assert [(one.code, one.where) for one in found.refused] == [("T694", "events[0].attributes")]
    assert "secret" not in found.refused[0].reason
