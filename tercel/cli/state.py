"""What was said before the command's name, for whoever needs it further down."""

from __future__ import annotations

import os
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from tercel.errors import UsageError


@dataclass(slots=True)
class State:
    """The options of ``tercel`` itself. ``config`` is the settings file named by ``--config``."""

    config: Path | None = None
    debug: bool = False


_STATE: ContextVar[State | None] = ContextVar("tercel_cli_state", default=None)


def begin() -> State:
    """Start one run of the command line with nothing said."""
    state = State()
    _STATE.set(state)
    return state


def current() -> State:
    """Return what was said in this run."""
    return _STATE.get() or begin()


def child_environment(**more: str) -> dict[str, str]:
    """Return the environment of a process we start: ours, with the same settings file, and ``more``."""
    named = {"TERCEL_CONFIG": str(_absolute(config))} if (config := current().config) is not None else {}
    return {**os.environ, **named, **more}


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise UsageError(f"--config {path}: there is no such user's home folder.") from None
