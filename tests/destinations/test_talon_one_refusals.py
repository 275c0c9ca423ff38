"""A 400 with pointers: who is rejected, what is stripped, and when the call is split instead."""

from __future__ import annotations

from typing import Any

import pytest

from tercel.records import LaneKind
from tests.destinations.talon_one_given import answer, error, event, judged, membership, profile, refused
from workers.destinations.talon_one.reasons import (
    ATTRIBUTE_REFUSED,
    ATTRIBUTE_UNKNOWN,
    AUDIENCE_NOT_THERE,
    EVENT_TYPE_UNKNOWN,
    FIELD_REFUSED,
)
from workers.outcomes import RejectItems, Split, StripAttributes

THREE = [profile("p1", Points=1), profile("p2", Points=2, Shoe=44), profile("p3", Shoe=40)]
SESSION = {
    "session_id": "s1",
    "details": {"attributes": {"A": 1, "B": 1}, "cartItems": [{"attributes": {"B": 1, "C": 1}}]},
}
UNKNOWN_AT_1 = error("Unknown", "/customerProfiles/1/attributes/Shoe")
UNKNOWN_ANYWHERE = error("Unknown", "/attributes/Shoe")
WRONG_TYPE_AT_0 = error("Invalid type", "/customerProfiles/0/attributes/Points")


def codes(outcome: object) -> dict[int, str]:
    assert isinstance(outcome, RejectItems)
    return {item: why.code for item, why in outcome.items.items()}


def judged_400(*errors: dict[str, Any], records: list[dict[str, Any]] | None = None, **options: Any) -> object:
    return judged(LaneKind.PROFILE, answer(400, refused(*errors)), THREE if records is None else records, **options)


def test_an_unknown_attribute_rejects_the_item_it_points_at() -> None:
    assert codes(judged_400(UNKNOWN_AT_1)) == {1: ATTRIBUTE_UNKNOWN}


def test_an_unknown_attribute_is_named_with_what_to_do() -> None:
    outcome = judged_400(UNKNOWN_AT_1)

    assert isinstance(outcome, RejectItems)
    assert "profile attribute 'Shoe'" in outcome.items[1].text
    assert "Campaign Manager, or set skip_unknown_attributes" in outcome.items[1].text


def test_an_unknown_attribute_without_an_index_rejects_every_item_that_carries_it() -> None:
    assert codes(judged_400(UNKNOWN_ANYWHERE)) == {1: ATTRIBUTE_UNKNOWN, 2: ATTRIBUTE_UNKNOWN}


@pytest.mark.parametrize("fault", [UNKNOWN_AT_1, UNKNOWN_ANYWHERE])
def test_an_unknown_attribute_is_stripped_where_the_deployment_says_so(fault: dict[str, Any]) -> None:
    outcome = judged_400(fault, skip_unknown_attributes=True)

    assert isinstance(outcome, StripAttributes)
    assert outcome.names == {("profile", "Shoe")}


def test_several_unknown_attributes_are_stripped_at_once() -> None:
    more = error("Unknown", "/customerProfiles/0/attributes/Points")

    outcome = judged_400(UNKNOWN_AT_1, more, skip_unknown_attributes=True)

    assert isinstance(outcome, StripAttributes)
    assert outcome.names == {("profile", "Shoe"), ("profile", "Points")}


def test_a_value_of_the_wrong_type_is_never_stripped_from_everybody() -> None:
    assert codes(judged_400(WRONG_TYPE_AT_0, skip_unknown_attributes=True)) == {0: ATTRIBUTE_REFUSED}


def test_an_attribute_that_was_not_sent_is_not_stripped_or_the_call_would_go_round_for_ever() -> None:
    outcome = judged_400(error("Unknown", "/attributes/Hat"), skip_unknown_attributes=True)

    assert isinstance(outcome, Split)


def test_a_wrong_value_without_an_index_is_blamed_on_the_only_item_that_has_it() -> None:
    records = [profile("p1", Age="x"), profile("p2", Points=1)]

    assert codes(judged_400(error("Invalid type", "/attributes/Age"), records=records)) == {0: ATTRIBUTE_REFUSED}


def test_a_wrong_value_without_an_index_splits_the_call_while_several_could_have_it() -> None:
    assert isinstance(judged_400(error("Invalid type", "/attributes/Points")), Split)


def test_the_first_of_several_faults_of_one_item_is_its_reason() -> None:
    other = error("Unknown", "/customerProfiles/0/integrationId")

    assert codes(judged_400(WRONG_TYPE_AT_0, other)) == {0: ATTRIBUTE_REFUSED}


def test_a_pointer_into_a_value_is_about_the_value() -> None:
    records = [profile("p1", Tags=["a", 5])]

    assert codes(judged_400(error("Unknown", "/customerProfiles/0/attributes/Tags/1"), records=records)) == {
        0: ATTRIBUTE_REFUSED
    }


