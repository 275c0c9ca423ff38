"""Mappings as people write them: a TOML file, or options such as ``--map Email=email``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import ValidationError

from producers.warehouse.mapping import (
    AnyMapping,
    Attribute,
    EventMapping,
    FromColumn,
    MembershipMapping,
    ProfileMapping,
)
from producers.warehouse.rows import ValueType
from tercel.errors import MappingError
from tercel.settings.nearest import suggestion

_TYPES: Final = get_args(ValueType)
_MODELS: Final[dict[str, type[AnyMapping]]] = {
    "profile": ProfileMapping,
    "membership": MembershipMapping,
    "event": EventMapping,
}
COLUMN_MARK: Final = "column:"  # before an option's value that names a column, as in --audience column:segment


def load_mapping(path: Path) -> AnyMapping:
    """Read a mapping file. Raises :class:`MappingError` that names the file and the place of everything wrong."""
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise MappingError(f"the mapping {path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise MappingError(f"the mapping {path} is not UTF-8") from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"the mapping {path} is not TOML: {error}") from error
    content.setdefault("object", "profile")
    return _validated(content, str(path))


def mapping_of_options(
    *,
    object_type: str = "profile",
    id_column: str,
    maps: Iterable[str] = (),
    types: Iterable[str] = (),
    id_prefix: str = "",
    nulls: str = "skip",
    action: str | None = None,
    audience: str | None = None,
    event_type: str | None = None,
    event_id_column: str | None = None,
) -> AnyMapping:
    """Build a mapping from command-line options.

    ``maps`` are ``ATTRIBUTE=COLUMN`` or ``ATTRIBUTE=COLUMN:TYPE``, ``types`` are ``COLUMN:TYPE``. ``action``,
    ``audience`` (an id, or a name) and ``event_type`` are constants, or ``column:NAME``. Raises
    :class:`MappingError`.
    """
    content: dict[str, Any] = {"object": object_type, "id": id_column, "id_prefix": id_prefix}
    content["types"] = dict(_typed_column(text) for text in types)
    if attributes := _attributes(maps):
        content["attributes"] = attributes
    if nulls != "skip":
        content["nulls"] = nulls
    if action is not None:
        content["action"] = _constant_or_column(action)
    if audience is not None:
        is_id = audience.isdecimal() or audience.startswith(COLUMN_MARK)
        content["audience_id" if is_id else "audience_name"] = _constant_or_column(audience)
    if event_type is not None:
        content["event_type"] = _constant_or_column(event_type)
    if event_id_column is not None:
        content["event_id"] = {"column": event_id_column}
    return _validated(content, "")


def _attributes(maps: Iterable[str]) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for text in maps:
        name, rule = _attribute(text)
        if name in attributes:
            raise MappingError(f"--map {text}: {name} is mapped twice")
        attributes[name] = rule
    return attributes


def _attribute(text: str) -> tuple[str, dict[str, Any]]:
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise MappingError(f"--map {text}: write ATTRIBUTE=COLUMN, for example --map Email=email")
    head, colon, kind = column.rpartition(":")
    if colon and head and kind in _TYPES:
        return name, {"column": head, "type": kind}
    return name, {"column": column}


def _typed_column(text: str) -> tuple[str, str]:
    column, _, kind = text.rpartition(":")
    if not column or kind not in _TYPES:
        raise MappingError(f"--type {text}: write COLUMN:TYPE, with one of the types {', '.join(_TYPES)}")
    return column, kind


def _constant_or_column(text: str) -> Any:
    return {"column": text.removeprefix(COLUMN_MARK)} if text.startswith(COLUMN_MARK) else text


def _validated(content: dict[str, Any], place: str) -> AnyMapping:
    model = _MODELS.get(str(content["object"]))
    if model is None:
        raise MappingError(_at(place, f"object: '{content['object']}' is not one of {', '.join(_MODELS)}"))
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = [_sentence(list(found["loc"]), found, model) for found in error.errors()]
        raise MappingError(_at(place, "; ".join(dict.fromkeys(problems)))) from error


def _at(place: str, problem: str) -> str:
    return f"the mapping {place}: {problem}" if place else f"the mapping: {problem}"


def _sentence(place: list[int | str], found: Any, model: type[AnyMapping]) -> str:
    """Turn one of pydantic's findings into ``where: what``, with the nearest known key for an unknown one.

    Parts of the place in square brackets are pydantic's, not the file's.
    """
    kind = found["type"]
    names = [str(part) for part in place if not str(part).startswith("[")]
    if kind == "missing":
        return f"{'.'.join(names)} is missing"
    if kind == "extra_forbidden":
        known = _known_keys(names, model)
        return f"{'.'.join(names)} is not a key{suggestion(names[-1], known)} (known: {', '.join(known)})"
    what = found["msg"].removeprefix("Value error, ")
    return f"{'.'.join(names)}: {what}" if names else what


def _known_keys(names: list[str], model: type[AnyMapping]) -> list[str]:
    if len(names) == 1:
        return [*model.model_fields]
    return [*(Attribute if names[0] == "attributes" else FromColumn).model_fields]
