"""Triggers, row by row of the contract's tables (segment, part d, "Triggers")."""

from __future__ import annotations

from typing import Any

import pytest

from producers.segment.triggers import compile_trigger

MESSAGE: dict[str, Any] = {
    "type": "track",
    "event": "Order Placed",
    "userId": "u1",
    "properties": {"total": 25, "s25": "25", "ok": True, "cur": "EUR", "n": None},
    "traits": {"plan": "pro"},
}

EXAMPLES = {
    'type = "track" and event = "Order Placed"': True,
    "type = 'track'": False,
    'type = "page" or type = "track" and event = "X"': False,
    'type = "page" and type = "track" or event = "Order Placed"': True,
    'type = "track" and (event = "X" or properties.total > 20)': True,
    '(type = "track" and (event = "X" or event = "Order Placed"))': False,
    "properties.total = 25": True,
    'properties.total = "25"': False,
    'properties.s25 = "25"': True,
    "properties.s25 > 20": False,
    'properties.missing != "x"': True,
    "properties.missing != 5": False,
    "properties.n = null": True,
    'properties.ok = "true"': False,
    "properties.ok != true": True,
    '!contains(properties.missing, "E")': False,
    'match(properties.cur, "E*")': True,
    'match(properties.cur, "*E")': False,
    'traits.plan = "pro"': True,
    'contains(type, "tr")': False,
}
EXAMPLES_WITH_AN_ERROR = ('(type = "track" and (event = "X" or event = "Order Placed"))', 'contains(type, "tr")')


def matches(trigger: str, message: Any) -> bool:
    return compile_trigger(trigger).matches(message)


def property_of(value: Any) -> dict[str, Any]:
    return {"type": "track", "properties": {"x": value}}


@pytest.mark.parametrize(("trigger", "expected"), EXAMPLES.items())
def test_every_example_of_the_contract_comes_out_as_it_says(trigger: str, expected: bool) -> None:
    assert matches(trigger, MESSAGE) is expected


@pytest.mark.parametrize("trigger", EXAMPLES)
def test_an_example_has_an_error_only_where_the_contract_says_so(trigger: str) -> None:
    assert (compile_trigger(trigger).error is not None) is (trigger in EXAMPLES_WITH_AN_ERROR)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("type", {"type": "v"}),
        ("event", {"event": "v"}),
        ("name", {"name": "v"}),
        ("userId", {"userId": "v"}),
        ("properties.x.y", {"properties": {"x": {"y": "v"}}}),
        ("traits.x", {"traits": {"x": "v"}}),
        ("context.x", {"context": {"x": "v"}}),
    ],
)
def test_every_field_can_be_tested_and_case_matters(field: str, message: dict[str, Any]) -> None:
    assert matches(f'{field} = "v"', message)
    assert not matches(f'{field} = "V"', message)
    assert compile_trigger(f'{field.upper()} = "v"').error is not None


def test_a_condition_on_any_other_field_is_skipped() -> None:
    assert matches('type = "track" and anonymousId = "nobody"', MESSAGE)


def test_it_is_an_error_when_nothing_but_other_fields_is_left() -> None:
    assert compile_trigger('anonymousId = "a"').error is not None


