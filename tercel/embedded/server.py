"""The embedded Redis: started by the first process that needs it, shared by the others on the same home folder."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from tercel.embedded.binary import find_server
from tercel.embedded.config import Appendfsync, server_config
from tercel.embedded.diagnosis import explain_failure
from tercel.embedded.home import RedisHome, embedded_url
from tercel.embedded.probe import ask, shut_down
from tercel.embedded.process import ChildProcess
from tercel.errors import RedisUnavailable

START_TIMEOUT_S = 15.0  # seconds a server may be silent while it starts; it usually takes 0.05
SHUTDOWN_TIMEOUT_S = 1.0  # seconds SHUTDOWN gets before SIGTERM, which asks for the same and cannot be refused
STOP_TIMEOUT_S = 10.0  # seconds SIGTERM gets before SIGKILL
ORPHAN_AFTER_S = 1.0  # seconds a server without an owner gets to end by itself, as the kernel has told it to
POLL_S = 0.01  # seconds between two looks at a server that is starting


class EmbeddedRedis:
    """A Redis server under ``home`` that lives as long as the process that started it.

    The first process to call :meth:`start` on a home starts the server and owns it; others attach to it, and their
    :meth:`stop` only lets go. When the owner goes, the server goes; whoever still needs it calls :meth:`start` again
    and becomes the owner. The data outlives all of them, a ``SIGKILL`` of the server or of its owner included.
    """

    def __init__(
        self,
        home: Path,
        *,
        appendfsync: Appendfsync = "always",
        extra: Mapping[str, str | int] | None = None,
        environ: Mapping[str, str] | None = None,
        start_timeout_s: float = START_TIMEOUT_S,
        stop_timeout_s: float = STOP_TIMEOUT_S,
        watchdog: bool = False,
    ) -> None:
        """Prepare a server under ``home``; nothing is started yet.

        ``extra`` are more Redis settings, by Redis's names (``ValueError`` on start for those that are ours).
        ``environ`` is where PATH and TERCEL_REDIS_SERVER are read, by default this process's environment.
        ``start_timeout_s`` is how long a server may be silent while it starts; one that loads its data says so.
        ``stop_timeout_s`` is how long it may take to stop before it is killed.
        ``watchdog`` ties the server's life to ours by a watching process instead of by the kernel (tests).
        """
        self.home = Path(home)
        self._paths = RedisHome(self.home)
        self._appendfsync, self._extra, self._environ = appendfsync, dict(extra or {}), environ
        self._start_timeout_s, self._stop_timeout_s = start_timeout_s, stop_timeout_s
        self._watchdog = watchdog
        self._guard = threading.RLock()
        self._child: ChildProcess | None = None
        self._ownership: int | None = None
        self._owner_pid = 0
        self._server_pid: int | None = None

    @property
    def url(self) -> str:
        """The server's ``unix://`` URL, for :func:`tercel.connections.connect`."""
        return embedded_url(self.home)

    @property
    def socket(self) -> Path:
        """The server's Unix socket."""
        return self._paths.socket

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self._paths.log

    @property
    def owner(self) -> bool:
        """True if this object started the server that runs, and will stop it."""
        return self._child is not None and self._child.running and self._owner_pid == os.getpid()

    @property
    def pid(self) -> int | None:
        """The server's process id, or None before :meth:`start` and after :meth:`stop`."""
        return self._server_pid

    def start(self) -> EmbeddedRedis:
        """Start the server, or attach to the one that runs on this home. Returns when it answers.

        Calling it again is harmless, and restarts a server that has died. Raises ``RedisUnavailable``.
        """
        with self._guard:
            if self.owner:
                return self
            self._paths.prepare()
            lock = self._lock_or_attach()
            if lock is not None:
                try:
                    self._run(lock)
                finally:
                    os.close(lock)  # the server has inherited it
            return self

    def stop(self) -> None:
        """Stop the server if it is ours: SHUTDOWN, then SIGTERM, then SIGKILL. Let go of it if it is another's."""
        with self._guard:
            child, ours = self._child, self._owner_pid == os.getpid()
            self._child, self._server_pid = None, None
            if child is None or not ours:
                return
            self._disown()  # from now on nobody attaches to it
            if child.running:
                shut_down(self._paths.socket)
            if child.wait(SHUTDOWN_TIMEOUT_S) is None:
                child.send(signal.SIGTERM)
            if child.wait(self._stop_timeout_s) is None:
                child.send_to_group(signal.SIGKILL)
                child.wait()
            lock = self._paths.try_lock()
            if lock is not None:  # else somebody has started another one already, and the socket is theirs
                try:
                    self._paths.clear_socket()
                finally:
                    os.close(lock)

    def kill(self) -> None:
        """Kill the server with SIGKILL and wait until it is gone: what a crash does. :meth:`start` starts it again."""
        with self._guard:
            child, pid = self._child, self._server_pid
            if child is None or pid is None or self._owner_pid != os.getpid():
                raise RuntimeError("only the owner of a running server can kill it")
            self._disown()
            if child.running:
                os.kill(pid, signal.SIGKILL)
            child.wait()
            self._child, self._server_pid = None, None

    def __enter__(self) -> EmbeddedRedis:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _lock_or_attach(self) -> int | None:
        """Return the lock, to start a server with; or None after attaching to one that runs and has an owner."""
        deadline = time.monotonic() + self._start_timeout_s
        orphan_since: float | None = None
        while True:
            lock = self._paths.try_lock()
            if lock is not None:
                return lock
            found = ask(self._paths.socket)
            if found is not None and self._paths.owned:
                if not found.loading:
                    self._server_pid = found.pid
                    return None
                deadline = time.monotonic() + self._start_timeout_s
            elif found is not None:  # its owner has gone: it is about to end, and nothing to build on
                orphan_since = orphan_since or time.monotonic()
                if time.monotonic() - orphan_since > ORPHAN_AFTER_S:
                    shut_down(self._paths.socket)
            if time.monotonic() > deadline:
                raise RedisUnavailable(self._no_answer())
            time.sleep(POLL_S)

    def _run(self, lock: int) -> None:
        """Start a server that holds ``lock`` and wait until it answers."""
        binary = find_server(environ=self._environ, multi_part=self._paths.multi_part)
        config = server_config(
            folder=self._paths.folder,
            socket=self._paths.prepare_socket(),
            pid_file=self._paths.pid_file,
            appendfsync=self._appendfsync,
            extra=self._extra,
        )
        self._disown()  # of one that died
        try:
            self._ownership = self._paths.own()
            self._paths.config.write_text(config)
            offset = self._paths.start_log()
            child = ChildProcess(
                [binary.path, self._paths.config],
                output=self._paths.log,
                pass_fds=(lock,),
                cwd=self._paths.folder,
                watchdog=self._watchdog,
            )
        except OSError as error:
            self._disown()
            raise RedisUnavailable(
                f"The embedded Redis under {self._paths.folder} cannot be started: {error.strerror or error}."
            ) from error
        try:
            self._server_pid = self._wait_until_loaded(child)
        except BaseException as error:
            self._disown()
            child.send_to_group(signal.SIGKILL)
            child.wait()
            if not isinstance(error, RedisUnavailable):
                raise
            said = self._paths.log_since(offset)
            raise RedisUnavailable(
                explain_failure(said, binary=binary, folder=self._paths.folder, ended=str(error))
            ) from error
        self._child, self._owner_pid = child, os.getpid()

    def _wait_until_loaded(self, child: ChildProcess) -> int:
        """Wait until our server serves; return its process id. Raises ``RedisUnavailable`` with how it ended."""
        deadline = time.monotonic() + self._start_timeout_s
        while child.running:
            found = ask(self._paths.socket)
            if found is not None and not found.loading:
                return found.pid
            if found is not None:
                deadline = time.monotonic() + self._start_timeout_s
            if time.monotonic() > deadline:
                raise RedisUnavailable(f"no answer within {self._start_timeout_s:g} s")
            child.wait(POLL_S)
        raise RedisUnavailable(f"exit status {child.returncode}")

    def _disown(self) -> None:
        if self._ownership is not None:
            os.close(self._ownership)
            self._ownership = None

    def _no_answer(self) -> str:
        try:
            process = f"Process {self._paths.pid_file.read_text().strip()}"
        except OSError:
            process = "Another process"
        return (
            f"{process} holds the embedded Redis under {self._paths.folder} but does not serve on "
            f"{self._paths.socket} within {self._start_timeout_s:g} s. If it hangs, end it and start again; "
            "the data is safe."
        )
