"""Audiences and memberships of mParticle, as records of Sailthru."""

from __future__ import annotations

from typing import Any

import pytest

from producers.mparticle.normal import Person, Subscription
from producers.mparticle.sailthru import SailthruOptions, to_sailthru
from tests.mparticle_sailthru.told import NOW_MS, OPTIONS, joined, records, words

WHO = {"profile_id": "ana@example.com", "person": "77"}
ON_LIST = {"audience_name": "VIPs", "audience_external_id": "12"}


@pytest.mark.parametrize(("action", "becomes"), [("add", "create"), ("update", "rename")])
def test_a_connected_or_changed_audience_is_a_list(action: Any, becomes: str) -> None:
    assert records(Subscription("12", "VIPs $100+", action)) == [
        {"action": becomes, "name": "VIPs -100+", "external_id": "12"}
    ]


def test_a_disconnected_audience_keeps_its_list() -> None:
    found = to_sailthru(Subscription("12", "VIPs", "remove"), OPTIONS, NOW_MS)
    assert (found.records, found.filtered, words(found)) == ((), 1, [("list_kept", "")])


def test_a_disconnected_audience_loses_its_list_where_that_is_wanted() -> None:
    options = SailthruOptions(remove_lists=True)
    assert records(Subscription("12", "VIPs", "remove"), options) == [
        {"action": "delete", "name": "VIPs", "external_id": "12"}
    ]


def test_an_audience_without_a_name_is_refused() -> None:
    found = to_sailthru(Subscription("12", " ", "add"), OPTIONS, NOW_MS)
    assert [(one.code, one.where) for one in found.refused] == [("T694", "audience_name")]


@pytest.mark.parametrize("action", ["add", "delete"])
def test_who_joins_or_leaves_an_audience_joins_or_leaves_its_list(action: Any) -> None:
    assert records(joined(action)) == [{**WHO, "action": action, **ON_LIST}]


def test_the_list_has_one_name_at_both_doors() -> None:
    [created] = records(Subscription("12", "A$B", "add"))
    [member] = records(joined(name="A$B"))
    assert created["name"] == member["audience_name"] == "A-B"


@pytest.mark.parametrize(("action", "field"), [("add", "audiences_add"), ("delete", "audiences_delete")])
def test_attributes_that_come_with_a_change_travel_with_it(action: Any, field: str) -> None:
    assert records(joined(action, attributes={"$City": "Rome"}, deleted=("old",))) == [
        {**WHO, "attributes": {"old": None, "City": "Rome"}, field: [{"name": "VIPs", "external_id": "12"}]}
    ]


def test_as_bulk_a_change_is_a_membership_and_its_attributes_a_record_of_their_own() -> None:
    found = to_sailthru(joined(attributes={"city": "Rome"}), OPTIONS, NOW_MS, as_bulk=True)
    assert [record.data() for record in found.records] == [
        {**WHO, "attributes": {"city": "Rome"}},
        {**WHO, "action": "add", **ON_LIST},
    ]


def test_an_update_of_attributes_changes_no_membership() -> None:
    assert records(joined("attribute_update", attributes={"city": "Rome"})) == [{**WHO, "attributes": {"city": "Rome"}}]


def test_an_update_of_nothing_is_left_out_and_told() -> None:
    found = to_sailthru(joined("attribute_update", attributes={"a b": 1}), OPTIONS, NOW_MS)
    assert (found.records, found.filtered) == ((), 1)
    assert words(found) == [("attribute_name_not_a_var", "a b"), ("nothing_changed", "")]


@pytest.mark.parametrize(("person", "code"), [(Person("77"), "T690"), (Person("77", {}, frozenset({"email"})), "T691")])
def test_a_member_without_an_address_is_refused(person: Person, code: str) -> None:
    found = to_sailthru(joined(person=person, attributes={"a": 1}), OPTIONS, NOW_MS)
    assert [one.code for one in found.refused] == [code]
    assert found.records == ()
