"""Keys as bytes: every text comes back, no two are one, and an index can hold each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tercel.store.syncing.keys import key_bytes, key_text

INDEX_HOLDS = 2_600  # bytes; PostgreSQL's limit is 2,704, with the entry's headers
ANY_TEXT = st.text(st.characters(), max_size=50) | st.builds(
    str.__mul__, st.text(st.characters(), min_size=1, max_size=4), st.integers(1, 250)
)


@given(ANY_TEXT)
def test_every_key_comes_back(key: str) -> None:
    assert key_text(key_bytes(key)) == key


@given(ANY_TEXT)
def test_an_index_holds_every_key_of_a_thousand_characters(key: str) -> None:
    assert len(key_bytes(key[:1_000])) <= INDEX_HOLDS


@given(ANY_TEXT, ANY_TEXT)
def test_different_keys_stay_different(one: str, other: str) -> None:
    assert (key_bytes(one) == key_bytes(other)) == (one == other)


def test_the_longest_keys_of_the_rarest_characters_fit() -> None:
    key = "\U0010ffff" * 1_000

    assert len(key_bytes(key)) <= INDEX_HOLDS
    assert key_text(key_bytes(key)) == key
