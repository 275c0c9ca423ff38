"""Whatever a body holds becomes valid records, or a refusal that names the fields; every change is one of both."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.third_party import (
    BadCall,
    Call,
    CallbackPolicy,
    CallName,
    MethodNotAllowed,
    NotFound,
    Platform,
    Route,
    Translation,
    route,
    success,
    translate,
)
from producers.third_party.callbacks import HEADERS, callback_of
from producers.third_party.notes import NOTES
from producers.third_party.reasons import REASONS
from producers.third_party.translation import BODIES

EXAMPLES = 150


def names_in(schema: Any) -> set[str]:
    """Return every field name that a schema mentions, so that what is made up often meets a real field."""
    if isinstance(schema, list):
        return {name for part in schema for name in names_in(part)}
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {}))
    return own.union(*(names_in(part) for part in schema.values()))


NAMES = sorted(names_in([body.model_json_schema() for body in BODIES.values() if body is not None]))

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["", "1", "true", "closed", "partially_returned", "number", "x" * 1_001, "\ud800"]),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=12,
)


ids = st.integers(1, 5) | st.sampled_from([0, -1, "1", None, 2.5, True])
items = st.fixed_dictionaries(
    {"customerProfileId": st.sampled_from(["a", "b", "", 7])},
    optional={"adds": st.lists(ids, max_size=5), "deletes": st.lists(ids, max_size=5)},
)
PLACE = re.compile(r"data\[(\d+)\](?:\.(?:adds|deletes)\[(\d+)\])?")


def taken(call: Call, *, split_large: bool = False) -> Translation:
    """Return what a call became; for one that is refused as a whole, nothing but why."""
    try:
        return translate(call, split_large=split_large)
    except BadCall as bad:
        return Translation(refused=bad.problems)


@settings(max_examples=EXAMPLES * 3, deadline=None)
@given(
    name=st.sampled_from(CallName),
    path_id=st.sampled_from(["c-7", "", "x" * 1_001, "a/b"]),
    body=st.dictionaries(st.sampled_from(NAMES), anything, max_size=6) | anything,
    platform=st.sampled_from(Platform),
    split=st.booleans(),
)
def test_any_body_becomes_valid_records_or_is_refused(
    name: CallName, path_id: str, body: Any, platform: Platform, split: bool
) -> None:
    call = Call(name, path_id, body, platform=platform)

    made = taken(call, split_large=split)

    assert {refusal.code for refusal in made.refused} <= REASONS.keys()
    assert set(made.notes) <= NOTES.keys()
    assert all(str(refusal).encode() for refusal in made.refused)
    for record in made.records:
        assert type(record).model_validate(orjson.loads(orjson.dumps(record.data()))) == record
    if made.records or not made.refused:
        assert success(call, made)[0] in {200, 201, 204}


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.lists(items, max_size=6))
def test_every_change_becomes_a_record_or_is_refused_once(data: list[dict[str, Any]]) -> None:
    call = Call(CallName.PROFILES_AUDIENCES, body={"data": data})

    made = taken(call)

    refused = [PLACE.match(refusal.where) for refusal in made.refused]
    single = Counter(int(place[1]) for place in refused if place and place[2] is not None)
    whole = {int(place[1]) for place in refused if place and place[2] is None}
    taken_or_refused = len(made.records)
    for position, item in enumerate(data):
        changes = len(item.get("adds", [])) + len(item.get("deletes", []))
        taken_or_refused += changes if position in whole else single[position]
    assert taken_or_refused == sum(len(item.get("adds", [])) + len(item.get("deletes", [])) for item in data)


@settings(max_examples=EXAMPLES, deadline=None)
@given(values=st.lists(st.text() | st.sampled_from(["undefined", "https://h.example/x"]), min_size=4, max_size=4))
def test_any_callback_headers_are_read_without_an_error(values: list[str]) -> None:
    found = callback_of(dict(zip(HEADERS, values, strict=True)), CallbackPolicy(("h.example",)))

    assert found.callback is None or found.callback.uri == "https://h.example/x"


PARTS = st.sampled_from(
    [
        "/segment",
        "/cdp",
        "/v2",
        "/customer_profiles",
        "/customer_profile",
        "/audiences",
        "/",
        "%2F",
        "%FF",
        "x",
        "\u00e9",
    ]
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "", "put"]),
    path=st.lists(PARTS).map("".join) | st.text(),
    query=st.text() | st.sampled_from(["skipNonExistingAttributes=%FF", "a?b", "?"]),
)
def test_any_request_line_is_routed_without_an_error(method: str, path: str, query: str) -> None:
    assert isinstance(route(method, path, query), Route | NotFound | MethodNotAllowed)


def test_a_body_nested_without_end_is_refused() -> None:
    deep: Any = None
    for _ in range(100_000):
        deep = [deep]
    refused = 0
    for name, body in (
        (CallName.PROFILE, {"attributes": {"a": deep}}),
        (CallName.SESSION, {"attributes": {"a": deep}}),
    ):
        try:
            translate(Call(name, "c", body))
        except BadCall:
            refused += 1

    assert refused == 2
    while deep:  # or taking it apart would run as deep
        deep = deep[0]
