"""The embedded server's settings: durable, private, and never dropping data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

Appendfsync = Literal["always", "everysec", "no"]

# An append-only file below this is not rewritten. Queued records are written once and deleted soon after, so a small
# limit would have the server rewrite its file every few seconds of a backfill; 256 MB load in a few seconds.
REWRITE_FROM = "256mb"

# What cannot be changed by ``extra``: the rest of the package relies on it.
OURS = frozenset(
    {"dir", "unixsocket", "unixsocketperm", "pidfile", "logfile", "daemonize", "appendonly", "appendfsync"}
    | {"requirepass", "aclfile", "user", "supervised"}
)


def server_config(
    *, folder: Path, socket: Path, pid_file: Path, appendfsync: Appendfsync, extra: Mapping[str, str | int] | None
) -> str:
    """Return the text of ``redis.conf``. ``extra`` adds or replaces settings, by Redis's names.

    Raises ``ValueError`` for an ``extra`` that the embedded server does not leave open.
    """
    settings: dict[str, str | int | Path] = {
        "port": 0,  # no TCP: the socket's folder is the access control
        "unixsocket": socket,
        "unixsocketperm": 700,
        "dir": folder,
        "pidfile": pid_file,
        "daemonize": "no",
        "supervised": "no",
        "logfile": "",  # standard output, which is the log file
        "loglevel": "notice",
        "save": "",  # the append-only file is the data; snapshots beside it would only cost
        "appendonly": "yes",
        "appendfsync": appendfsync,
        "no-appendfsync-on-rewrite": "no",
        "aof-load-truncated": "yes",  # a kill in the middle of a write leaves half a command, never acknowledged
        "aof-use-rdb-preamble": "no",  # plain commands: Redis and Valkey, old and new, read each other's files
        "auto-aof-rewrite-percentage": 100,
        "auto-aof-rewrite-min-size": REWRITE_FROM,
        "maxmemory-policy": "noeviction",
    }
    for name, value in (extra or {}).items():
        if name.lower() in OURS:
            raise ValueError(f"{name} of the embedded Redis cannot be set: Tercel relies on it")
        settings[name.lower()] = value
    lines = ["# Written by Tercel at each start of its embedded server; changes made here are lost."]
    lines += [f"{name} {_quoted(value)}" for name, value in settings.items()]
    return "\n".join(lines) + "\n"


def _quoted(value: str | int | Path) -> str:
    """A value as Redis's parser reads it back: any byte that could mean something to it is written as ``\\xHH``."""
    if isinstance(value, int):
        return str(value)
    raw = os.fsencode(value)
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in raw) + '"'
