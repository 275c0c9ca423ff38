"""Short questions to a server that may not be there, or not be ready."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_S = 1.0  # seconds one question may take


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers. ``loading``: it still reads its data and refuses commands."""

    pid: int
    loading: bool


def ask(socket: Path) -> Running | None:
    """Ask who listens on ``socket`` (INFO is answered while the data is being loaded, too); None if nobody answers."""
    with _client(socket) as client:
        try:
            server, persistence = client.info("server"), client.info("persistence")
        except (redis.ConnectionError, redis.TimeoutError):
            return None
    return Running(pid=int(server["process_id"]), loading=bool(int(persistence["loading"])))


def shut_down(socket: Path) -> None:
    """Ask for a clean end: the append-only file is flushed. Returns at once or when it has ended; never raises."""
    with _client(socket) as client, contextlib.suppress(redis.RedisError, OSError):
        client.shutdown(nosave=True)  # there are no snapshots to save


def _client(socket: Path) -> redis.Redis:
    return redis.Redis(
        unix_socket_path=str(socket),
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
