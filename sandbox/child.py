"""Starting a stand-in as a child process and stopping it by its pid."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from tercel.errors import TercelError

START_S = 60.0  # seconds a child gets to say where it listens; generous, machines are busy
STOP_S = 20.0  # seconds a child gets to leave after SIGTERM before it is killed
STDERR_SHOWN = 2_000  # characters of a failed child's last words


class StartError(TercelError):
    """A stand-in did not come up; the text carries its last words."""

    code = "T901"


@dataclass(frozen=True, slots=True)
class Child:
    """A running child and where it listens."""

    url: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self.process.pid


@contextlib.contextmanager
def running(module: str, arguments: Sequence[str] = (), *, start_s: float = START_S) -> Iterator[Child]:
    """Run ``python -m module`` on a free loopback port while the context lasts.

    The child dies with the thread that starts it (Linux), so start it from one that lives as long as it is needed.

    Raises:
        StartError: it ended, or said nothing, within ``start_s`` seconds.
    """
    command = [sys.executable, "-m", module, "--port", "0", "--die-with-parent", str(os.getpid()), *arguments]
    with tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr)
        try:
            line = _first_line(process, start_s)
            if not line:
                _stop(process)
                stderr.seek(0)
                words = stderr.read().decode(errors="replace")[-STDERR_SHOWN:].strip()
                raise StartError(f"{module} did not start within {start_s:g} s: {words or 'it said nothing'}")
            said = json.loads(line)
            yield Child(said["url"], said["port"], process)
        finally:
            _stop(process)


def _first_line(process: subprocess.Popen[bytes], timeout_s: float) -> bytes:
    """The child's first line; empty if it ended or the time is up."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    line, ends = b"", time.monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(ends - time.monotonic()):
                return b""
            data = _read_some(process.stdout)
            if not data:
                return b""
            line += data
    return line


def _read_some(pipe: IO[bytes]) -> bytes:
    return os.read(pipe.fileno(), 4_096)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
