"""Where a running ``tercel up --sandbox`` leaves word of its stand-in, so that other commands know the deployment.

The file lies in the home folder, is readable by its owner only, and goes with the process that wrote it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tercel.errors import UsageError
from tercel.settings.deployment import SANDBOX

DEPLOYMENT: Final = SANDBOX  # what the stand-in's deployment is called
FILE_NAME: Final = "sandbox.json"


@dataclass(frozen=True, slots=True)
class SandboxNote:
    """A stand-in that runs: its address, its key (made up, and good for nothing else) and the pid of its starter."""

    url: str
    key: str
    pid: int

    def as_deployment(self) -> dict[str, str]:
        """Return the settings of its deployment."""
        return {"url": self.url, "key": self.key}

    def as_variables(self) -> dict[str, str]:
        """Return the same as variables, for the processes that we start."""
        prefix = f"TERCEL_DEPLOYMENTS__{DEPLOYMENT.upper()}__"
        return {f"{prefix}URL": self.url, f"{prefix}KEY": self.key}


def write_note(home: Path, found: SandboxNote) -> None:
    """Leave word, whole or not at all. Raises UsageError where the home folder cannot be written to."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=home, prefix=".sandbox.")
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(found), file)
        Path(draft).replace(home / FILE_NAME)
    except OSError as error:
        raise UsageError(f"The home folder {home} cannot be written to: {error.strerror}.") from error


def read_note(home: Path) -> SandboxNote | None:
    """Return the note of a stand-in whose starter lives, None where there is none."""
    try:
        content = json.loads((home / FILE_NAME).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(content, Mapping) or set(content) != {"url", "key", "pid"}:
        return None
    found = SandboxNote(str(content["url"]), str(content["key"]), int(content["pid"]))
    return found if _lives(found.pid) else None


def remove_note(home: Path) -> None:
    """Take our own word back; another's stays."""
    found = read_note(home)
    if found is not None and found.pid == os.getpid():
        (home / FILE_NAME).unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0 and sys.platform != "win32"
