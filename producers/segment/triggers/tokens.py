"""A trigger's text as tokens, cut where Segment's own lexer cuts it. (Contract: segment, part d, row "spacing".)"""

from __future__ import annotations

import string
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

BLANKS: Final = frozenset(" \t\n")  # no carriage return: Segment's lexer refuses it
TERMINATORS: Final = BLANKS | frozenset(",])")  # what may follow a closing quote and a word such as `and`
DIGITS: Final = frozenset(string.digits)
WORD_STARTS: Final = frozenset(string.ascii_letters + "_")
WORD_PARTS: Final = WORD_STARTS | DIGITS | frozenset("-\\")
AFTER_A_WORD: Final = TERMINATORS | frozenset(".(=!")
ESCAPE: Final = "\\"


class TriggerSyntaxError(Exception):
    """The text is no trigger: ``reason`` is a sentence, ``at`` the index of the character it is about."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


class TokenKind(StrEnum):
    """What a token is."""

    WORD = "word"  # a field, a function, a bare value; escapes resolved, dots between words joined
    TEXT = "text"  # "..." or '...', its quotes included
    NUMBER = "number"
    NULL = "null"
    JOINT = "joint"  # and, or
    OPERATOR = "operator"  # = != < <= > >= !
    OPEN = "("
    CLOSE = ")"
    COMMA = ","
    DOT = "."
    BRACKET = "bracket"  # [ or ], which mean nothing outside a word
    END = "end"


class Token(NamedTuple):
    """One token: its kind, its text, and the index of its first character."""

    kind: TokenKind
    text: str
    at: int


KEYWORDS: Final = {"and": TokenKind.JOINT, "or": TokenKind.JOINT, "null": TokenKind.NULL}
MARKS: Final = {
    "(": TokenKind.OPEN,
    ")": TokenKind.CLOSE,
    ",": TokenKind.COMMA,
    ".": TokenKind.DOT,
    "[": TokenKind.BRACKET,
    "]": TokenKind.BRACKET,
}


def tokens_of(text: str) -> list[Token]:
    """Return the text's tokens, the last one an END; fields with dots are one WORD. Raises TriggerSyntaxError."""
    joined: list[Token] = []
    raw = list(_raw_tokens(text))
    place = 0
    while place < len(raw):
        token = raw[place]
        goes_on = token.kind is TokenKind.DOT and joined and joined[-1].kind is TokenKind.WORD
        if goes_on and raw[place + 1].kind is TokenKind.WORD:
            before = joined.pop()
            joined.append(Token(TokenKind.WORD, f"{before.text}.{raw[place + 1].text}", before.at))
            place += 2
        else:
            joined.append(token)
            place += 1
    return joined


def _raw_tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        if text[at] in BLANKS:
            at += 1
            continue
        token, at = _token_at(text, at)
        yield token
    yield Token(TokenKind.END, "", len(text))


def _token_at(text: str, at: int) -> tuple[Token, int]:
    """Return the token that starts at ``at`` and the index behind it."""
    start = text[at]
    if start in WORD_STARTS:
        return _word(text, at)
    if start in DIGITS or start in "+-":
        return _number(text, at)
    if start in "\"'":
        return _quoted(text, at)
    if start in "=!<>":
        return _operator(text, at)
    if start in MARKS:
        return Token(MARKS[start], start, at), at + 1
    raise TriggerSyntaxError(f"{_shown(start)} has no place here.", at)


def _word(text: str, at: int) -> tuple[Token, int]:
    for keyword, kind in KEYWORDS.items():
        end = at + len(keyword)
        if text.startswith(keyword, at) and _terminated(text, end):
            return Token(kind, keyword, at), end
    parts = [text[at]]
    end = at + 1
    while end < len(text) and text[end] in WORD_PARTS:
        if text[end] == ESCAPE:
            end += 1
            if end == len(text):
                raise TriggerSyntaxError("\\ stands at the end; it has to stand before the character it escapes.", at)
        parts.append(text[end])
        end += 1
    if end < len(text) and text[end] not in AFTER_A_WORD:
        raise TriggerSyntaxError(
            f"{_shown(text[end])} cannot follow a name directly: put a blank between them, or \\ before a character "
            "that belongs to the name.",
            end,
        )
    return Token(TokenKind.WORD, "".join(parts), at), end


def _number(text: str, at: int) -> tuple[Token, int]:
    end = at + 1
    points = 0
    while end < len(text) and (text[end] in DIGITS or text[end] == "."):
        if text[end] == ".":
            points += 1
            if points > 1 or _terminated(text, end + 1):
                raise TriggerSyntaxError("This is no number: a decimal point is left over.", at)
        end += 1
    return Token(TokenKind.NUMBER, text[at:end], at), end


def _quoted(text: str, at: int) -> tuple[Token, int]:
    end = text.find(text[at], at + 1) + 1
    if not end:
        raise TriggerSyntaxError("This quote is never closed.", at)
    if not _terminated(text, end):
        raise TriggerSyntaxError(
            "A blank has to come behind a closing quote. There are no escapes: a value cannot hold a quote.", end
        )
    return Token(TokenKind.TEXT, text[at:end], at), end


def _operator(text: str, at: int) -> tuple[Token, int]:
    start = text[at]
    if start == "=":
        return Token(TokenKind.OPERATOR, start, at), at + 1
    following = text[at + 1 : at + 2]
    if following == "=":
        if not _terminated(text, at + 2):
            raise TriggerSyntaxError(f"A blank has to come behind {start}=.", at)
        return Token(TokenKind.OPERATOR, f"{start}=", at), at + 2
    if start == "!" and following != "(" and (following not in WORD_STARTS or following == "_"):
        raise TriggerSyntaxError("! stands directly before a function, or as != between a field and a value.", at)
    return Token(TokenKind.OPERATOR, start, at), at + 1


def _terminated(text: str, at: int) -> bool:
    return at >= len(text) or text[at] in TERMINATORS


def _shown(character: str) -> str:
    return repr(character) if character.isprintable() else f"The character U+{ord(character):04X}"
