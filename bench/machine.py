"""The machine that was measured on, as the report names it."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tercel.embedded.binary import find_server

GIB = 1_073_741_824  # bytes
LIBRARIES = ("celery", "kombu", "redis", "httpx", "pydantic", "orjson", "uvloop")


@dataclass(frozen=True, slots=True)
class Machine:
    """What a reader needs to know to compare figures with their own."""

    processor: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    redis: str
    libraries: dict[str, str]


def describe() -> Machine:
    """Look at this machine. Raises RedisUnavailable where there is no server to measure with."""
    server = find_server()
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB, 1),
        kernel=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        redis=f"{server.product} {'.'.join(map(str, server.version))}",
        libraries={name: version(name) for name in LIBRARIES},
    )


def load_average() -> float:
    """The machine's load over the last minute: how much else was going on."""
    return round(os.getloadavg()[0], 2)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
