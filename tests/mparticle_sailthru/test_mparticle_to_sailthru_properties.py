"""Whatever the normal form holds, the translation never raises, and nothing goes without being told."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from producers.intake import Refusal
from producers.mparticle.normal import (
    AttributesChanged,
    Batch,
    CustomEvent,
    Identity,
    IdentityChanged,
    MembershipChange,
    Other,
    Person,
    SessionEnd,
    SessionStart,
    Subscription,
)
from producers.mparticle.sailthru import NOTES, REASONS, SailthruOptions, to_sailthru
from producers.mparticle.translated import Translated
from tests.mparticle_sailthru.told import DAY_MS, NOW_MS

EXAMPLES = 200

texts = st.one_of(
    st.text(max_size=6), st.sampled_from(["", " ", "\ud800", "x" * 1_001, "$", "email", "purchase", "A$B", "city"])
)
addresses = st.sampled_from(
    ["a@x.de", "A@x.de", "b@x.de", "c@x.de", " a@x.de ", "no address", "", "x" * 1_001 + "@x.de"]
)
kinds = st.sampled_from(["email", "customer_id", "facebook"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=5,
)
attributes = st.dictionaries(texts, values, max_size=3)
deleted = st.lists(texts, max_size=2).map(tuple)
people = st.builds(
    Person,
    st.none() | texts,
    st.dictionaries(kinds, addresses, max_size=3),
    st.frozensets(kinds, max_size=2),
)
times = st.integers(NOW_MS - 20 * DAY_MS, NOW_MS)
identities = st.lists(st.builds(Identity, kinds, st.none() | addresses), max_size=2).map(tuple)
happenings = st.one_of(
    st.builds(CustomEvent, texts, times, texts, attributes),
    st.builds(SessionStart, texts, times, st.none() | texts),
    st.builds(SessionEnd, texts, times, st.none() | texts, st.none() | st.integers()),
    st.builds(AttributesChanged, texts, times, attributes, deleted),
    st.builds(IdentityChanged, texts, times, identities, identities),
    st.builds(Other, texts),
)
batches = st.builds(Batch, texts, people, attributes, deleted, st.lists(happenings, max_size=5).map(tuple))
changes = st.builds(
    MembershipChange,
    people,
    texts,
    texts,
    st.sampled_from(["add", "delete", "attribute_update"]),
    st.none(),
    attributes,
    deleted,
)
subscriptions = st.builds(Subscription, texts, texts, st.sampled_from(["add", "update", "remove"]))
options = st.builds(
    SailthruOptions, st.booleans(), st.none() | texts, st.booleans(), st.booleans(), st.just({"city": "Town"})
)


def check(made: Translated) -> None:
    assert made.records or made.refused or made.filtered
    assert {one.code for one in made.refused} <= REASONS.keys()
    assert {note.word for note in made.notes} <= NOTES.keys()
    assert all(isinstance(one, Refusal) and one.reason for one in made.refused)
    for record in made.records:
        assert type(record).model_validate(record.data()) == record


@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(batches, options)
def test_a_batch_becomes_records_or_is_told(batch: Batch, chosen: SailthruOptions) -> None:
    made = to_sailthru(batch, chosen, NOW_MS)
    check(made)
    others = [one for one in batch.happenings if not isinstance(one, AttributesChanged)]
    assert len(made.records) + len(made.refused) + made.filtered >= len(others)


@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(batches, options)
def test_what_one_batch_tells_of_one_user_has_one_key(batch: Batch, chosen: SailthruOptions) -> None:
    assert len({record.key for record in to_sailthru(batch, chosen, NOW_MS).records}) <= 1


@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(batches, options)
def test_a_record_with_a_change_of_address_is_of_the_new_one(batch: Batch, chosen: SailthruOptions) -> None:
    for record in to_sailthru(batch, chosen, NOW_MS).records:
        change = record.data().get("identities", {})
        if "email" in change.get("now", {}):
            assert change["was"]["email"] != change["now"]["email"] == record.data()["profile_id"]


@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(changes | subscriptions, options, st.booleans())
def test_a_change_of_an_audience_becomes_records_or_is_told(
    told: MembershipChange | Subscription, chosen: SailthruOptions, as_bulk: bool
) -> None:
    check(to_sailthru(told, chosen, NOW_MS, as_bulk=as_bulk))
