"""Session calls of the third-party API become session records."""

from __future__ import annotations

from typing import Any

import pytest

from producers.third_party import BadCall, Call, CallbackPolicy, CallName, translate
from tercel.records import Callback, Session

ITEM = {"sku": "A", "quantity": 1}


def the_session(body: Any, name: CallName = CallName.SESSION, **options: Any) -> Session:
    [record] = translate(Call(name, "s-1", body, **options)).records
    assert isinstance(record, Session)
    return record


def codes(body: Any, name: CallName = CallName.SESSION) -> list[tuple[str, str]]:
    with pytest.raises(BadCall) as caught:
        translate(Call(name, "s-1", body))
    return [(problem.code, problem.where) for problem in caught.value.problems]


FLAT = {
    "profileId": "c-7",
    "couponCodes": [],
    "referralCode": "",
    "loyaltyCards": ["l"],
    "state": "closed",
    "cartItems": [{**ITEM, "name": "Shoe", "price": 5.5, "attributes": {"old": None}}],
    "additionalCosts": {"shipping": {"price": 3}},
    "identifiers": ["i"],
    "attributes": {"gift": True, "old": None},
}


def test_a_flat_session_keeps_all_its_fields() -> None:
    assert the_session(FLAT) == Session(
        session_id="s-1",
        profile_id="c-7",
        state="closed",
        details={name: value for name, value in FLAT.items() if name not in {"profileId", "state"}},
    )


def test_a_deprecated_session_comes_in_a_wrapper() -> None:
    assert the_session({"customerSession": FLAT}, CallName.SESSION_V1) == the_session(FLAT)


def test_declared_types_convert_a_sessions_attributes_and_are_dropped() -> None:
    body = {
        "customerSession": {"attributes": {"n": "5"}, "cartItems": [{**ITEM, "attributes": {"b": "true", "n": "5"}}]},
        "sessionAttributesInfo": [{"name": "n", "type": "number"}],
        "cartItemAttributesInfo": [{"name": "b", "type": "boolean"}],
    }

    made = translate(Call(CallName.SESSION_V1, "s-1", body))

    [record] = made.records
    assert isinstance(record, Session)
    assert record.details == {
        "attributes": {"n": 5},
        "cartItems": [{**ITEM, "attributes": {"b": True, "n": "5"}}],
    }
    assert made.notes == ("attributes_not_created",)


def test_a_session_without_a_profile_is_anonymous_and_open() -> None:
    assert the_session({}) == Session(session_id="s-1")


def test_null_is_no_value_but_inside_attributes_it_deletes() -> None:
    assert the_session({"couponCodes": None, "profileId": None, "state": None, "attributes": {"a": None}}) == Session(
        session_id="s-1", details={"attributes": {"a": None}}
    )


@pytest.mark.parametrize("field", ["weight", "height", "width", "length", "price"])
@pytest.mark.parametrize(("sent", "becomes"), [("12", 12), ("1.5", 1.5), (7, 7), ("1e3", 1000.0)])
def test_numbers_that_come_as_text_become_numbers(field: str, sent: Any, becomes: Any) -> None:
    record = the_session({"cartItems": [{**ITEM, field: sent}]})

    assert record.details == {"cartItems": [{**ITEM, field: becomes}]}


@pytest.mark.parametrize("empty", ["", " ", None])
def test_an_empty_measure_is_no_value(empty: Any) -> None:
    assert the_session({"cartItems": [{**ITEM, "weight": empty}]}).details == {"cartItems": [ITEM]}


def test_a_number_too_large_for_64_bits_is_no_whole_number() -> None:
    record = the_session({"cartItems": [{**ITEM, "weight": "9" * 30}]})

    assert record.details == {"cartItems": [{**ITEM, "weight": 1e30}]}