@pytest.mark.parametrize(
    ("trigger", "holding", "failing"),
    [
        ('properties.x = "a"', ["a"], ["b", None, 5, True, ["a"], {}]),
        ('properties.x != "a"', ["b", None, 5, True, ["a"], {}], ["a"]),
        ('properties.x != "25"', [25], ["25"]),
        ("properties.x = bare", ["bare"], ["b"]),
        ("properties.x = 25", [25, 25.0], ["25", True, None, 24]),
        ("properties.x = 1", [1], [True]),
        ("properties.x != 25", [24, 25.5], [25, 25.0, "24", None, True]),
        ("properties.x = -1.5", [-1.5], [1.5]),
        ("properties.x < 5", [4, 4.9], [5, "4", None, True]),
        ("properties.x <= 5", [5, 4], [6, "4", None]),
        ("properties.x > 5", [6, 10**400], [5, "6", None]),
        ("properties.x >= 5", [5, 6], [4, "6", None]),
        ('properties.x >= "5"', [5, 6], [4, "6"]),
        ('properties.x >= "five"', [], [4, 5, 6, "five"]),
        ("properties.x = true", [True], [False, "true", 1, None]),
        ("properties.x = false", [False], [True, "false", 0, None]),
        ("properties.x != true", [True, False, None, "false", 1], ["true"]),
        ("properties.x != false", [True, False, None, "true", 0], ["false"]),
        ("properties.x != null", ["", 0, False, "null"], [None]),
        ("properties.x = null", [None], ["", 0, False, "null"]),
        ('properties.x = "null"', ["null"], [None]),
        ('contains(properties.x, "b")', ["abc"], ["ac", None, 5, True, ["b"]]),
        ('!contains(properties.x, "b")', ["ac"], ["abc", None, 5, True, ["a"]]),
        ('match(properties.x, "a*")', ["abc", "a"], ["ba", None, 5, ["a"]]),
        ('!match(properties.x, "a*")', ["ba"], ["abc", None, 5]),
        ('match(properties.x, "*c")', ["abc", "c"], ["cb", None, 5]),
        ('!match(properties.x, "*c")', ["cb"], ["abc", None, 5]),
        ('match(properties.x, "xbc")', ["abc"], ["xb", "b"]),
    ],
)
def test_a_test_holds_for_these_values_and_fails_for_those(
    trigger: str, holding: list[Any], failing: list[Any]
) -> None:
    assert [value for value in holding if not matches(trigger, property_of(value))] == []
    assert [value for value in failing if matches(trigger, property_of(value))] == []


@pytest.mark.parametrize("field", ["type", "event", "name", "userId"])
def test_on_plain_fields_a_number_is_compared_as_text(field: str) -> None:
    assert matches(f"{field} = 25.0", {field: "25"})
    assert not matches(f"{field} = 25", {field: 25})
    assert matches(f"{field} != 25", {field: 25})


def test_user_ids_know_real_booleans_and_null() -> None:
    assert matches("userId = true", {"userId": True})
    assert not matches("userId = true", {"userId": "true"})
    assert matches("userId != null", {"userId": ""})
    assert matches("userId = null", {})


@pytest.mark.parametrize("field", ["type", "event", "name"])
def test_on_the_other_plain_fields_true_is_text(field: str) -> None:
    assert matches(f"{field} = true", {field: "true"})
    assert not matches(f"{field} = true", {field: True})


@pytest.mark.parametrize("field", ["type", "event"])
def test_on_type_and_event_null_is_text(field: str) -> None:
    assert matches(f"{field} = null", {field: "null"})
    assert not matches(f"{field} = null", {})
    assert matches(f"{field} != null", {})


@pytest.mark.parametrize("field", ["event", "name", "userId", "traits.x", "context.x"])
@pytest.mark.parametrize("function", ['contains({}, "ell")', 'match({}, "he*")', 'match({}, "*lo")'])
def test_functions_know_every_field_but_type(field: str, function: str) -> None:
    root, _, name = field.partition(".")
    message = {root: {name: "hello"} if name else "hello"}

    assert matches(function.format(field), message)
    assert not matches("!" + function.format(field), message)


@pytest.mark.parametrize(
    "text", ["", "   ", "typo", "type", "type = ", "type = \\", 'type = "track', 'type * "x"', "()"]
)
def test_what_is_no_trigger_never_matches_and_says_why(text: str) -> None:
    trigger = compile_trigger(text)

    assert not trigger.matches(MESSAGE)
    assert trigger.error is not None
    assert trigger.error.startswith("Character ")


@pytest.mark.parametrize("nothing", [None, "", "track", [], 5])
def test_no_event_never_matches(nothing: Any) -> None:
    assert not matches('event != "x"', nothing)


def test_an_empty_event_is_an_event() -> None:
    assert matches('event != "x"', {})
