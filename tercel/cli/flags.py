"""Flags as help shows them: without the type of a value, because they take none."""

from __future__ import annotations

from typing import Any


def with_plain_flags(command: Any, parent: Any = None) -> Any:
    """Return a Typer command, and those below it, whose help no longer writes ``<bool>`` behind each flag.

    Typer writes the type of every option there, so that ``--wait <bool>`` reads as if a value were to follow. Commands
    are its own kind of objects, without a public type.
    """
    context = command.context_class(command, parent=parent, info_name=command.name, **command.context_settings)
    for option in command.get_params(context):
        if getattr(option, "is_flag", False):
            option.metavar = ""
    for below in getattr(command, "commands", {}).values():
        with_plain_flags(below, context)
    return command
