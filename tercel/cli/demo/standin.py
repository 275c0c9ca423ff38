"""The demo's Talon.One stand-in: a process that dies with this one, on a port that nobody else can have."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.child import StartError
from sandbox.talon_one import Admin, Config
from tercel.cli.sandbox import write_config
from tercel.cli.supervising import Program, spawn

START_S: Final = 30.0  # seconds it gets to say where it listens; it usually takes one
STOP_S: Final = 5.0  # seconds it gets to end by itself
POLL_S: Final = 0.02  # seconds between two looks


@dataclass(frozen=True, slots=True)
class RunningStandIn:
    """Where it listens, and what can be asked of it."""

    url: str
    admin: Admin


@contextmanager
def standing_in(
    config: Config, folder: Path, *, environment: Mapping[str, str], log: Path, stopped: Callable[[], bool]
) -> Iterator[RunningStandIn | None]:
    """Run a stand-in while the context lasts; None where we were told to stop before it answered.

    Unlike :func:`sandbox.talon_one.start`'s it leads a session of its own: a Ctrl-C reaches the workers first, by us.
    Raises StartError, UsageError.
    """
    word = folder / "stand-in.json"
    process = spawn(
        Program(
            name="the Talon.One stand-in",
            command=(
                *(sys.executable, "-m", "sandbox.talon_one", "--port", "0"),
                *("--config", str(write_config(config, folder)), "--announce", str(word)),
            ),
            env=environment,
            log=log,
        )
    )
    try:
        url = _where(word, process, log, stopped)
        if url is None:
            yield None
            return
        with Admin(url) as admin:
            yield RunningStandIn(url, admin)
    finally:
        _end(process)


def _where(word: Path, process: subprocess.Popen[bytes], log: Path, stopped: Callable[[], bool]) -> str | None:
    deadline = time.monotonic() + START_S
    while not word.exists():
        if stopped():
            return None
        if process.poll() is not None or time.monotonic() > deadline:
            raise StartError(f"The Talon.One stand-in did not start; {log} may say why.")
        time.sleep(POLL_S)
    return str(json.loads(word.read_bytes())["url"])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
