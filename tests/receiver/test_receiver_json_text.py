"""What is found out about JSON before it is parsed."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.receiver.answers import Problem
from producers.receiver.json_text import MOST_SIGNED_BYTES, first_element, is_deeper_than, parse

TRICKY = st.text(alphabet='[]{}"\\,:a\n\t/ü')
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TRICKY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TRICKY, inner, max_size=4),
    max_leaves=20,
)


def depth_of(value: Any) -> int:
    """Count levels the plain way."""
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth_of, inner), default=0)


@given(value=JSON)
def test_the_depth_found_without_parsing_is_the_depth(value: Any) -> None:
    text, depth = orjson.dumps(value), depth_of(value)
    assert not is_deeper_than(text, depth)
    assert depth == 0 or is_deeper_than(text, depth - 1)


@given(values=st.lists(JSON, min_size=1, max_size=3), gap=st.sampled_from(["", " ", "\n\t"]))
def test_the_first_element_is_found_as_it_was_written(values: list[Any], gap: str) -> None:
    parts = [json.dumps(value, ensure_ascii=False) for value in values]
    array = f"{gap}[{gap}{f'{gap},{gap}'.join(parts)}{gap}]".encode()
    assert first_element(array) == parts[0].encode()


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"[1", b'["a', b"[[1]", b"1"])
def test_where_no_first_element_can_be_told_there_is_none(text: bytes) -> None:
    assert first_element(text) is None


def test_a_string_full_of_escaped_quotes_and_without_an_end_is_looked_through_once() -> None:
    # Anybody may send this, before any signature is known to be right: looking again at each quote takes minutes.
    assert first_element(b'["' + b'\\"' * (MOST_SIGNED_BYTES // 2)) is None


@given(text=st.binary(max_size=200))
def test_no_bytes_lead_to_anything_but_a_value_or_a_problem(text: bytes) -> None:
    first_element(text)
    with contextlib.suppress(Problem):
        parse(text, most_depth=4)


@pytest.mark.parametrize("text", [b"NaN", b"[Infinity]", b"1e999", b"\xff", b'"\\ud800"', b"{'a':1}", b"", b"1 2"])
def test_what_json_does_not_have_is_refused(text: bytes) -> None:
    with pytest.raises(Problem) as refused:
        parse(text, most_depth=4)
    assert (refused.value.status, refused.value.code) == (400, "T641")


def test_a_very_deep_text_is_refused_without_being_parsed() -> None:
    with pytest.raises(Problem) as refused:
        parse(b"[" * 1_000_000, most_depth=64)
    assert refused.value.code == "T643"


def test_of_a_key_that_comes_twice_the_last_one_counts() -> None:
    assert parse(b'{"a":1,"a":2}', most_depth=4) == {"a": 2}


def test_an_integer_beyond_64_bits_becomes_a_float() -> None:
    assert parse(b"123456789012345678901234567890", most_depth=4) == 1.2345678901234568e29
