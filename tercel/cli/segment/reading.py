"""Reading the messages that ``tercel segment test`` is given."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from tercel.cli.segment.samples import sample
from tercel.errors import InputError, UsageError

STDIN: Final = "-"
DEFAULT_SAMPLES: Final = ("identify", "track")
LARGEST_BYTES: Final = 8 * 1024 * 1024  # of a file; the receiver takes no larger body by default


def messages_from(file: str | None, samples: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the messages of a file ("-": stdin), or the samples; without either, an identify and a track.

    A file holds one message, a list of them, or one a line. Raises UsageError, InputError.
    """
    if file is not None and samples:
        raise UsageError("Give a message or --sample, not both.")
    if file is None:
        return [sample(name) for name in samples or DEFAULT_SAMPLES]
    place = "stdin" if file == STDIN else file
    return _messages(_text(file), place)


def _text(file: str) -> str:
    try:
        if file == STDIN:
            raw = sys.stdin.buffer.read(LARGEST_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                raw = opened.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}.") from error
    if len(raw) > LARGEST_BYTES:
        raise InputError(f"{file} is larger than {LARGEST_BYTES:,} bytes: the event tester takes a few messages.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8.") from error


def _messages(text: str, place: str) -> list[Mapping[str, Any]]:
    try:
        content = _parsed(text)
    except ValueError as whole:
        content = _lines(text, place, whole)
    found = content if isinstance(content, list) else [content]
    if not found:
        raise InputError(f"{place} holds no message.")
    for number, message in enumerate(found, start=1):
        if not isinstance(message, dict):
            raise InputError(f"{place}, message {number}: a message is a JSON object, such as a webhook receives.")
    return found


def _lines(text: str, place: str, whole: ValueError) -> list[Any]:
    """Read one message a line. ``whole`` is why the text is not one piece of JSON."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    found = []
    for number, line in lines:
        try:
            found.append(_parsed(line))
        except ValueError as error:
            if not found:  # not even the first line stands for itself: it is one message with a mistake in it
                raise InputError(f"{place} is not JSON: {whole}.") from error
            raise InputError(f"{place}, line {number}: {error}.") from error
    if not found:
        raise InputError(f"{place} is empty: give it a message, or name a sample with --sample.")
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON value")
