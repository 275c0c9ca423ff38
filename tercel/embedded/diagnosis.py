"""Why a server did not start: from what it said in its log to a sentence that says what to do."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from tercel.embedded.binary import ServerBinary

TAIL_LINES = 5  # lines of the log to show

_DAMAGED = (
    "Bad file format reading the append only file",
    "Unrecoverable error reading the append only file",
    "Unexpected end of file reading the append only file",
    "Invalid AOF manifest",
    "doesn't exist",
    "AOF loading aborted",
    "AOF loading failed",
)
_FOREIGN = ("Can't handle RDB format version", "Unknown command", "Wrong signature trying to load DB")
_CONFIG = ("FATAL CONFIG FILE ERROR", "Bad directive or wrong number of arguments")
_DISK_FULL = ("No space left on device",)
_SOCKET = ("Failed opening Unix socket", "Failed listening on", "Unix socket")


def explain_failure(log: Sequence[str], *, binary: ServerBinary, folder: Path, ended: str) -> str:
    """Return the sentences for a server that did not come up.

    ``log`` is what it said (lines); ``ended`` says how it went, e.g. ``exit status 1``.
    """
    said = "\n".join(log)
    what = f"The embedded Redis under {folder} did not start ({ended}; {binary})"
    if _any(_FOREIGN, said):
        cure = (
            "Its data was written by another kind or a newer version of server: run that one again "
            f"(name it in TERCEL_REDIS_SERVER), or move {folder} aside to start empty."
        )
    elif _any(_DAMAGED, said):
        cure = f"Its append-only file is damaged. Nothing was changed. {_repair(binary, folder)}"
    elif _any(_CONFIG, said):
        cure = "It refuses a setting; the line is named below."
    elif _any(_DISK_FULL, said):
        cure = f"The disk that holds {folder} is full: make room and start again."
    elif _any(_SOCKET, said):
        cure = (
            f"It could not open its socket: the file system of {folder} may not allow one. Choose another TERCEL_HOME."
        )
    else:
        cure = "Its last words are below."
    return f"{what}. {cure}\n{_tail(log, folder)}"


def _repair(binary: ServerBinary, folder: Path) -> str:
    """How to repair a damaged file with the server program at hand: by the name it is called, it is the checker too."""
    files = sorted((folder / "appendonlydir").glob("*.manifest")) or [folder / "appendonly.aof"]
    checker = f"exec -a redis-check-aof {shlex.quote(str(binary.path))} --fix {shlex.quote(str(files[0]))}"
    return (
        f"Copy {folder} somewhere safe, then repair it (everything from the damaged place on is cut off): "
        f"bash -c {shlex.quote(checker)}  (Or move {folder} aside to start empty.)"
    )


def _tail(log: Sequence[str], folder: Path) -> str:
    if not log:
        return f"  (it said nothing; see {folder / 'server.log'})"
    return "\n".join(f"  {line}" for line in log[-TAIL_LINES:])


def _any(signs: Sequence[str], text: str) -> bool:
    return any(sign in text for sign in signs)
