"""Names of attributes and events in Talon.One. (Contract: mparticle, section 6.)

Renaming is by explicit rule only: a reserved name's ``$`` becomes ``mp_``, and what the settings say. What is no name
then is left out, and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from producers.mparticle.normal import Note
from producers.mparticle.talon_one import notes

_USABLE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED: Final = "$"
_PREFIX: Final = "mp_"


def attribute_name(name: str, given: Mapping[str, str]) -> str | None:
    """Return an attribute's name in Talon.One, None where it has none. ``given`` are those of the settings."""
    if name in given:
        return given[name]
    if name.startswith(_RESERVED):
        name = _PREFIX + name[len(_RESERVED) :]
    return name if _USABLE.fullmatch(name) else None


def event_name(name: str, given: Mapping[str, str]) -> str | None:
    """Return an event's type in Talon.One, None where it has none."""
    if name in given:
        return given[name]
    return name if _USABLE.fullmatch(name) else None


def named(
    attributes: Mapping[str, Any], deleted: Iterable[str], given: Mapping[str, str]
) -> tuple[dict[str, Any], tuple[Note, ...]]:
    """Return attributes under their names in Talon.One, those taken away as None, and what was left out."""
    found: dict[str, Any] = {}
    said: list[Note] = []
    for name, value in (*attributes.items(), *((name, None) for name in deleted if name not in attributes)):
        new = attribute_name(name, given)
        if new is None:
            said.append(Note(notes.NAME_NOT_USABLE, name))
            continue
        if new in found:
            said.append(Note(notes.NAME_TWICE, name))
        found[new] = value
    return found, tuple(said)
