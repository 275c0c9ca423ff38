"""What is kept of an input that could not be used."""

from __future__ import annotations

import pytest

from producers.receiver.keeping import MOST_KEPT, Input, keepsake_of, refused

KEY = "0123456789abcdef0123456789abcdef"


def kept(data: object) -> str:
    taken = refused("prod", "T644", "userId", "it is missing")
    [rejection] = keepsake_of([Input(taken, "web", identity="m-1", data=data)]).rejections
    return rejection.answer


@pytest.mark.parametrize("name", ["callbackAPIKey", "callback_api_key", "X-Callback-API-Key"])
def test_the_key_of_a_callback_is_left_out_wherever_it_stands(name: str) -> None:
    text = kept({"properties": [{name: f'Authorization "{KEY}'}, {"left": 1}]})

    assert KEY not in text
    assert '"left":1' in text


def test_a_long_input_is_cut_off() -> None:
    assert len(kept({"traits": "x" * 100_000})) == MOST_KEPT


def test_the_same_input_is_kept_under_the_same_id() -> None:
    one, other = (
        keepsake_of([Input(refused("prod", "T644", "", "x"), "web", identity="m-1", data={})]).rejections
        for _ in range(2)
    )

    assert one[0].record_id == other[0].record_id
