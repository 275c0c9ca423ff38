"""Mappings as they are written: in tercel.toml, in a JSON file of the same form, or as exported from Segment.

Ours is ``{"name", "trigger", "action", "fields", "enabled"}``, of which trigger and action are needed. Segment's forms
are its presets (``subscribe``, ``partnerAction``, ``mapping``) and its public API's subscriptions (``trigger``,
``actionSlug``, ``settings``); what else they hold is passed over. A file is a list of mappings, or an object that holds
one under ``mappings``, ``subscriptions``, ``presets`` or ``data``. Nothing here knows whether a mapping can work.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from tercel.errors import SettingsError
from tercel.settings.nearest import suggestion
from tercel.settings.receiving import MAX_MAPPINGS

BAD_MAPPINGS: Final = "T623"
UNKNOWN_ACTION: Final = "T624"

_LISTS: Final = ("mappings", "subscriptions", "presets", "data")
_OWN_KEYS: Final = ("name", "trigger", "action", "fields", "enabled")
_SEGMENTS_KEYS: Final = ("subscribe", "partnerAction", "actionSlug", "mapping", "settings")
_MOST_BYTES: Final = 16 * 1024 * 1024  # of a file; fifty mappings are far smaller, so more is another file


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """What is wrong with the mappings of a destination: a sentence that names the place, and its code."""

    sentence: str
    code: str = BAD_MAPPINGS


class MappingsError(SettingsError):
    """The mappings of a destination cannot work. One sentence a problem, a line each; the code is the first one's."""

    def __init__(self, problems: Sequence[MappingProblem]) -> None:
        super().__init__("\n".join(problem.sentence for problem in problems))
        self.problems = tuple(problems)
        self.code = problems[0].code


@dataclass(frozen=True, slots=True)
class WrittenMapping:
    """One mapping as written. ``number`` counts from 1, those switched off included.

    ``is_segments`` says that it has Segment's form: fields that the action does not know are then left-overs of older
    versions, and no mistake of a person.
    """

    number: int
    place: str
    trigger: str
    action: str
    name: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True
    is_segments: bool = False


def read_mappings_file(path: Path) -> tuple[WrittenMapping, ...]:
    """Read the mappings of a JSON file. Raises :class:`MappingsError`, naming the file, for everything wrong."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except OSError as error:
        _refuse(f"The mappings {path} cannot be read: {error.strerror or error}.")
    if len(raw) > _MOST_BYTES:
        _refuse(f"The mappings {path} are larger than {_MOST_BYTES} bytes; is it the right file?")
    try:
        content = json.loads(raw, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        _refuse(f"The mappings {path} are not JSON: line {error.lineno}, column {error.colno}: {error.msg}.")
    except UnicodeDecodeError:
        _refuse(f"The mappings {path} are not UTF-8.")
    except RecursionError:
        _refuse(f"The mappings {path} are nested too deeply.")
    except ValueError as error:
        _refuse(f"The mappings {path} are not JSON: {error}.")
    return read_mappings(_list_in(content, path), str(path))


def read_mappings(entries: Sequence[Any], place: str) -> tuple[WrittenMapping, ...]:
    """Read mappings in any of the forms. ``place`` is where they stand, for who reads the error.

    Raises :class:`MappingsError` for everything wrong.
    """
    if len(entries) > MAX_MAPPINGS:
        _refuse(f"{place}: holds {len(entries)} mappings; a destination has at most {MAX_MAPPINGS}.")
    problems: list[MappingProblem] = []
    read = [_read(entry, number, place, problems) for number, entry in enumerate(entries, start=1)]
    if problems:
        raise MappingsError(problems)
    return tuple(mapping for mapping in read if mapping is not None)


def place_of(number: int, name: str, place: str) -> str:
    """Return how a mapping's place is written."""
    return f"{place}, mapping {number}" + (f" ({name})" if name else "")


def _read(entry: Any, number: int, place: str, problems: list[MappingProblem]) -> WrittenMapping | None:
    before = len(problems)
    if not isinstance(entry, dict):
        problems.append(
            MappingProblem(f"{place_of(number, '', place)}: is not an object with a trigger and an action.")
        )
        return None
    name = entry.get("name")
    where = place_of(number, name if isinstance(name, str) else "", place)

    def wrong(sentence: str) -> None:
        problems.append(MappingProblem(f"{where}: {sentence}"))

    is_segments = any(key in entry for key in _SEGMENTS_KEYS)
    if not is_segments:
        for key in entry:
            if key not in _OWN_KEYS:
                wrong(f"{key!r} is not a key of a mapping{suggestion(key, _OWN_KEYS)}")
    trigger = _one(entry, ("trigger", "subscribe"), str, "a text", wrong, needed="the trigger that messages must match")
    action = _one(entry, ("action", "partnerAction", "actionSlug"), str, "a text", wrong, needed="what it does")
    fields = _one(entry, ("fields", "mapping", "settings"), dict, "an object", wrong)
    enabled = _one(entry, ("enabled",), bool, "true or false", wrong)
    if fields and not _is_json(fields):
        wrong("fields hold what JSON cannot: a date without quotes, an infinity, nan, or half of a character.")
    if name is not None and not isinstance(name, str):
        wrong("name must be a text.")
    if len(problems) > before:
        return None
    return WrittenMapping(
        number, where, trigger, action, name or "", fields or {}, enabled is not False, is_segments=is_segments
    )


def _one(
    entry: Mapping[str, Any],
    keys: tuple[str, ...],
    kind: type,
    noun: str,
    wrong: Callable[[str], None],
    *,
    needed: str = "",
) -> Any:
    """Return the value of whichever of the keys is there; None where none is, and it need not be."""
    there = [key for key in keys if entry.get(key) is not None]
    if not there:
        if needed:
            wrong(f"{keys[0]} is missing: {needed}.")
        return None
    if len(there) > 1:
        wrong(f"has both {there[0]} and {there[1]}; remove one of them.")
        return None
    value = entry[there[0]]
    if not isinstance(value, kind):
        wrong(f"{there[0]} must be {noun}.")
        return None
    return value


def _is_json(value: Any) -> bool:
    """Whether a value can be sent: TOML has dates and infinities, and a JSON text may hold half of a surrogate pair."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _list_in(content: Any, path: Path) -> list[Any]:
    """Return the list of mappings, which Segment's public API wraps in ``{"data": {"subscriptions": [...]}}``."""
    while isinstance(content, dict):
        inner = [content[key] for key in _LISTS if isinstance(content.get(key), (list, dict))]
        if len(inner) != 1:
            break
        content = inner[0]
    if not isinstance(content, list):
        _refuse(
            f"The mappings {path} hold no list of mappings; write [{{...}}], or an object with one of "
            f"{', '.join(_LISTS)}."
        )
    return content


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {repeated!r} stands twice in one object")
    return found


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON value")


def _refuse(sentence: str) -> NoReturn:
    raise MappingsError([MappingProblem(sentence)])
