"""A demo's stand-in: a process that dies with this one, on a port that nobody else can have."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from sandbox.child import StartError
from tercel.cli.sandbox import write_config
from tercel.cli.supervising import Program, spawn

START_S: Final = 30.0  # seconds it gets to say where it listens; it usually takes one
STOP_S: Final = 5.0  # seconds it gets to end by itself
POLL_S: Final = 0.02  # seconds between two looks


@contextmanager
def standing_in(
    module: str,
    name: str,
    config: BaseModel,
    folder: Path,
    *,
    environment: Mapping[str, str],
    log: Path,
    stopped: Callable[[], bool],
) -> Iterator[str | None]:
    """Run the stand-in ``module``, called ``name``, while the context lasts, and give its URL.

    None where we were told to stop before it answered. Unlike :mod:`sandbox.process`'s it leads a session of its own: a
    Ctrl-C reaches the workers first, by us. Raises StartError, UsageError.
    """
    word = folder / f"{module}.json"
    process = spawn(
        Program(
            name=name,
            command=(
                *(sys.executable, "-m", module, "--port", "0"),
                *("--config", str(write_config(config, folder, f"{module}.config.json"))),
                *("--announce", str(word)),
            ),
            env=environment,
            log=log,
        )
    )
    try:
        yield _where(word, process, name, log, stopped)
    finally:
        _end(process)


def _where(
    word: Path, process: subprocess.Popen[bytes], name: str, log: Path, stopped: Callable[[], bool]
) -> str | None:
    deadline = time.monotonic() + START_S
    while not word.exists():
        if stopped():
            return None
        if process.poll() is not None or time.monotonic() > deadline:
            raise StartError(f"{name[0].upper()}{name[1:]} did not start; {log} may say why.")
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
