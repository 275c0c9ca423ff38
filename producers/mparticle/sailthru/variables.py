"""User attributes as a profile's vars. (Contract: sailthru, sections 2 and 5, rows 4 and 10.)"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from producers.mparticle.normal import Note
from producers.mparticle.sailthru import notes
from producers.mparticle.sailthru.options import SailthruOptions

RESERVED_MARK: Final = "$"  # begins the names of mParticle's own attributes, e.g. $FirstName
_NAME: Final = re.compile(r"[^\W\d]\w{0,31}")  # longer names are answered with error 99

Vars = dict[str, Any]


def vars_of(
    added: Mapping[str, Any], removed: Iterable[str], options: SailthruOptions
) -> tuple[Vars, tuple[Note, ...]]:
    """Return the vars that attributes become, removed ones as None, and a note for each that was left out.

    What is both removed and added is added: it was set anew.
    """
    wanted: Vars = {**dict.fromkeys(removed), **added}
    found: Vars = {}
    said: list[Note] = []
    for name, value in wanted.items():
        var = options.attribute_names.get(name) or name.removeprefix(RESERVED_MARK)
        if not _NAME.fullmatch(var):
            said.append(Note(notes.NAME_NOT_A_VAR, name))
        elif var != name and var in wanted:
            said.append(Note(notes.NAME_TWICE, name))
        else:
            found[var] = _value(value, options.join_lists)
    return found, tuple(said)


def _value(value: Any, join_lists: str | None) -> Any:
    """Return a value; a list, or what was one in Firehose, as one text where that is wanted."""
    if join_lists is None or not isinstance(value, list | tuple):
        return list(value) if isinstance(value, tuple) else value
    return join_lists.join(_text(entry) for entry in value)


def _text(entry: Any) -> str:
    if isinstance(entry, bool):
        return "true" if entry else "false"
    return "" if entry is None else str(entry)