def test_escapes_in_a_pointer_are_resolved() -> None:
    assert codes(judged_400(error("Unknown", "/attributes/a~1b~0c"), records=[profile("p1", **{"a/b~c": 1})])) == {
        0: ATTRIBUTE_UNKNOWN
    }


@pytest.mark.parametrize(
    "pointer",
    [
        "",
        "/",
        "customerProfiles/0",
        "/customerProfiles",
        "/customerProfiles/3",
        "/customerProfiles/-1",
        "/customerProfiles/01",
        "/customerProfiles/٢",
        "/customerProfiles/" + "9" * 5_000,
        "/customerProfiles/0/attributes/Shoe",
        "/customerProfiles/9/attributes/Shoe",
        "/data/0",
        "/attributes",
    ],
)
def test_a_pointer_that_leads_to_nothing_that_was_sent_blames_nobody(pointer: str) -> None:
    assert isinstance(judged_400(error("Unknown", pointer)), Split)


def test_a_pointer_at_another_field_rejects_its_item_and_names_the_field() -> None:
    outcome = judged_400(error("too long", "/customerProfiles/2/integrationId"))

    assert codes(outcome) == {2: FIELD_REFUSED}
    assert isinstance(outcome, RejectItems)
    assert "integrationId" in outcome.items[2].text


def test_an_item_index_counts_items_not_records() -> None:
    records = [profile("p1", A=1), profile("p1", A=2), profile("p2", A=3)]

    assert codes(judged_400(error("enum", "/customerProfiles/1/attributes/A"), records=records)) == {
        1: ATTRIBUTE_REFUSED
    }


def test_an_unknown_audience_in_a_400_rejects_its_action() -> None:
    records = [membership("p1", audience_id=7), membership("p2", audience_id=8)]
    body = refused(error("Unknown", "/data/1/audienceId"))

    assert codes(judged(LaneKind.MEMBERSHIP, answer(400, body), records)) == {1: AUDIENCE_NOT_THERE}


@pytest.mark.parametrize(
    ("kind", "record", "pointer", "code"),
    [
        (LaneKind.EVENT, event(), "/type", EVENT_TYPE_UNKNOWN),
        (LaneKind.EVENT, event(attributes={"A": 1}), "/attributes/A", ATTRIBUTE_UNKNOWN),
        (LaneKind.EVENT, event(), "/connectedSessionId", FIELD_REFUSED),
        (
            LaneKind.RULES,
            {"profile_id": "p", "run_rules": True, "attributes": {"A": 1}},
            "/attributes/A",
            ATTRIBUTE_UNKNOWN,
        ),
        (
            LaneKind.RULES,
            {"profile_id": "p", "run_rules": True, "audiences_add": [1]},
            "/audiencesChanges/adds/0",
            AUDIENCE_NOT_THERE,
        ),
        (LaneKind.RULES, {"profile_id": "p", "audiences_add": [1]}, "/data/0/audienceId", AUDIENCE_NOT_THERE),
        (LaneKind.SESSION, SESSION, "/customerSession/cartItems/0/sku", FIELD_REFUSED),
        (LaneKind.AUDIENCE, {"action": "create", "name": "N"}, "/name", FIELD_REFUSED),
    ],
)
def test_a_record_that_travels_alone_is_rejected_with_the_field_s_reason(
    kind: LaneKind, record: dict[str, Any], pointer: str, code: str
) -> None:
    assert codes(judged(kind, answer(400, refused(error("Unknown", pointer))), [record])) == {0: code}


@pytest.mark.parametrize(
    ("kind", "record", "pointer", "name"),
    [
        (LaneKind.EVENT, event(attributes={"A": 1}), "/attributes/A", ("event", "A")),
        (
            LaneKind.RULES,
            {"profile_id": "p", "run_rules": True, "attributes": {"A": 1}},
            "/attributes/A",
            ("profile", "A"),
        ),
        (LaneKind.SESSION, SESSION, "/customerSession/attributes/A", ("session", "A")),
        (LaneKind.SESSION, SESSION, "/customerSession/cartItems/0/attributes/B", ("cart_item", "B")),
        (LaneKind.SESSION, SESSION, "/attributes/C", ("cart_item", "C")),
    ],
)
def test_an_unknown_attribute_is_stripped_from_the_entity_that_carries_it(
    kind: LaneKind, record: dict[str, Any], pointer: str, name: tuple[str, str]
) -> None:
    outcome = judged(kind, answer(400, refused(error("Unknown", pointer))), [record], skip_unknown_attributes=True)

    assert isinstance(outcome, StripAttributes)
    assert outcome.names == {name}


def test_an_attribute_of_two_entities_is_not_stripped_on_a_guess() -> None:
    body = refused(error("Unknown", "/attributes/B"))

    assert codes(judged(LaneKind.SESSION, answer(400, body), [SESSION], skip_unknown_attributes=True)) == {
        0: ATTRIBUTE_UNKNOWN
    }
