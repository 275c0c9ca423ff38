"""How a trigger's text is cut and joined, and what its writer is warned of."""

from __future__ import annotations

from typing import Any

import pytest

from producers.segment.triggers import compile_trigger

MESSAGE: dict[str, Any] = {"type": "track", "event": "Order Placed", "properties": {"x": "a"}}


def matches(trigger: str, message: dict[str, Any] = MESSAGE) -> bool:
    return compile_trigger(trigger).matches(message)


def warnings_of(trigger: str) -> str:
    return "\n".join(compile_trigger(trigger).warnings)


@pytest.mark.parametrize(
    "trigger",
    [
        'type="track"',
        'type= "track"',
        'type ="track"',
        'type!= "page"',
        'type\t=\n"track"',
        ' ( type = "track" ) ',
        '(type="track")and event != null',
        'match( event , "Order*" )',
        "properties.x <= 5 or type = track",
        "type=track",
    ],
)
def test_blanks_may_be_left_out_where_nothing_runs_together(trigger: str) -> None:
    assert compile_trigger(trigger).error is None
    assert matches(trigger)


@pytest.mark.parametrize(
    "trigger",
    [
        'type !="track"',
        'type = "track"and event = "Order Placed"',
        'type = "track"or type = "track"',
        "properties.x<5",
        "properties.x>5",
        "properties.x <=5",
        "properties.x >=5",
        "properties.x =! 5",
        'type = "track"\r',
        'type = "track" and\r event = "x"',
        'type = "a"b"',
        "properties.x = 5.",
        "properties.x = 5.0.1",
        'type = "track" ; event = "x"',
        "! ",
    ],
)
def test_these_run_together_or_have_no_place(trigger: str) -> None:
    assert compile_trigger(trigger).error is not None
    assert not matches(trigger)


def test_a_joint_or_null_with_letters_behind_is_a_bare_word() -> None:
    assert matches("type = android", {"type": "android"})
    assert matches("type = orange", {"type": "orange"})
    assert matches("type = nullify", {"type": "nullify"})


def test_a_joint_that_touches_a_parenthesis_is_passed_over_with_a_warning() -> None:
    trigger = 'type = "track" or(event = "X")'

    assert not matches(trigger)  # `and` joins where no joint is read
    assert "`or` without a blank behind it" in warnings_of(trigger)


def test_a_backslash_escapes_one_character_of_a_field_name() -> None:
    message = {"properties": {"my key": 1, "items": [{"p": 2}], "a<b": 3}}

    assert matches("properties.my\\ key = 1", message)
    assert matches("properties.items\\[0\\].p = 2", message)
    assert matches("properties.a\\<b = 3", message)


def test_there_are_no_escapes_inside_quotes() -> None:
    assert matches('event = "a\\n"', {"event": "a\\n"})
    assert compile_trigger('event = "a\\"b"').error is not None


def test_an_empty_value_on_the_way_is_the_value() -> None:
    assert matches("properties.a.b = 0", {"properties": {"a": 0}})
    assert matches("properties.a.b = null", {"properties": {"a": "text"}})


def test_lists_have_places_and_a_length() -> None:
    message = {"properties": {"list": ["p", "q"]}}

    assert matches('properties.list\\[1\\] = "q"', message)
    assert matches("properties.list.length = 2", message)
    assert matches("properties.list\\[2\\] = null", message)


def test_on_one_level_the_last_word_joins_all() -> None:
    assert not matches('type = "track" or type = "page" and event = "X"')
    assert matches('type = "page" and event = "X" or type = "track"')
    assert "mixed on one level" in warnings_of('type = "track" or type = "page" and event = "X"')


def test_a_group_has_a_last_word_of_its_own() -> None:
    assert matches('type = "track" and (event = "X" and event = "Y" or event = "Order Placed")')


