"""What was said before the command's name, for whoever needs it further down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def one_run() -> Iterator[State]:
    """Give one run of the command line, which begins with nothing said and leaves nothing behind."""
    state = State()
    token = _STATE.set(state)
    try:
        yield state
    finally:
        _STATE.reset(token)


def current() -> State:
    """Return what was said in this run, or, where somebody runs a command by itself, from now on."""
    state = _STATE.get()
    if state is None:
        state = State()
        _STATE.set(state)
    return state


def child_environment(**more: str) -> dict[str, str]:
    """Return the environment of a process we start: ours, with the same settings file, and ``more``."""
    named = {"TERCEL_CONFIG": str(_absolute(config))} if (config := current().config) is not None else {}
    return {**os.environ, **named, **more}


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise UsageError(f"--config {path}: there is no such user's home folder.") from None