def test_what_talon_one_computes_itself_is_dropped_and_noted() -> None:
    item = {**ITEM, "returnedQuantity": "1", "remainingQuantity": "no number", "position": 0}

    made = translate(Call(CallName.SESSION, "s-1", {"cartItems": [item]}))

    [record] = made.records
    assert isinstance(record, Session)
    assert record.details == {"cartItems": [ITEM]}
    assert made.notes == ("computed_cart_fields_dropped",)


@pytest.mark.parametrize("quantity", [2, "2", 2.0])
def test_a_quantity_is_a_whole_number(quantity: Any) -> None:
    assert the_session({"cartItems": [{"sku": "A", "quantity": quantity}]}).details == {
        "cartItems": [{"sku": "A", "quantity": 2}]
    }


def test_a_session_skips_unknown_attributes_where_the_call_says_so() -> None:
    assert the_session({}, skip_unknown=True).skip_unknown is True


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        ({"state": "partially_returned"}, "T607", "state"),
        ({"state": "lost"}, "T606", "state"),
        ({"profileId": 5}, "T601", "profileId"),
        ({"profileId": "x" * 1_001}, "T603", "profileId"),
        ({"couponCodes": "A"}, "T601", "couponCodes"),
        ({"couponCodes": ["x" * 101]}, "T603", "couponCodes[0]"),
        ({"couponCodes": ["x"] * 101}, "T611", "couponCodes"),
        ({"referralCode": "x" * 101}, "T603", "referralCode"),
        ({"loyaltyCards": ["a", "b"]}, "T611", "loyaltyCards"),
        ({"identifiers": ["x"] * 6}, "T611", "identifiers"),
        ({"cartItems": [ITEM] * 1_001}, "T611", "cartItems"),
        ({"cartItems": [{"quantity": 1}]}, "T602", "cartItems[0].sku"),
        ({"cartItems": [{**ITEM, "quantity": 0}]}, "T608", "cartItems[0].quantity"),
        ({"cartItems": [{**ITEM, "quantity": 1.5}]}, "T601", "cartItems[0].quantity"),
        ({"cartItems": [{**ITEM, "weight": "heavy"}]}, "T601", "cartItems[0].weight"),
        ({"cartItems": [{**ITEM, "price": "1_000"}]}, "T601", "cartItems[0].price"),
        ({"additionalCosts": {"shipping": {"price": "much"}}}, "T601", "additionalCosts.shipping.price"),
        ({"attributes": []}, "T601", "attributes"),
    ],
)
def test_what_is_wrong_with_a_session_is_named(body: Any, code: str, where: str) -> None:
    assert codes(body) == [(code, where)]
    assert codes({"customerSession": body}, CallName.SESSION_V1) == [(code, f"customerSession.{where}")]


@pytest.mark.parametrize(("body", "code"), [({}, "T602"), ({"customerSession": None}, "T601")])
def test_a_deprecated_session_needs_its_wrapper(body: Any, code: str) -> None:
    assert codes(body, CallName.SESSION_V1) == [(code, "customerSession")]


def test_a_session_needs_its_id() -> None:
    with pytest.raises(BadCall, match="customerSessionId"):
        translate(Call(CallName.SESSION, "", {}))


def test_a_session_carries_the_callback_that_is_allowed() -> None:
    headers = {"x-callback-destination-uri": "https://hooks.example.com/x"}

    made = translate(
        Call(CallName.SESSION, "s-1", {}, callback=headers), callbacks=CallbackPolicy(("hooks.example.com",))
    )

    assert made.records == (Session(session_id="s-1", callback=Callback(uri="https://hooks.example.com/x")),)


def test_a_session_is_taken_without_the_callback_that_is_not_allowed() -> None:
    headers = {"x-callback-destination-uri": "https://hooks.example.com/x"}

    made = translate(Call(CallName.SESSION, "s-1", {}, callback=headers))

    assert made.records == (Session(session_id="s-1"),)
    assert made.notes == ("callback_not_allowed",)