def test_the_first_parenthesis_closes_a_group() -> None:
    trigger = compile_trigger('((type = "track") or event = "X")')

    assert trigger.error is not None
    assert "a group inside a group does not work" in trigger.warnings[0]


def test_a_function_in_a_group_ends_it_early() -> None:
    trigger = '(contains(event, "Order") and type = "page") or type = "track"'

    # Read as: (contains(...)) and type = "page" or type = "track", where `or` joins all three.
    assert matches(trigger)
    assert "inside a group" in warnings_of(trigger)


def test_a_group_is_not_negated() -> None:
    assert matches('!(type = "track")')
    assert "negates only" in warnings_of('!(type = "track")')


def test_several_groups_side_by_side_work() -> None:
    trigger = '(type = "page" or type = "track") and (event = "X" or event = "Order Placed")'

    assert matches(trigger)
    assert compile_trigger(trigger).warnings == ()


def test_an_unknown_field_is_named_in_a_warning() -> None:
    assert "`anonymousId` is no field" in warnings_of('type = "track" and anonymousId = "a"')


def test_a_function_on_type_is_skipped_with_a_warning() -> None:
    trigger = 'type = "track" and contains(type, "zzz")'

    assert matches(trigger)
    assert "cannot test `type`" in warnings_of(trigger)


def test_single_quotes_belong_to_the_value() -> None:
    assert matches("event = 'x'", {"event": "'x'"})
    assert "single quotes" in warnings_of("event = 'x'")


def test_what_is_no_operator_makes_a_condition_that_never_holds() -> None:
    assert not matches('event contains "Order"')
    assert matches('event contains "Order" or type = "track"')
    assert "`contains` is no operator" in warnings_of('event contains "Order"')


def test_a_missing_joint_is_noticed() -> None:
    assert matches('type = "track" event = "Order Placed"')
    assert "is missing before this" in warnings_of('type = "track" event = "Order Placed"')


def test_match_without_a_star_is_noticed() -> None:
    assert "without * the first character is dropped" in warnings_of('match(event, "Order")')


def test_a_parenthesis_too_many_is_noticed() -> None:
    assert matches('type = "track")')
    assert "closes nothing" in warnings_of('type = "track")')


def test_a_field_without_its_rest_is_noticed() -> None:
    assert "names no value" in warnings_of("properties = 5")
    assert matches("event.x = y", {"event": "y"})
    assert "what follows the dot is dropped" in warnings_of("event.x = y")


@pytest.mark.parametrize("trigger", ["contains(", "contains(event", "match(event,", 'contains(event "x"'])
def test_a_function_without_both_arguments_is_an_error(trigger: str) -> None:
    assert "needs a field and a text" in (compile_trigger(trigger).error or "")


def test_a_warning_counts_characters_from_one() -> None:
    assert warnings_of('type = "track" and foo = "a"').startswith("Character 20: ")


@pytest.mark.parametrize(
    ("operand", "number"),
    [('" 5 "', 5), ('""', 0), ('"0x10"', 16), ('"0b11"', 3), ('"1e2"', 100), ("true", 1), ("+5", 5), ('".5"', 0.5)],
)
def test_the_operand_of_a_comparison_becomes_a_number_as_in_javascript(operand: str, number: float) -> None:
    trigger = f"properties.n >= {operand} and properties.n <= {operand}"

    assert matches(trigger, {"properties": {"n": number}})


@pytest.mark.parametrize("operand", ['"0b12"', '"1_0"', '"five"', "null", '"٣"', "-", '"-0x10"', f'"0x{"f" * 5000}"'])
def test_an_operand_that_is_no_number_compares_with_nothing(operand: str) -> None:
    assert not matches(f"properties.n <= {operand} and properties.n >= {operand}", {"properties": {"n": 3}})


def test_a_trigger_shows_and_compares_without_its_function() -> None:
    assert compile_trigger("type = a") == compile_trigger("type = a")
    assert "function" not in repr(compile_trigger("type = a"))
