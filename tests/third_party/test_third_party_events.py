"""Event calls of the third-party API become event records."""

from __future__ import annotations

from typing import Any

import pytest

from producers.third_party import BadCall, Call, CallName, translate
from tercel.records import Event

BODY = {"customerProfileId": "c-7", "eventType": "Order Placed", "eventAttributes": {"total": 5, "gone": None}}


def the_event(call: Call) -> Event:
    [record] = translate(call, new_event_id=lambda: "new").records
    assert isinstance(record, Event)
    return record


def test_an_event_keeps_its_type_and_attributes() -> None:
    assert the_event(Call(CallName.EVENT, body=BODY)) == Event(
        profile_id="c-7", type="Order Placed", event_id="new", attributes={"total": 5, "gone": None}
    )


def test_the_same_input_makes_the_same_event_id() -> None:
    first, again = (the_event(Call(CallName.EVENT, body=BODY, source_id="m-1/2")) for _ in range(2))

    assert first.event_id == again.event_id


def test_another_input_makes_another_event_id() -> None:
    first, other = (the_event(Call(CallName.EVENT, body=BODY, source_id=source)) for source in ("m-1/2", "m-1/3"))

    assert first.event_id != other.event_id


def test_without_a_source_every_event_is_a_new_one() -> None:
    first, other = (translate(Call(CallName.EVENT, body=BODY)).records[0] for _ in range(2))

    assert first != other


def test_an_event_skips_unknown_attributes_where_the_call_says_so() -> None:
    assert the_event(Call(CallName.EVENT, body=BODY, skip_unknown=True)).skip_unknown is True
    assert the_event(Call(CallName.EVENT, body=BODY)).skip_unknown is None


def test_the_deprecated_events_types_convert_its_values() -> None:
    info = [{"name": "total", "type": "number"}]
    body = {**BODY, "type": "string", "eventAttributes": {"total": "5.5"}, "attributesInfo": info}

    made = translate(Call(CallName.EVENT_V1, body=body), new_event_id=lambda: "new")

    assert made.records == (Event(profile_id="c-7", type="Order Placed", event_id="new", attributes={"total": 5.5}),)
    assert made.notes == ("attributes_not_created",)


@pytest.mark.parametrize(
    "kind",
    [
        "string",
        "time",
        "number",
        "boolean",
        "location",
        "(list string)",
        "(list number)",
        "(list time)",
        "(list location)",
    ],
)
def test_the_deprecated_events_type_is_a_type_of_data_and_not_its_name(kind: str) -> None:
    assert the_event(Call(CallName.EVENT_V1, body={**BODY, "type": kind})).type == "Order Placed"


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        (CallName.EVENT, {}, [("T602", "customerProfileId"), ("T602", "eventType")]),
        (CallName.EVENT, {**BODY, "customerProfileId": 7}, [("T601", "customerProfileId")]),
        (CallName.EVENT, {**BODY, "customerProfileId": "x" * 1_001}, [("T603", "customerProfileId")]),
        (CallName.EVENT, {**BODY, "eventType": ""}, [("T603", "eventType")]),
        (CallName.EVENT, {**BODY, "eventAttributes": []}, [("T601", "eventAttributes")]),
        (CallName.EVENT, {**BODY, "eventAttributes": {"a": [float("inf")]}}, [("T608", "eventAttributes")]),
        (CallName.EVENT_V1, BODY, [("T602", "type")]),
        (CallName.EVENT_V1, {**BODY, "type": "Order"}, [("T606", "type")]),
    ],
)
def test_what_is_wrong_with_an_event_is_named(name: CallName, body: Any, expected: list[tuple[str, str]]) -> None:
    with pytest.raises(BadCall) as caught:
        translate(Call(name, body=body))

    assert [(problem.code, problem.where) for problem in caught.value.problems] == expected
