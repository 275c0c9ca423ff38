"""Looking for what a demo left behind: every process of one carries its home folder in its environment or command."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def processes_of() -> Callable[[Path], dict[int, str]]:
    """Return the processes that belong to a home folder, by process id with their command lines."""

    def find(home: Path) -> dict[int, str]:
        sign = os.fsencode(home)
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal() or int(folder.name) == os.getpid():
                continue
            try:
                command = (folder / "cmdline").read_bytes()
                belongs = sign in command or sign in (folder / "environ").read_bytes()
                belongs = belongs or sign in os.fsencode((folder / "cwd").readlink())
            except OSError:  # it has gone, or it is another user's
                continue
            if belongs and command:
                found[int(folder.name)] = command.replace(b"\0", b" ").decode(errors="replace")
        return found

    return find
