"""The folder in which the worker processes of one supervisor leave their counters, for its exporter to add up.

HOME/metrics/<random>/     one a supervisor, made when it starts and removed when it ends
  lock                     held (flock) by the supervisor: a folder that nobody holds was left by a crash
  *.db                     prometheus_client's memory-mapped files, a set for each worker process, dead ones included
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from prometheus_client import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from tercel.errors import SettingsError

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own; read when it is imported
LOCK: Final = "lock"


class MetricsFolder:
    """One supervisor's folder, held for as long as this object is open. Use it as a context manager."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def make(cls, home: Path) -> Self:
        """Make a new, empty folder under ``home``, and remove those that crashed supervisors left there.

        Raises SettingsError where ``home`` cannot be written to.
        """
        parent = home / "metrics"
        try:
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A newcomer's folder has no held lock for an instant; so only one supervisor at a time comes or clears.
            gate = _locked(parent / LOCK, wait=True)
            try:
                _clear(parent)
                path = Path(tempfile.mkdtemp(dir=parent))
                lock = _locked(path / LOCK, wait=True)
            finally:
                os.close(gate)
        except OSError as error:
            raise SettingsError(
                f"The folder {parent} cannot be written to ({error.strerror or error}): the workers keep their metrics "
                "there. Make it writable, or choose another home with TERCEL_HOME."
            ) from error
        return cls(path, lock)

    def environment(self) -> dict[str, str]:
        """Return the variables that a worker process must be started with."""
        return {VARIABLE: str(self.path)}

    def close(self) -> None:
        """Remove the folder, once the worker processes have ended."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FolderCollector(Collector):
    """Adds up what the worker processes have left in a folder. A file that cannot be read now is left out.

    That is a file which a process is making at this moment, or was killed while making; prometheus_client's own
    collector would answer nothing at all then.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def collect(self) -> Iterable[Metric]:
        """Yield the sums over all processes since the folder was made."""
        files = [str(file) for file in sorted(self._path.glob("*.db")) if _readable(file)]
        merged: Iterable[Metric] = MultiProcessCollector.merge(files)
        return merged


def _readable(file: Path) -> bool:
    try:
        for _ in MmapedDict.read_all_values_from_file(file):
            pass
    except Exception:  # struct.error, RuntimeError, UnicodeDecodeError, OSError: whatever half a file may lead to
        return False
    return True


def _locked(file: Path, *, wait: bool) -> int:
    """Open ``file`` and hold its lock; closing the descriptor lets go. Raises BlockingIOError if it is held."""
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _clear(parent: Path) -> None:
    for folder in parent.iterdir():
        if not folder.is_dir():
            continue
        try:
            descriptor = _locked(folder / LOCK, wait=False)
        except OSError:  # held by its supervisor, or not ours to remove
            continue
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)
