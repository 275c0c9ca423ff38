"""``@case`` and ``@replace``: what they do to a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

ChangeText = Callable[[str], str]

MOST_RESULT: Final = 1_000_000  # characters; "$`" repeats the text for each match and could fill the memory


class TextTooLong(ValueError):
    """A replacement would make a text longer than :data:`MOST_RESULT`."""


def replacer(pattern: str, replacement: str, *, everywhere: bool, any_case: bool) -> ChangeText:
    """Compile the replacement of a literal text. The function raises TextTooLong.

    ``everywhere`` replaces all places, not only the first. In the replacement ``$&`` is the match, ``$$`` a dollar,
    ``$` `` and ``$'`` what stands before and behind, as in JavaScript; other dollars are plain.
    """
    if not any_case and "$" not in replacement:
        count = -1 if everywhere else 1
        return lambda text: text.replace(pattern, replacement, count)
    wanted = _folded(pattern) if any_case else pattern
    pieces = _pieces(replacement)

    def replace(text: str) -> str:
        searched = _folded(text) if any_case else text
        made: list[str] = []
        length = done = 0
        while (found := searched.find(wanted, done)) >= 0:
            end = found + len(wanted)
            made.append(text[done:found])
            made.extend(_filled(piece, text, found, end) for piece in pieces)
            length += sum(map(len, made[-len(pieces) - 1 :]))
            if length > MOST_RESULT:
                raise TextTooLong
            done = end
            if not everywhere:
                break
        made.append(text[done:])
        return "".join(made)

    return replace


def _folded(text: str) -> str:
    """Return a text for comparing without regard to case, as long as it was.

    JavaScript without its `u` flag compares single capital letters, and takes no letter beyond ASCII for one within.
    """
    return "".join(map(_folded_character, text))


def _folded_character(character: str) -> str:
    capital = character.upper()
    if len(capital) != 1 or (not character.isascii() and capital.isascii()):
        return character
    return capital


_SPECIAL: Final = frozenset(("$$", "$&", "$`", "$'"))


def _pieces(replacement: str) -> list[str]:
    """Cut a replacement into plain texts and the special pairs."""
    pieces: list[str] = []
    place = 0
    while place < len(replacement):
        pair = replacement[place : place + 2]
        piece = pair if pair in _SPECIAL else replacement[place]
        pieces.append(piece)
        place += len(piece)
    return pieces


def _filled(piece: str, text: str, start: int, end: int) -> str:
    if piece == "$$":
        return "$"
    if piece == "$&":
        return text[start:end]
    if piece == "$`":
        return text[:start]
    if piece == "$'":
        return text[end:]
    return piece
