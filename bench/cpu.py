"""Processor time of processes, from ``/proc``. Where there is no ``/proc``, there are no figures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_IDLE: Final = (3, 4)  # fields of the first line of /proc/stat: idle, iowait


@dataclass(frozen=True, slots=True)
class Processes:
    """One look at the processes of this machine: CPU seconds so far, by pid, and each one's parent."""

    seconds: Mapping[int, float]
    parents: Mapping[int, int]

    def tree(self, pid: int) -> float:
        """CPU seconds of a process and its descendants. What an ended descendant used is its waiting parent's."""
        return sum(self.seconds.get(one, 0.0) for one in self._descendants(pid))

    def _descendants(self, pid: int) -> Iterable[int]:
        yield pid
        for child, parent in self.parents.items():
            if parent == pid:
                yield from self._descendants(child)


def look() -> Processes:
    """Look at every process there is."""
    seconds, parents = {}, {}
    for entry in PROC.glob("[0-9]*"):
        try:
            text = (entry / "stat").read_text()
        except OSError:  # it has ended meanwhile
            continue
        pid = int(entry.name)
        parents[pid], seconds[pid] = parse_stat(text)
    return Processes(seconds, parents)


def parse_stat(text: str) -> tuple[int, float]:
    """Return parent and CPU seconds (own, user and system) from the text of ``/proc/<pid>/stat``.

    The command's name may hold spaces and parentheses, so the fields are counted from its last ``)``.
    """
    fields = text.rpartition(")")[2].split()
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def machine_busy_s() -> float | None:
    """CPU seconds that all processors together have been busy since boot; None without ``/proc``."""
    try:
        line = (PROC / "stat").read_text().partition("\n")[0]
    except OSError:
        return None
    ticks = [int(field) for field in line.split()[1:9]]  # guest time is in user time already
    return sum(n for i, n in enumerate(ticks) if i not in _IDLE) / TICKS_PER_S


class CpuMeter:
    """CPU seconds of named processes (with their descendants), and of the whole machine, since it was made."""

    def __init__(self, pids: Mapping[str, Iterable[int]]) -> None:
        self._pids = {name: tuple(group) for name, group in pids.items()}
        self._before, self._busy_before = self._read(), machine_busy_s()

    def used(self) -> dict[str, float]:
        """CPU seconds by name."""
        now = self._read()
        return {name: now[name] - before for name, before in self._before.items()}

    def machine_s(self) -> float | None:
        """CPU seconds that the whole machine was busy, other people's work included."""
        now = machine_busy_s()
        return None if now is None or self._busy_before is None else now - self._busy_before

    def _read(self) -> dict[str, float]:
        processes = look()
        return {name: sum(processes.tree(pid) for pid in pids) for name, pids in self._pids.items()}
