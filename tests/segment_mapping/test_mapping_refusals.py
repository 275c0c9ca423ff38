"""What is wrong with a mapping is said before any message, all at once, each with its place."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from producers.segment.mapping import REASONS, MappingNotApplied, UnusableMapping, compile_mapping


def faults(mapping: Any) -> list[str]:
    with pytest.raises(UnusableMapping) as refused:
        compile_mapping(mapping)
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"@path": "$.a", "@if": {}}, "/f should only have one @-prefixed key but it has 2 keys."),
        ({"@path": "$.a", "b": 1}, "/f should only have one @-prefixed key but it has 2 keys."),
        ({"@nope": 1}, "/f has an invalid directive: @nope."),
        ({"deep": {"@nope": 1}}, "/f/deep has an invalid directive: @nope."),
        ({"@literal": {"x": {"@nope": 1}}}, "/f/@literal/x has an invalid directive: @nope."),
        ({"@path": 5}, "/f/@path should be a string or a mapping directive but it is a number."),
        ({"@template": {"a": 1}}, "/f/@template should be a string or a mapping directive but it is an object."),
        ({"@if": 5}, "/f/@if should be an object but it is a number."),
        ({"@if": {"exists": ""}}, '/f/@if should have an "exists" or a "blank" field with something to look at.'),
        ({"@if": {"exists": {"@x": 1}}}, "/f/@if/exists has an invalid directive: @x."),
        ({"@case": {"value": "a"}}, '/f/@case should have field "operator" but it doesn\'t.'),
        ({"@case": {"operator": 1}}, "/f/@case/operator should be a string but it is a number."),
        ({"@replace": {"value": "a"}}, '/f/@replace should have field "pattern" but it doesn\'t.'),
        ({"@replace": {"pattern": "a"}}, '/f/@replace should have field "value" but it doesn\'t.'),
        (
            {"@replace": {"pattern": "", "value": "a"}},
            "/f/@replace/pattern should be a string of 1 to 10 characters.",
        ),
        (
            {"@replace": {"pattern": "a" * 11, "value": "a"}},
            "/f/@replace/pattern should be a string of 1 to 10 characters.",
        ),
        (
            {"@replace": {"pattern": "a", "replacement": "b" * 11, "value": "a"}},
            "/f/@replace/replacement should be a string of 0 to 10 characters.",
        ),
        (
            {"@replace": {"pattern": "a", "value": "a", "global": "yes"}},
            "/f/@replace/global should be a boolean but it is a string.",
        ),
        ({"@arrayPath": "$.a"}, "/f/@arrayPath should be an array but it is a string."),
        (
            {"@arrayPath": [1]},
            "/f/@arrayPath/0 should be a string or a mapping directive but it is a number.",
        ),
        ({"@arrayPath": ["$.a", {"@x": 1}]}, "/f/@arrayPath/1 has an invalid directive: @x."),
        ({"@merge": {"objects": []}}, '/f/@merge should have field "direction" but it doesn\'t.'),
        ({"@merge": {"direction": "right"}}, '/f/@merge should have field "objects" but it doesn\'t.'),
        ({"@merge": {"direction": "up", "objects": []}}, '/f/@merge/direction should be "left" or "right".'),
        ({"@transform": {"mapping": {"a": 1}}}, '/f/@transform should have field "apply" but it doesn\'t.'),
        (
            {"@transform": {"apply": "x", "mapping": {"a": 1}}},
            "/f/@transform/apply should be an object but it is a string.",
        ),
        (
            {"@flatten": {"separator": "", "value": {}}},
            "/f/@flatten/separator should be a string of at least one character.",
        ),
        ({"@json": {"mode": "encode", "value": ""}}, "/f/@json/value should not be empty."),
        ({"@json": {"value": "x"}}, '/f/@json should have field "mode" but it doesn\'t.'),
        ({"@liquid": 1}, "/f/@liquid should be a string but it is a number."),
        ({"@liquid": "x" * 1001}, "/f/@liquid should be a Liquid template of 1 to 1,000 characters."),
        (date(2024, 1, 1), "/f should be a mapping directive or a JSON value but it is a date."),
        (float("nan"), "/f should be a mapping directive or a JSON value but it is a number."),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_with_its_place(value: Any, fault: str) -> None:
    assert faults({"f": value}) == [fault]


def test_all_faults_are_named_at_once() -> None:
    found = faults({"a": {"@nope": 1}, "b": {"c": {"@path": None}}, "d": {"@path": "$.fine"}})

    assert [fault.split()[0] for fault in found] == ["/a", "/b/c/@path"]


def test_a_mapping_has_to_be_an_object() -> None:
    assert faults(["$.a"]) == ["/ should be an object but it is an array."]


@pytest.mark.parametrize("root", [5, {}, {"plain": {}}, {"@path": "$.a", "@if": {}}])
def test_the_root_key_holds_one_directive(root: Any) -> None:
    assert faults({"__segment_internal_directive": root, "a": 1}) == [
        "/__segment_internal_directive should hold exactly one directive."
    ]


def test_a_mapping_nested_too_deeply_is_refused_and_nothing_worse() -> None:
    mapping: dict[str, Any] = {}
    for _ in range(5_000):
        mapping = {"a": mapping}

    assert faults(mapping) == ["/ is nested too deeply."]


@pytest.mark.parametrize("message", [None, [], "text", 5])
def test_the_message_has_to_be_an_object(message: Any) -> None:
    with pytest.raises(MappingNotApplied, match="the message has to be an object"):
        compile_mapping({"a": 1}).apply(message)


def test_the_result_has_to_be_an_object() -> None:
    with pytest.raises(MappingNotApplied, match="has to give an object but it gives a value of type string"):
        compile_mapping({"@path": "$.id"}).apply({"id": "c-7"})


def test_an_error_of_a_message_does_not_quote_the_message() -> None:
    mapping = compile_mapping({"a": {"@path": {"@path": "$.traits"}}})

    with pytest.raises(MappingNotApplied) as failed:
        mapping.apply({"traits": {"email": "ann@example.com"}})

    assert "ann" not in str(failed.value)


def test_both_errors_have_a_code_that_is_explained() -> None:
    assert {UnusableMapping.code, MappingNotApplied.code} == set(REASONS)


def test_changing_the_mapping_afterwards_changes_nothing() -> None:
    mapping: dict[str, Any] = {"a": {"b": [1]}}
    compiled = compile_mapping(mapping)

    mapping["a"]["b"].append(2)

    assert compiled.apply({}) == {"a": {"b": [1]}}
