"""Whatever a body holds: what the published schema allows is taken, and nothing goes without being told."""

from __future__ import annotations

import json
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.mparticle.feed import BadBatch, read_batch
from producers.mparticle.normal import AttributesChanged
from producers.mparticle.sailthru import SailthruOptions, to_sailthru
from producers.mparticle.sailthru.notes import NOTES
from producers.mparticle.sailthru.reasons import REASONS
from producers.mparticle.talon_one import TalonOneOptions, to_talon_one
from producers.mparticle.whole_numbers import exact
from tests.mparticle_feed.events_api import batches

EXAMPLES = 150
ARRIVED_MS = 1_790_000_000_000
OPTIONS = SailthruOptions(extid=True, join_lists=", ", all_attributes=True)
PARTS = ["events", "data", "event_type", "user_identities", "user_attributes", "event_name", "new", "old", "mpid"]

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "email", "custom_event", "x" * 600]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PARTS) | st.text(), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A batch in which something, anywhere, was replaced by junk, or left out."""
    batch = draw(batches)
    place: Any = batch
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if draw(st.booleans()) or not isinstance(place[key], dict | list):
            if draw(st.booleans()):
                place[key] = draw(junk)
            else:
                del place[key]
            break
        place = place[key]
    return batch


@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(batches)
def test_what_the_published_schema_allows_is_read_whole(batch: dict[str, Any]) -> None:
    found = read_batch(batch, ARRIVED_MS, "fresh").batch
    assert len(found.happenings) == len(batch.get("events") or [])
    assert found.attributes.keys() == (batch.get("user_attributes") or {}).keys()
    assert found.deleted == tuple(batch.get("deleted_user_attributes") or ())


@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(batches)
def test_on_the_wire_no_number_is_rounded(batch: dict[str, Any]) -> None:
    body = json.dumps(batch).encode()
    assert exact(body, orjson.loads(body)) == with_long_numbers_as_texts(batch)


@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(batches)
def test_on_the_way_to_sailthru_every_part_is_a_record_or_is_told(batch: dict[str, Any]) -> None:
    read = read_batch(batch, ARRIVED_MS, "fresh").batch
    made = to_sailthru(read, OPTIONS, ARRIVED_MS)
    several = sum(isinstance(one, AttributesChanged) for one in read.happenings) + bool(read.attributes or read.deleted)
    told = len(made.records) + len(made.refused) + made.filtered
    assert told >= max(1, len(read.happenings) - several)
    assert {one.code for one in made.refused} <= REASONS.keys()
    assert {note.word for note in made.notes} <= NOTES.keys()
    assert all(record.key_text for record in made.records)


@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(damaged())
def test_of_a_damaged_batch_nothing_else_is_ever_raised(batch: Any) -> None:
    try:
        read = read_batch(batch, ARRIVED_MS, "fresh").batch
    except BadBatch:
        return
    to_sailthru(read, OPTIONS, ARRIVED_MS)
    to_talon_one(read, TalonOneOptions())


def with_long_numbers_as_texts(value: Any) -> Any:
    """Return a body as it should be read: whole numbers beyond 64 bits are the texts they were written as."""
    if isinstance(value, dict):
        return {name: with_long_numbers_as_texts(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_long_numbers_as_texts(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return str(value)
    return value
