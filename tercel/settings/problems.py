"""What pydantic found wrong, as one sentence a problem: where it stands, what it is, what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tercel.settings.declared import NAME, NAMED, Declared, find, variable_of
from tercel.settings.nearest import nearest_setting

MAX_SHOWN = 60  # characters of a wrong value that are repeated

_PHRASES: Mapping[str, str] = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be a text in quotes",
    "path_type": "must be a path in quotes",
    "too_short": "must not be empty",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "dict_type": "must be a table of settings",
    "model_type": "must be a table of settings",
    "model_attributes_type": "must be a table of settings",
}


_WHAT: Mapping[str, str] = {
    "deployments": "deployment's name",
    "senders": "sender's name",
    "segment": "Segment destination's name",
    "syncs": "sync's name",
}


def sentences(
    error: ValidationError,
    catalogue: Mapping[tuple[str, ...], Declared],
    places: Mapping[tuple[str, ...], str],
    file: str,
) -> list[str]:
    """Return one sentence for each problem; a secret's value is never repeated.

    ``places`` maps a path to where its value stands; ``file`` is the one to add what is missing to.
    """
    found = error.errors(include_url=False)
    return list(dict.fromkeys(_sentence(detail, catalogue, places, file) for detail in found))


def _sentence(
    detail: ErrorDetails,
    catalogue: Mapping[tuple[str, ...], Declared],
    places: Mapping[tuple[str, ...], str],
    file: str,
) -> str:
    path = tuple(str(part) for part in detail["loc"] if part != "[key]")
    place = places.get(path) or _place_of_group(path, places)
    setting = find(path, catalogue)
    kind = detail["type"]
    if detail["loc"][-1:] == ("[key]",):
        return (
            f"{place}: {path[-1]!r} cannot be a {_WHAT.get(path[0], 'name')}; use 1 to 31 small letters, digits, _ and "
            "-, beginning with a letter."
        )
    if kind == "extra_forbidden":
        return f"{place} is not a setting{nearest_setting(path, _names(path, catalogue))}"
    if kind == "missing":
        table = ".".join(path[:-1])
        return f"{'.'.join(path)} is missing: set it in {file} under [{table}], or as {variable_of(path)}."
    if kind == "value_error":  # one without a path is about how groups fit together, and names them itself
        return f"{place} {detail['ctx']['error']}." if path else f"{file}: {detail['ctx']['error']}"
    if kind == "model_type" and path[0] in NAMED:
        return f"{place} must be a table of settings; such settings go under [{path[0]}.<name>]."
    expected = _PHRASES.get(kind, detail["msg"][:1].lower() + detail["msg"][1:]).format_map(detail.get("ctx", {}))
    unit = f" ({setting.unit})" if setting is not None and setting.unit else ""
    return f"{place}{_shown(detail['input'], setting)} {expected}{unit}."


def _place_of_group(path: tuple[str, ...], places: Mapping[tuple[str, ...], str]) -> str:
    """Return where a group stands: the file of one of its settings, and its name."""
    dotted = ".".join(path)
    for known, place in places.items():
        if known[: len(path)] == path and place.endswith(f": {'.'.join(known)}"):
            return f"{place.removesuffix(': ' + '.'.join(known))}: {dotted}"
    return dotted


def _shown(value: Any, setting: Declared | None) -> str:
    if setting is None or setting.is_secret or isinstance(value, dict):
        return ""
    text = repr(value)
    return f" is {text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + '...'}, but"


def _names(path: tuple[str, ...], catalogue: Mapping[tuple[str, ...], Declared]) -> list[str]:
    """Return every dotted name, those of deployments and the like with the name that the unknown one has."""
    own = path[1] if path[0] in NAMED and len(path) > 1 else NAME
    return [setting.name.replace(NAME, own) for setting in catalogue.values()]
