"""JSON from strangers: how deep it is and where its first element ends, before anything is made of it."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any, Final

import orjson

from producers.receiver import reasons
from producers.receiver.answers import Problem

MOST_SIGNED_BYTES: Final = 262_144  # of a batch's first message; Segment's own limit for one is 32 KB
_SPACE: Final = b" \t\n\r"
_NOT_STRUCTURE: Final = bytes(byte for byte in range(256) if byte not in b'[]{}"')
_STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # one level down, one up, as signed bytes
# A string, a bracket, a comma, a run of anything else, or a quote that begins a string without an end.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},]|[^"\[\]{},]++|"', re.DOTALL)


def parse(body: bytes, *, most_depth: int) -> Any:
    """Return what a JSON text says. Raises :class:`Problem` where it is none, or is nested deeper than allowed.

    Of a key that comes twice the last one counts. Integers beyond 64 bits become floats, as they do in JavaScript; what
    no float can hold is refused, and so is NaN.
    """
    if is_deeper_than(body, most_depth):
        raise Problem(400, reasons.TOO_DEEP, f"The JSON is nested deeper than {most_depth} levels.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, reasons.NOT_JSON, f"The body is not JSON in UTF-8: {error}.") from None


def is_deeper_than(text: bytes, most: int) -> bool:
    """Whether brackets lie in one another more than ``most`` times, without recursion and without parsing.

    Exact for JSON. Of a text that is none it may say either; parsing then refuses it.
    """
    if text.count(b"{") + text.count(b"[") <= most:
        return False
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")  # from the left: pairs are found as a parser would
    # Strings without brackets become two quotes and go. Where one string's end and the next one's beginning are taken
    # for such a pair, the two become one string: nothing that counts lies between them.
    structure = text.translate(None, _NOT_STRUCTURE).replace(b'""', b"")
    brackets = b"".join(structure.split(b'"')[::2])
    return max(accumulate(memoryview(brackets.translate(_STEPS)).cast("b")), default=0) > most


def first_element(array: bytes) -> bytes | None:
    """Return the raw text of the first element of a JSON array, as it was sent; None where there is none to be found.

    (Contract: segment, part (c): the signature of a batch covers this text.)
    """
    start = len(array) - len(array.lstrip(_SPACE))
    if array[start : start + 1] != b"[":
        return None
    start += 1
    depth = 0
    for token in _TOKEN.finditer(array, start, start + MOST_SIGNED_BYTES):
        first = array[token.start()]
        if token[0] == b'"':  # to look for strings behind it would take a time that grows with the text's square
            return None
        if first in b"[{":
            depth += 1
        elif first in b"]}" and depth:
            depth -= 1
        elif not depth and first in b",]":
            return array[start : token.start()].strip(_SPACE) or None
    return None
