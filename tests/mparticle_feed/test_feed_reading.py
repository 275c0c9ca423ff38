"""Batches of the Events API in normal form, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from producers.mparticle.feed import BadBatch, Read, read_batch
from producers.mparticle.normal import (
    AttributesChanged,
    CustomEvent,
    Identity,
    IdentityChanged,
    Other,
    Person,
    SessionEnd,
    SessionStart,
)
from tests.mparticle_feed.events_api import IDENTITY_KINDS, SEED_BODY

ARRIVED_MS = 1_790_000_000_000
EARLIER_MS = ARRIVED_MS - 60_000


def read(batch: Any) -> Read:
    return read_batch(batch, ARRIVED_MS, "fresh")


def happening(kind: str, data: Any = None, **batch: Any) -> Any:
    """Return what one event tells."""
    [found] = read({"events": [{"event_type": kind, "data": data or {}}], **batch}).batch.happenings
    return found


def custom(**data: Any) -> dict[str, Any]:
    return {"event_name": "Bought", "custom_event_type": "transaction", **data}


def where_is_wrong(batch: Any) -> str:
    with pytest.raises(BadBatch) as caught:
        read(batch)
    return caught.value.where


def changed(**sides: Any) -> dict[str, Any]:
    """Return the data of an identity change."""
    named: dict[str, Any] = {"new": None, "old": None}
    for side, (kind, value) in sides.items():
        named[side] = {"identity_type": kind, "identity": value, "timestamp_unixtime_ms": EARLIER_MS}
    return named


def test_the_seeds_body_is_the_start_of_a_session() -> None:
    found = read(SEED_BODY)
    assert found.batch.person == Person(None, {"customer_id": "John Doe"})
    assert found.batch.happenings == (SessionStart("fresh-0", ARRIVED_MS),)
    assert found.notes == ()


@pytest.mark.parametrize("kind", IDENTITY_KINDS)
def test_every_documented_kind_of_identity_is_read(kind: str) -> None:
    assert read({"user_identities": {kind: "x"}}).batch.person.identities == {kind: "x"}


@pytest.mark.parametrize(
    ("spelling", "kind"),
    [
        ("email_address", "email"),
        ("other5", "other_id_5"),
        ("other10", "other_id_10"),
        ("customer", "customer_id"),
        ("customerId", "customer_id"),
    ],
)
def test_other_spellings_of_an_identity_are_the_same(spelling: str, kind: str) -> None:
    assert read({"user_identities": {spelling: "x"}}).batch.person.identities == {kind: "x"}


def test_the_documented_spelling_wins_over_another() -> None:
    told = {"email_address": "old@example.com", "email": "new@example.com"}
    assert read({"user_identities": told}).batch.person.identities == {"email": "new@example.com"}


def test_an_unknown_kind_of_identity_is_passed_over_and_told() -> None:
    found = read({"user_identities": {"tiktok": "x", "email": "a@example.com"}})
    assert found.batch.person.identities == {"email": "a@example.com"}
    assert [note.word for note in found.notes] == ["unknown_identities_ignored"]


def test_the_webhooks_list_of_identities_is_read_as_the_object_is() -> None:
    told = [
        {"identity_type": "customer_id", "identity": "c-7", "timestamp_unixtime_ms": 1},
        {"identity_type": "email", "identity": "ana@example.com"},
        {"identity_type": "other", "identity": None},
    ]
    assert read({"user_identities": told}).batch.person.identities == {"customer_id": "c-7", "email": "ana@example.com"}


def test_a_hashed_identity_of_the_list_is_never_taken_for_an_id() -> None:
    told = [{"identity_type": "email", "identity": "b58996c5", "encoding": "MD5"}]
    assert read({"user_identities": told}).batch.person == Person(None, {}, frozenset({"email"}))


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), (7.0, "7"), (2**62, str(2**62)), (True, "true"), (" x ", " x "), (1.5, "1.5")]
)
def test_an_identity_that_is_no_text_is_written_out(value: Any, text: str) -> None:
    assert read({"user_identities": {"other": value}}).batch.person.identities == {"other": text}


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_empty_identity_is_none(value: Any) -> None:
    assert read({"user_identities": {"other": value}}).batch.person.identities == {}


@pytest.mark.parametrize(("mpid", "text"), [(-(2**63), str(-(2**63))), ("9" * 25, "9" * 25), ("7", "7"), (None, None)])
def test_an_mpid_is_a_text(mpid: Any, text: str | None) -> None:
    assert read({"mpid": mpid}).batch.person.mpid == text


def test_user_attributes_are_read_with_their_types() -> None:
    told = {"name": "Ana", "age": 30, "vip": True, "score": 1.5, "sizes": ["S", 2, None]}
    assert read({"user_attributes": told}).batch.attributes == told


def test_a_user_attribute_without_a_value_is_a_tag() -> None:
    assert read({"user_attributes": {"vip": None}}).batch.attributes == {"vip": True}


def test_deleted_attributes_are_read() -> None:
    assert read({"deleted_user_attributes": ["a", "b"]}).batch.deleted == ("a", "b")


def test_a_custom_event_is_read() -> None:
    data = custom(custom_attributes={"n": 1, "none": None}, timestamp_unixtime_ms=EARLIER_MS, event_id=5)
    assert happening("custom_event", data) == CustomEvent("5", EARLIER_MS, "Bought", {"n": 1})


def test_a_custom_event_may_be_of_the_type_attribution() -> None:
    assert happening("custom_event", custom(custom_event_type="attribution")).name == "Bought"


@pytest.mark.parametrize(
    ("data", "batch", "event_id"),
    [
        ({"event_id": -5, "source_message_id": "m-1"}, {"source_request_id": "r-1"}, "-5"),
        ({"source_message_id": "m-1"}, {"source_request_id": "r-1"}, "m-1"),
        ({"source_message_id": ""}, {"source_request_id": "r-1"}, "r-1-0"),
        ({}, {}, "fresh-0"),
    ],
)
def test_an_event_is_known_by_its_own_id_or_by_its_place_in_the_batch(
    data: dict[str, Any], batch: dict[str, Any], event_id: str
) -> None:
    assert happening("custom_event", custom(**data), **batch).id == event_id


@pytest.mark.parametrize(
    ("batch", "seen_id"),
    [
        ({}, ""),
        ({"source_request_id": None}, ""),
        ({"source_request_id": "r-1"}, "r-1"),
        ({"source_request_id": "r-1", "batch_id": 9}, "r-1"),
        ({"source_request_id": "r-1", "message_id": "m-1"}, "m-1:"),
        ({"source_request_id": "r-1", "message_id": "m-1", "unique_id": 3}, "m-1:3"),
    ],
)
def test_a_batch_is_known_by_what_its_sender_gave(batch: dict[str, Any], seen_id: str) -> None:
    assert read(batch).batch.seen_id == seen_id


def test_sessions_are_read_with_id_and_length() -> None:
    data = {"session_id": -(2**63), "timestamp_unixtime_ms": EARLIER_MS, "session_duration_ms": 61_000}
    assert happening("session_start", data) == SessionStart("fresh-0", EARLIER_MS, str(-(2**63)))
    assert happening("session_end", data) == SessionEnd("fresh-0", EARLIER_MS, str(-(2**63)), 61_000)


def test_a_session_may_be_known_by_its_uuid() -> None:
    assert happening("session_start", {"session_uuid": "0-1-2"}).session_id == "0-1-2"


@pytest.mark.parametrize(
    ("data", "added", "removed"),
    [
        ({"new": "Rome", "old": None}, {"city": "Rome"}, ()),
        ({"new": ["a", "b"], "deleted": False}, {"city": ["a", "b"]}, ()),
        ({"new": "x", "deleted": True}, {}, ("city",)),
        ({"new": None, "old": "Rome"}, {}, ("city",)),
        ({"new": None, "old": "Rome", "deleted": False}, {"city": True}, ()),
        ({"new": None, "old": None}, {"city": True}, ()),
    ],
)
def test_a_change_of_an_attribute_sets_it_or_takes_it_away(
    data: dict[str, Any], added: dict[str, Any], removed: tuple[str, ...]
) -> None:
    found = happening("user_attribute_change", {"user_attribute_name": "city", **data})
    assert found == AttributesChanged("fresh-0", ARRIVED_MS, added, removed)


def test_a_change_of_an_identity_is_read() -> None:
    found = happening("user_identity_change", changed(new=("email_address", "new@x.de"), old=("email", "old@x.de")))
    assert found == IdentityChanged(
        "fresh-0", ARRIVED_MS, (Identity("email", "new@x.de"),), (Identity("email", "old@x.de"),)
    )


def test_an_identity_that_came_or_went_is_read() -> None:
    assert happening("user_identity_change", changed(new=("email", "new@x.de"))).removed == ()
    assert happening("user_identity_change", changed(old=("email", "old@x.de"))).added == ()


@pytest.mark.parametrize("kind", ["screen_view", "commerce_event", "opt_out", "uninstall", "something_new"])
def test_another_type_of_event_is_told_by_its_name_whatever_it_holds(kind: str) -> None:
    assert read({"events": [{"event_type": kind, "data": 7}]}).batch.happenings == (Other(kind),)


def test_fields_that_nobody_knows_are_passed_over_and_told() -> None:
    assert [note.word for note in read({"user_identites": {}}).notes] == ["unknown_fields_ignored"]


@pytest.mark.parametrize("batch", [{}, {"events": None, "user_attributes": None, "user_identities": None}])
def test_a_batch_of_nothing_is_one(batch: dict[str, Any]) -> None:
    assert read(batch).batch.happenings == ()


@pytest.mark.parametrize(
    ("batch", "where"),
    [
        ({"environment": "staging"}, "environment"),
        ({"user_identities": "ana"}, "user_identities"),
        ({"user_identities": {"email": ["a"]}}, "user_identities.email"),
        ({"user_identities": {"ana@example.com": []}}, "user_identities.*"),
        ({"user_identities": [7]}, "user_identities[0]"),
        ({"user_identities": [{"identity": "x"}]}, "user_identities[0].identity_type"),
        ({"user_identities": [{"identity_type": "email"}]}, "user_identities[0].identity"),
        ({"mpid": True}, "mpid"),
        ({"mpid": 1.5}, "mpid"),
        ({"source_request_id": {}}, "source_request_id"),
        ({"user_attributes": []}, "user_attributes"),
        ({"user_attributes": {"a": {}}}, "user_attributes.a"),
        ({"user_attributes": {"a": [[]]}}, "user_attributes.a[0]"),
        ({"deleted_user_attributes": "a"}, "deleted_user_attributes"),
        ({"deleted_user_attributes": [7]}, "deleted_user_attributes[0]"),
        ({"events": {}}, "events"),
        ({"events": [7]}, "events[0]"),
        ({"events": [{"data": {}}]}, "events[0].event_type"),
        ({"events": [{"event_type": 7, "data": {}}]}, "events[0].event_type"),
        ({"events": [{"event_type": "session_start"}]}, "events[0].data"),
        ({"events": [{"event_type": "session_start", "data": 7}]}, "events[0].data"),
    ],
)
def test_what_is_wrong_with_a_batch_is_told_by_its_field(batch: dict[str, Any], where: str) -> None:
    assert where_is_wrong(batch) == where


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        ("custom_event", {"custom_event_type": "other"}, "event_name"),
        ("custom_event", custom(event_name=" "), "event_name"),
        ("custom_event", {"event_name": "x"}, "custom_event_type"),
        ("custom_event", custom(custom_attributes={"a": []}), "custom_attributes.a"),
        ("custom_event", custom(timestamp_unixtime_ms="now"), "timestamp_unixtime_ms"),
        ("custom_event", custom(event_id=[]), "event_id"),
        ("session_end", {}, "session_duration_ms"),
        ("user_attribute_change", {}, "user_attribute_name"),
        ("user_attribute_change", {"user_attribute_name": "a", "new": {}}, "new"),
        ("user_attribute_change", {"user_attribute_name": "a", "deleted": "yes"}, "deleted"),
        ("user_identity_change", {"new": None}, "old"),
        ("user_identity_change", {"new": {"identity": "x"}, "old": None}, "new.identity_type"),
    ],
)
def test_what_is_wrong_with_an_event_is_told_by_its_field(kind: str, data: dict[str, Any], field: str) -> None:
    fine = {"event_type": "session_start", "data": {}}
    batch = {"events": [fine, {"event_type": kind, "data": data}]}
    assert where_is_wrong(batch) == f"events[1].data.{field}"


ATTRIBUTES = {str(number): "x" for number in range(100)}


@pytest.mark.parametrize(
    "told",
    [
        ATTRIBUTES,
        {"n" * 256: "x"},
        {"a": "x" * 4_096},
        {"a": ["x"] * 1_000},
        {"a": ["x" * 512]},
    ],
    ids=["100 attributes", "a name of 256", "a value of 4096", "a list of 1000", "an entry of 512"],
)
def test_as_much_as_mparticle_takes_is_taken(told: dict[str, Any]) -> None:
    assert read({"user_attributes": told}).batch.attributes == told


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ({**ATTRIBUTES, "more": 1}, "user_attributes"),
        ({"n" * 257: "x"}, "user_attributes[0]"),
        ({"a": "x" * 4_097}, "user_attributes.a"),
        ({"a": ["x"] * 1_001}, "user_attributes.a"),
        ({"a": ["y", "x" * 513]}, "user_attributes.a[1]"),
    ],
    ids=["101 attributes", "a name of 257", "a value of 4097", "a list of 1001", "an entry of 513"],
)
def test_more_than_that_is_told_by_its_field(told: dict[str, Any], where: str) -> None:
    assert where_is_wrong({"user_attributes": told}) == where


def test_an_event_with_more_than_100_attributes_is_told_by_its_field() -> None:
    data = custom(custom_attributes={**ATTRIBUTES, "more": 1})
    batch = {"events": [{"event_type": "custom_event", "data": data}]}
    assert where_is_wrong(batch) == "events[0].data.custom_attributes"


def test_an_event_name_of_more_than_256_characters_is_told_by_its_field() -> None:
    batch = {"events": [{"event_type": "custom_event", "data": custom(event_name="n" * 257)}]}
    assert where_is_wrong(batch) == "events[0].data.event_name"


def test_what_is_told_repeats_no_value() -> None:
    with pytest.raises(BadBatch) as caught:
        read({"user_identities": {"ana@example.com": {"secret": 1}}, "environment": None})
    assert "ana" not in str(caught.value)
    assert "secret" not in str(caught.value)
