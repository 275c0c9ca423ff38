"""The folder a demo lives in: new or temporary, and gone afterwards unless something went wrong."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tercel.cli import console
from tercel.errors import UsageError


@dataclass(slots=True)
class Home:
    """The folder; ``keep`` is whether it stays, which is so until all has gone well."""

    path: Path
    keep: bool = True


@contextmanager
def home_at(wished: Path | None) -> Iterator[Home]:
    """Give the demo's folder: the one wished for, or a temporary one that goes unless something went wrong."""
    if wished is not None:
        yield Home(_new_folder(wished))
        return
    home = Home(Path(tempfile.mkdtemp(prefix="tercel-demo-")))
    try:
        yield home
    finally:
        if home.keep:
            console.note(f"tercel: what is left of the demo, its logs too, lies in {home.path}")
        else:
            shutil.rmtree(home.path, ignore_errors=True)


def tercel_command() -> str:
    """Return how this command is called from here: its name, or its path where that is not on the PATH."""
    script = Path(sys.executable).with_name("tercel")
    found = shutil.which("tercel")
    return "tercel" if found and Path(found).samefile(script) else near(script)


def near(path: Path) -> str:
    """Return a path as seen from the working directory, where it lies below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _new_folder(wished: Path) -> Path:
    """Make the folder; one that holds something is refused: it may be a real home. Raises UsageError."""
    try:
        path = wished.expanduser().absolute()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        filled = any(path.iterdir())
    except (OSError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else "there is no such user"
        raise UsageError(f"--home {wished} cannot be used: {why}.") from error
    if filled:
        raise UsageError(f"--home {wished} holds something already: the demo wants a new or an empty folder.")
    return path
