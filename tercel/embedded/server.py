"""The embedded Redis: started by the first process that needs it, shared by the others on the same home folder."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tercel.embedded.binary import find_server
from tercel.embedded.config import Appendfsync, server_config
from tercel.embedded.diagnosis import explain_failure
from tercel.embedded.home import RedisHome, embedded_url
from tercel.embedded.process import ChildProcess
from tercel.errors import RedisUnavailable

START_TIMEOUT_S = 15.0  # seconds a server may take until it answers at all; it usually takes 0.05
LOAD_TIMEOUT_S = 600.0  # seconds it may then take to load its data; 1 GB of it takes about 10
STOP_TIMEOUT_S = 10.0  # seconds each way of stopping gets before the next, harder one
POLL_S = 0.01  # seconds between two looks at a server that is starting
PROBE_TIMEOUT_S = 1.0  # seconds one look may take


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
        watchdog: bool = False,
    ) -> None:
        """Prepare a server under ``home``; nothing is started yet.

        ``extra`` are more Redis settings, by Redis's names (``ValueError`` on start for those that are ours).
        ``environ`` is where PATH and TERCEL_REDIS_SERVER are read, by default this process's environment.
        ``watchdog`` ties the server's life to ours by a watching process instead of by the kernel (tests).
        """
        self.home = Path(home)
        self._paths = RedisHome(self.home)
        self._appendfsync, self._extra, self._environ = appendfsync, dict(extra or {}), environ
        self._watchdog = watchdog
        self._guard = threading.RLock()
        self._child: ChildProcess | None = None
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

        Calling it again is harmless. Raises ``RedisUnavailable``.
        """
        with self._guard:
            if self.owner:
                return self
            self._paths.prepare()
            deadline = time.monotonic() + START_TIMEOUT_S
            while True:
                lock = self._paths.try_lock()
                if lock is not None:
                    try:
                        self._run(lock)
                    finally:
                        os.close(lock)
                    return self
                found = self._probe()
                if found is not None:
                    self._server_pid = self._loaded(found, None)
                    return self
                if time.monotonic() > deadline:
                    raise RedisUnavailable(self._no_answer())
                time.sleep(POLL_S)

    def stop(self) -> None:
        """Stop the server if it is ours: SHUTDOWN, then SIGTERM, then SIGKILL. Let go of it if it is another's."""
        with self._guard:
            child, ours = self._child, self._owner_pid == os.getpid()
            self._child, self._server_pid = None, None
            if child is None or not ours:
                return
            self._end(child)
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
            if child is None or pid is None:
                raise RuntimeError("only the owner of a running server can kill it")
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

    def _run(self, lock: int) -> None:
        """Start a server that holds ``lock`` and wait until it answers."""
        binary = find_server(environ=self._environ, multi_part=self._paths.multi_part)
        socket = self._paths.prepare_socket()
        self._paths.config.write_text(
            server_config(
                folder=self._paths.folder,
                socket=socket,
                pid_file=self._paths.pid_file,
                appendfsync=self._appendfsync,
                extra=self._extra,
            )
        )
        offset = self._paths.start_log()
        child = ChildProcess(
            [binary.path, self._paths.config],
            output=self._paths.log,
            pass_fds=(lock,),
            cwd=self._paths.folder,
            watchdog=self._watchdog,
        )
        try:
            self._server_pid = self._loaded(self._first_answer(child), child)
        except BaseException as error:
            child.send_to_group(signal.SIGKILL)
            child.wait()
            if not isinstance(error, RedisUnavailable):
                raise
            ended = f"exit status {child.returncode}" if child.returncode else str(error)
            log = self._paths.log_since(offset)
            raise RedisUnavailable(
                explain_failure(log, binary=binary, folder=self._paths.folder, ended=ended)
            ) from error
        self._child, self._owner_pid = child, os.getpid()

    def _first_answer(self, child: ChildProcess) -> dict[str, Any]:
        """Wait until the server answers at all."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while child.running:
            found = self._probe()
            if found is not None:
                return found
            if time.monotonic() > deadline:
                raise RedisUnavailable(f"no answer within {START_TIMEOUT_S:.0f} s")
            child.wait(POLL_S)
        raise RedisUnavailable(f"exit status {child.returncode}")

    def _loaded(self, found: dict[str, Any], child: ChildProcess | None) -> int:
        """Wait until the server has loaded its data; return its process id."""
        deadline = time.monotonic() + LOAD_TIMEOUT_S
        answer: dict[str, Any] | None = found
        while answer is None or int(answer.get("loading", 0)):
            if child is not None and not child.running:
                raise RedisUnavailable(f"exit status {child.returncode}")
            if time.monotonic() > deadline:
                raise RedisUnavailable(
                    f"The embedded Redis under {self._paths.folder} is still loading its data. Try again later."
                )
            time.sleep(POLL_S)
            answer = self._probe()
        return int(answer["process_id"])

    def _probe(self) -> dict[str, Any] | None:
        """Ask the server how it is (INFO, answered while it loads too); None if nobody answers on the socket."""
        client = self._client()
        try:
            return dict(client.info("server")) | dict(client.info("persistence"))
        except (redis.ConnectionError, redis.TimeoutError):
            return None
        finally:
            client.close()

    def _client(self) -> redis.Redis:
        return redis.Redis(
            unix_socket_path=str(self._paths.socket),
            socket_timeout=PROBE_TIMEOUT_S,
            socket_connect_timeout=PROBE_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )

    def _end(self, child: ChildProcess) -> None:
        client = self._client()
        with contextlib.suppress(redis.RedisError, OSError):
            if child.running:
                client.shutdown(nosave=True)  # flushes the append-only file; there are no snapshots to save
        client.close()
        if child.wait(STOP_TIMEOUT_S) is not None:
            return
        child.send(signal.SIGTERM)
        if child.wait(STOP_TIMEOUT_S) is None:
            child.send_to_group(signal.SIGKILL)
            child.wait()

    def _no_answer(self) -> str:
        try:
            process = f"process {self._paths.pid_file.read_text().strip()}"
        except OSError:
            process = "another process"
        return (
            f"{process} holds the embedded Redis under {self._paths.folder} but does not answer on "
            f"{self._paths.socket} within {START_TIMEOUT_S:.0f} s. If it hangs, end it and start again; "
            "the data is safe."
        )
