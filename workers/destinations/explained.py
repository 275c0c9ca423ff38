"""What every destination needs to explain itself: codes with cause and cure, and the part of an answer that is kept."""

from __future__ import annotations

from typing import Final, NamedTuple

ANSWER_MAX_CHARACTERS: Final = 2_000  # of an answer that is kept: enough to see the first errors of a long list


class Explanation(NamedTuple):
    """What a code means, for the person who meets it."""

    title: str
    cause: str
    cure: str


def answer_text(body: bytes) -> str:
    """Return an answer's body as text that any store can hold: shortened, undecodable bytes and NULs replaced."""
    start = body[: ANSWER_MAX_CHARACTERS * 4]  # a character of UTF-8 takes up to four bytes
    return start.decode("utf-8", "replace").replace("\x00", "\ufffd")[:ANSWER_MAX_CHARACTERS]
