"""What holds for every mapping and every message."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.segment.mapping import MappingNotApplied, UnusableMapping, compile_mapping

KEYS = st.sampled_from(["a", "b", "0", "length", "", "@path", "_metadata", "$"]) | st.text(max_size=3)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=5)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=10
)
MESSAGES = st.dictionaries(KEYS, JSON, max_size=4)

PATHS = st.lists(st.sampled_from(["a", "b", "[0]", "['a']", "length", "$", ""]), max_size=3).map(
    lambda keys: "$." + ".".join(keys)
)
TEMPLATES = st.lists(st.sampled_from(["{{a}}", "{{{ b }}}", "{{", "}}", "}", "x", "{{a.0}}"]), max_size=4).map("".join)
FILTERS = [
    "upcase",
    "plus",
    "divided_by",
    "json",
    "size",
    "join",
    "first",
    "default",
    "date",
    "truncate",
    "slice",
    "split",
    "sum",
    "where",
    "replace",
    "strip_html",
    "round",
    "url_encode",
    "url_decode",
    "base64_decode",
    "slugify",
    "truncatewords",
    "compact",
    "no_such_filter",
    "modulo",
    "escape_once",
]
LIQUID = st.lists(
    st.builds(
        "{{{{ {} | {}: {} | {} }}}}".format,
        st.sampled_from(["a", "b.a", "a[0]", "'x'", "1.5"]),
        st.sampled_from(FILTERS),
        st.sampled_from(["a", "b", "2", "'-'"]),
        st.sampled_from(FILTERS),
    ),
    max_size=3,
).map("".join)
WORDS = st.sampled_from(["a", "$&", "$`", "xy", "."])


def _is_something(value: Any) -> bool:
    # A function of our own: hypothesis rewrites filter(bool) into a least size, and then fails to draw.
    return bool(value)


def _directives(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    direct = st.builds(lambda name, text: {name: text}, st.just("@path"), PATHS)
    text = direct | st.text(max_size=4)
    filled = inner.filter(_is_something)
    return st.one_of(
        direct,
        st.builds(lambda text: {"@template": text}, TEMPLATES | direct),
        st.builds(lambda text: {"@liquid": text}, LIQUID),
        st.builds(lambda value: {"@literal": value}, inner),
        st.builds(lambda value: {"@excludeWhenNull": value}, inner),
        st.builds(
            lambda asks, value, then, other: {"@if": {asks: value, "then": then, "else": other}},
            st.sampled_from(["exists", "blank"]),
            filled,
            inner,
            inner,
        ),
        st.builds(
            lambda how, value: {"@case": {"operator": how, "value": value}}, st.sampled_from(["lower", "upper"]), text
        ),
        st.builds(
            lambda old, new, value, every, any_case: {
                "@replace": {
                    "pattern": old,
                    "replacement": new,
                    "value": value,
                    "global": every,
                    "ignorecase": any_case,
                }
            },
            WORDS,
            WORDS,
            text,
            st.booleans(),
            st.booleans(),
        ),
        st.builds(lambda where, shape: {"@arrayPath": [where, shape]}, PATHS | direct, inner),
        st.builds(
            lambda how, parts: {"@merge": {"direction": how, "objects": parts}},
            st.sampled_from(["left", "right"]),
            st.lists(inner, max_size=3),
        ),
        st.builds(
            lambda first, then: {"@transform": {"apply": first, "mapping": then}},
            st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
            filled,
        ),
        st.builds(
            lambda value, omit: {"@flatten": {"separator": "_", "value": value, "omitArrays": omit}},
            inner,
            st.booleans(),
        ),
        st.builds(
            lambda how, value: {"@json": {"mode": how, "value": value}}, st.sampled_from(["encode", "decode"]), filled
        ),
    )


VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        _directives(inner) | st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=2)
    ),
    max_leaves=8,
)
MAPPINGS = st.dictionaries(st.sampled_from("pqr"), VALUES, min_size=1, max_size=3)


@settings(max_examples=300, deadline=None)
@given(MAPPINGS, MESSAGES)
def test_a_valid_mapping_gives_json_or_its_own_error_and_leaves_the_message_alone(
    mapping: dict[str, Any], message: dict[str, Any]
) -> None:
    before = copy.deepcopy(message)
    compiled = compile_mapping(mapping)

    try:
        result = compiled.apply(message)
    except MappingNotApplied:
        result = {}

    assert orjson.loads(orjson.dumps(result)) == result
    assert message == before


@settings(max_examples=300, deadline=None)
@given(JSON | MESSAGES | VALUES, MESSAGES)
def test_any_json_is_a_mapping_or_refused_as_one(mapping: Any, message: dict[str, Any]) -> None:
    with suppress(UnusableMapping, MappingNotApplied):
        compile_mapping(mapping).apply(message)


@settings(max_examples=200, deadline=None)
@given(MAPPINGS, MESSAGES)
def test_applying_twice_gives_the_same_twice(mapping: dict[str, Any], message: dict[str, Any]) -> None:
    compiled = compile_mapping(mapping)

    def outcome() -> Any:
        try:
            return compiled.apply(message)
        except MappingNotApplied as error:
            return str(error)

    assert outcome() == outcome()


@settings(max_examples=200, deadline=None)
@given(NUMBERS)
def test_a_printed_number_reads_as_the_same_number(number: float) -> None:
    printed = compile_mapping({"n": {"@template": "{{n}}"}}).apply({"n": number})["n"]

    assert float(printed) == number


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_encoded_json_reads_as_the_same_value(value: Any) -> None:
    encoded = compile_mapping({"j": {"@json": {"mode": "encode", "value": {"@path": "$.v"}}}}).apply({"v": value})["j"]

    assert json.loads(encoded, parse_int=float) == value
