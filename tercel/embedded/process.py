"""A child process that does not outlive this one, whichever thread asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")


class ChildProcess:
    """A program that dies with this process, even when this process is killed with ``SIGKILL``.

    On Linux the kernel's "parent death signal" is really the death signal of the *thread* that forked: a server
    started from a short-lived thread would die with that thread. So every child has a thread of its own, which starts
    it and then does nothing but wait for its end; that thread lives as long as the child or as this process.

    The child leads a session and process group of its own, so a Ctrl-C in the terminal does not reach it: the one
    who started it decides when it stops.
    """

    def __init__(
        self,
        program: Sequence[str | Path],
        *,
        output: Path | None,
        last_signal: signal.Signals = signal.SIGTERM,
        pass_fds: Sequence[int] = (),
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        watchdog: bool = False,
    ) -> None:
        """Start ``program`` (an absolute path and its arguments), appending what it prints to ``output`` (None: ours).

        ``last_signal`` is what it gets when this process dies. ``pass_fds`` are file descriptors it inherits.
        ``watchdog`` uses the way of systems without a parent death signal. Raises ``OSError`` if it cannot be started.
        """
        self.exited = threading.Event()
        self.returncode: int | None = None
        self._argv = [
            sys.executable,
            "-I",
            "-S",
            str(LAUNCHER),
            str(os.getpid()),
            str(int(last_signal)),
            "watch" if watchdog else "auto",
            *(str(part) for part in program),
        ]
        self._output, self._pass_fds = output, tuple(pass_fds)
        self._env, self._cwd = env, cwd
        self._started = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._error: OSError | None = None
        threading.Thread(target=self._run, name=f"parent of {Path(program[0]).name}", daemon=True).start()
        self._started.wait()
        if self._error is not None:
            raise self._error

    @property
    def pid(self) -> int:
        """The process id of the program (of its watchdog, where there is one)."""
        assert self._process is not None  # noqa: S101 - __init__ raised otherwise
        return self._process.pid

    @property
    def running(self) -> bool:
        """True until the program has ended and was waited for."""
        return not self.exited.is_set()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program; nothing happens if it has ended."""
        if self.running:
            _ignore_gone(os.kill, self.pid, number)

    def send_to_group(self, number: signal.Signals) -> None:
        """Send a signal to the program and every process it started in its group, also when the program has ended."""
        _ignore_gone(os.killpg, self.pid, number)

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait for the end of the program; return its exit status (negative: ended by that signal), None if it runs."""
        return self.returncode if self.exited.wait(timeout_s) else None

    def _run(self) -> None:
        try:
            with nullcontext() if self._output is None else self._output.open("ab") as sink:
                self._process = subprocess.Popen(
                    self._argv,
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=None if sink is None else subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=self._pass_fds,
                    env=None if self._env is None else dict(self._env),
                    cwd=self._cwd,
                )
        except OSError as error:
            self._error = error
            self.exited.set()
            return
        finally:
            self._started.set()
        self.returncode = self._process.wait()
        self.exited.set()


def _ignore_gone(kill: Callable[[int, int], None], pid: int, number: signal.Signals) -> None:
    """Call ``os.kill`` or ``os.killpg``; a process that is gone already is what the caller wanted."""
    try:
        kill(pid, number)
    except ProcessLookupError:
        return
