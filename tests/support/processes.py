"""Real processes of the project for tests: output captured, killed by pid, and gone afterwards whatever happens.

``processes`` is a pytest fixture (registered by ``tests/conftest.py``)::

    worker = processes.tercel("worker", env={"TERCEL_HOME": str(home)})
    eventually(lambda: "ready" in worker.output, describe=worker.describe)
    worker.kill9()
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tercel.embedded.process import ChildProcess

ROOT = Path(__file__).resolve().parents[2]
GRACE_S = 5.0  # seconds a process gets to end by itself at the end of a test
END_S = 120.0  # seconds it gets to end where a test waits for that; generous, machines are busy
TAIL_CHARACTERS = 4_000  # of output, shown when something fails


class Process:
    """One running (or ended) process."""

    def __init__(self, name: str, child: ChildProcess, output: Path) -> None:
        self.name = name
        self._child, self._output = child, output

    @property
    def pid(self) -> int:
        """Its process id, which is its process group's too."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """True until it has ended."""
        return self._child.running

    @property
    def returncode(self) -> int | None:
        """Its exit status; negative for a signal; None while it runs."""
        return self._child.returncode

    @property
    def output(self) -> str:
        """What it has printed so far, to both streams."""
        return self._output.read_text(errors="replace")

    def kill9(self, *, group: bool = False) -> None:
        """SIGKILL it (and, with ``group``, its children) and wait until it is gone."""
        (self._child.send_to_group if group else self._child.send)(signal.SIGKILL)
        self._child.wait()

    def terminate(self) -> None:
        """Send SIGTERM, and do not wait."""
        self._child.send(signal.SIGTERM)

    def interrupt(self) -> None:
        """Send what Ctrl-C in a terminal sends: SIGINT to the whole group. Do not wait."""
        self._child.send_to_group(signal.SIGINT)

    def send(self, number: signal.Signals) -> None:
        """Send any signal (SIGSTOP, SIGCONT, ...) to the process alone."""
        self._child.send(number)

    def wait(self, timeout_s: float = END_S) -> int:
        """Wait for its end and return its exit status; ``AssertionError`` with its output if it does not end."""
        status = self._child.wait(timeout_s)
        assert status is not None, f"did not end within {timeout_s:g} s: {self.describe()}"
        return status

    def describe(self) -> str:
        """The process, its state and the end of its output, for messages."""
        state = "running" if self.running else f"exit status {self.returncode}"
        return f"{self.name} (pid {self.pid}, {state}); its output ends:\n{self.output[-TAIL_CHARACTERS:]}"


class Processes:
    """Starts processes, and ends every one of them. They also die with the test run itself (SIGKILL included)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._all: list[Process] = []

    def start(
        self,
        program: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        name: str | None = None,
    ) -> Process:
        """Start a program (an absolute path and arguments). ``env`` is added to this process's environment."""
        name = name or Path(program[0]).name
        output = self._folder / f"{len(self._all):02d}-{name.replace('/', '_')}.log"
        output.touch()
        child = ChildProcess(
            program,
            output=output,
            last_signal=signal.SIGKILL,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            cwd=cwd or ROOT,
        )
        process = Process(name, child, output)
        self._all.append(process)
        return process

    def python(
        self, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, name: str | None = None
    ) -> Process:
        """Start this Python with arguments, e.g. ``"-m", "sandbox.sink"`` or ``"-c", source``."""
        return self.start([sys.executable, *arguments], env=env, cwd=cwd, name=name or "python")

    def tercel(self, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Process:
        """Start the ``tercel`` command of this environment with arguments."""
        name = "-".join(["tercel", *arguments[:1]])
        return self.start([Path(sys.executable).with_name("tercel"), *arguments], env=env, cwd=cwd, name=name)

    def report(self) -> str:
        """What every process printed last, for a failed test's report."""
        return "\n\n".join(process.describe() for process in self._all)

    def end_all(self) -> None:
        """End every process and its children: SIGTERM, a moment, SIGKILL to its group."""
        for process in self._all:
            process.terminate()
        for process in self._all:
            with contextlib.suppress(AssertionError):
                process.wait(GRACE_S)
            process.kill9(group=True)


def alive(pid: int) -> bool:
    """True for a process that runs; a zombie that nobody has waited for has ended all the same."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def pytest_configure() -> None:
    """Have what tests start hear of Ctrl-C, although a run in a shell's background was told to ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


_STARTED = pytest.StashKey[Processes]()


@pytest.fixture
def processes(request: pytest.FixtureRequest) -> Iterator[Processes]:
    """Start processes in a test; they are gone when it ends, and shown if it fails."""
    with tempfile.TemporaryDirectory(prefix="tercel-tests-") as folder:
        started = Processes(Path(folder))
        request.node.stash[_STARTED] = started
        try:
            yield started
        finally:
            started.end_all()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the processes' output to the report of a test that failed."""
    report = yield
    started = item.stash.get(_STARTED, None)
    if report.when == "call" and report.failed and started is not None:
        report.sections.append(("processes", started.report()))
    return report
