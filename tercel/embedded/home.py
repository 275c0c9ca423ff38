"""The folder of the embedded Redis: who may use it, where its socket is, what lies in it.

HOME/redis/             0700
  lock                  held (flock) by the server itself, for exactly as long as it runs
  redis.sock            the server's socket, if its path is short enough
  socket                else: a file with the path of the socket, in a temporary folder
  redis.conf            written anew at each start
  server.pid            the server's process id
  server.log            what the server says (server.log.1: before that)
  appendonlydir/        the data
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from tercel.errors import RedisUnavailable

FOLDER_MODE = 0o700
SOCKET_PATH_LIMIT = 107 if sys.platform.startswith("linux") else 103  # bytes; sun_path less its closing zero
LOG_LIMIT = 1_000_000  # bytes of log after which a start begins a new one, keeping the old one beside it
MULTI_PART_DATA = "appendonlydir"
OWN_TIMEOUT_S = 1.0  # seconds to wait for those who look whether the server has an owner; a look takes microseconds
OWN_POLL_S = 0.005  # seconds between two tries


class RedisHome:
    """Paths and the lock under one home folder."""

    def __init__(self, home: Path) -> None:
        self.folder = Path(home).expanduser().absolute() / "redis"
        self.log = self.folder / "server.log"
        self.config = self.folder / "redis.conf"
        self.pid_file = self.folder / "server.pid"
        self._lock = self.folder / "lock"
        self._owner = self.folder / "owner"
        self._pointer = self.folder / "socket"
        self._plain_socket = self.folder / "redis.sock"

    @property
    def socket(self) -> Path:
        """Where the server's socket is, or would be."""
        return self._pointed_at() or self._plain_socket

    @property
    def multi_part(self) -> bool:
        """True if there is data in the form that servers older than 7 do not see."""
        return (self.folder / MULTI_PART_DATA).is_dir()

    def prepare(self) -> None:
        """Make the folder, open to its owner only. Raises ``RedisUnavailable`` where that cannot be done."""
        try:
            self.folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            self.folder.chmod(FOLDER_MODE)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            raise RedisUnavailable(
                f"The home folder of the embedded Redis, {self.folder}, cannot be written to "
                f"({error.strerror or error}). Make it writable, choose another home with TERCEL_HOME, "
                "or set TERCEL_REDIS_URL to use a server that runs elsewhere."
            ) from error

    def try_lock(self) -> int | None:
        """Take the lock: a file descriptor to hand to the server, or None while a server holds it.

        The lock belongs to the open file and so to every process that inherited it. The server inherits it and we
        close ours: it is released when the server is gone, however it went, and a file left behind locks nothing.
        """
        return _flock(self._lock, fcntl.LOCK_EX)

    def own(self) -> int | None:
        """Say that the server about to be started has an owner, for as long as the returned file descriptor is open.

        None if somebody still holds it (a forked child of the last owner): then it is held, which is what counts.
        """
        deadline = time.monotonic() + OWN_TIMEOUT_S
        while True:
            descriptor = _flock(self._owner, fcntl.LOCK_EX)
            if descriptor is not None or time.monotonic() > deadline:
                return descriptor
            time.sleep(OWN_POLL_S)  # somebody is asking ``owned``

    @property
    def owned(self) -> bool:
        """True while the owner of the running server lives and wants it. Without one, a server is about to end."""
        descriptor = _flock(self._owner, fcntl.LOCK_SH)
        if descriptor is None:
            return True
        os.close(descriptor)
        return False

    def prepare_socket(self) -> Path:
        """Clear away what a killed server left and return the path for a new socket. Only for who holds the lock."""
        if len(os.fsencode(self._plain_socket)) <= SOCKET_PATH_LIMIT:
            self._pointer.unlink(missing_ok=True)
            self._plain_socket.unlink(missing_ok=True)
            return self._plain_socket
        pointed_at = self._pointed_at()
        if pointed_at is not None and _is_ours(pointed_at.parent):
            pointed_at.unlink(missing_ok=True)
            return pointed_at
        path = Path(tempfile.mkdtemp(prefix="tercel-", dir=_short_temporary_folder())) / "redis.sock"
        draft = self._pointer.with_suffix(".new")
        draft.write_bytes(os.fsencode(path))
        draft.replace(self._pointer)
        return path

    def clear_socket(self) -> None:
        """Remove the socket of a server that has stopped, with its temporary folder if it had one."""
        pointed_at = self._pointed_at()
        if pointed_at is not None and _is_ours(pointed_at.parent):
            shutil.rmtree(pointed_at.parent, ignore_errors=True)
        self._pointer.unlink(missing_ok=True)
        self._plain_socket.unlink(missing_ok=True)

    def start_log(self) -> int:
        """Begin a new log if the old one has grown large; return how many bytes this one holds already."""
        try:
            size = self.log.stat().st_size
        except FileNotFoundError:
            return 0
        if size <= LOG_LIMIT:
            return size
        self.log.replace(self.log.with_suffix(".log.1"))
        return 0

    def log_since(self, offset: int) -> list[str]:
        """What the server has said since ``offset`` bytes of its log, as lines that say something."""
        try:
            with self.log.open("rb") as log:
                log.seek(offset)
                text = log.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return []
        return [line.strip() for line in text.splitlines() if line.strip()]

    def _pointed_at(self) -> Path | None:
        try:
            content = self._pointer.read_bytes()
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return None
        return Path(os.fsdecode(content)) if content else None


def embedded_url(home: Path) -> str:
    """The ``unix://`` URL of the embedded Redis under ``home``, whether it runs or not."""
    return f"unix://{quote(os.fsencode(RedisHome(home).socket))}?db=0"


def _flock(path: Path, how: int) -> int | None:
    """Open and lock a file without waiting; None while somebody else's lock is in the way."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError as error:
        os.close(descriptor)
        raise RedisUnavailable(
            f"{path} cannot be locked ({error.strerror}). The home folder needs a file system with locks: "
            "choose another home with TERCEL_HOME."
        ) from error
    return descriptor


def _is_ours(folder: Path) -> bool:
    """True for a folder (not a link) that belongs to us and that nobody else can open."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    private = stat.S_IMODE(found.st_mode) & 0o077 == 0
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and private


def _short_temporary_folder() -> str:
    """The system's temporary folder, unless it is itself too deep for a socket below it."""
    usual = tempfile.gettempdir()
    deepest = os.path.join(usual, "tercel-12345678", "redis.sock")
    return usual if len(os.fsencode(deepest)) <= SOCKET_PATH_LIMIT else "/tmp"  # noqa: S108 - mkdtemp makes it private
