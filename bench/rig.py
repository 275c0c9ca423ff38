"""What every measurement stands on: a Redis of its own in a temporary folder, and a sink that counts."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import redis

from sandbox.child import running as running_stand_in
from tercel.connections import connect
from tercel.embedded import EmbeddedRedis

Fsync = Literal["everysec", "always"]
FSYNCS: tuple[Fsync, ...] = ("everysec", "always")
ASK_TIMEOUT_S = 10.0  # seconds the sink may take to say its count while it is busy


@dataclass(frozen=True, slots=True)
class RedisUse:
    """What a Redis had used when it was asked: CPU seconds of all its threads, and bytes of memory."""

    cpu_s: float
    memory: int


@dataclass(frozen=True, slots=True)
class RedisRig:
    """A running Redis: its URL, its pid, a client, and the folder for what is measured on it."""

    url: str
    pid: int
    client: redis.Redis
    folder: Path

    def use(self) -> RedisUse:
        """Ask what it has used."""
        info: dict[str, Any] = self.client.info()
        return RedisUse(info["used_cpu_user"] + info["used_cpu_sys"], info["used_memory"])


@contextlib.contextmanager
def own_redis(fsync: Fsync) -> Iterator[RedisRig]:
    """Run a Redis with an append-only file in a new folder; both are gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="tercel-bench-", ignore_cleanup_errors=True) as folder,
        EmbeddedRedis(Path(folder) / "redis", appendfsync=fsync) as server,
        connect(server.url) as client,
    ):
        assert server.pid is not None
        yield RedisRig(server.url, server.pid, client, Path(folder))


@dataclass(frozen=True, slots=True)
class Counted:
    """What a sink has counted; times are monotonic ns, 0 before the first request."""

    requests: int
    items: int
    body_bytes: int
    first_ns: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink: where it is and what it counted."""

    url: str
    pid: int
    http: httpx.Client

    def count(self) -> Counted:
        """Ask for the counts."""
        return Counted(**self.http.get(f"{self.url}/_count").raise_for_status().json())

    def reset(self) -> None:
        """Start counting again."""
        self.http.post(f"{self.url}/_reset").raise_for_status()


@contextlib.contextmanager
def own_sink() -> Iterator[Sink]:
    """Run a counting sink. Our connection outlives it: a sink whose connection ends just then misses its SIGTERM."""
    with httpx.Client(timeout=ASK_TIMEOUT_S, trust_env=False) as http, running_stand_in("sandbox.sink") as child:
        yield Sink(child.url, child.pid, http)
