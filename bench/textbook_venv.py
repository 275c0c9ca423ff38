"""The textbook application's own environment: ``.venv-textbook``, made from its hashed lock on demand."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.children import ROOT
from bench.errors import BenchError

LOCK: Final = ROOT / "bench" / "textbook" / "requirements.txt"
VENV: Final = ROOT / ".venv-textbook"
STAMP: Final = "made-from"  # file in the environment that holds its lock's hash
MAKE_TIMEOUT_S: Final = 300.0  # seconds for making it; most of it is downloading


def prepare(venv: Path = VENV, lock: Path = LOCK) -> Path:
    """Return the environment's Python. Nothing is asked from the network where it was made from this very lock.

    Raises BenchError where it cannot be made.
    """
    python, stamp = venv / "bin" / "python", venv / STAMP
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text().strip() == wanted:
        return python
    print(f"making {venv.name}, the textbook application's own environment (once)", file=sys.stderr, flush=True)
    stamp.unlink(missing_ok=True)
    _run([sys.executable, "-m", "venv", "--clear", str(venv)])
    install = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes", "-r", str(lock)]
    _run([str(python), *install])
    stamp.write_text(wanted + "\n")
    return python


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=MAKE_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchError(f"the textbook application's environment cannot be made: {error}") from error
    if done.returncode != 0:
        raise BenchError(f"the textbook application's environment cannot be made: {done.stderr.strip()[-500:]}")
