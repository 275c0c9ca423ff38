"""Real Redis servers for tests. Registered as a pytest plugin by ``tests/conftest.py``.

redis_server    one server for the whole session, without fsync: fast. Use its ``url``.
redis_client    a client for it; the database is emptied before and after the test
prefix          a key prefix of the test's own
durable_redis   a server of the test's own that may be killed and started again on its append-only file
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tercel.connections import connect
from tercel.embedded import EmbeddedRedis


class DurableRedis:
    """A server that flushes every write, with a SIGKILL and a second life."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._server = EmbeddedRedis(home, appendfsync="always").start()

    @property
    def url(self) -> str:
        """Its URL; the same before and after a restart."""
        return self._server.url

    @property
    def socket(self) -> Path:
        """Its Unix socket, for a proxy."""
        return self._server.socket

    @property
    def pid(self) -> int | None:
        """Its process id; None while it is dead."""
        return self._server.pid

    def client(self) -> redis.Redis:
        """A new client, which redials after a restart."""
        return connect(self.url)

    def kill9(self) -> None:
        """Kill it, as a crash would. Returns when it is gone."""
        self._server.kill()

    def restart(self) -> None:
        """Start it again on its append-only file. Returns when it answers."""
        self._server.start()

    def stop(self) -> None:
        """Stop it cleanly."""
        self._server.stop()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[EmbeddedRedis]:
    """One server for the session. It forgets everything when the session ends."""
    with (
        tempfile.TemporaryDirectory(prefix="tercel-tests-") as folder,
        EmbeddedRedis(Path(folder), appendfsync="no") as server,
    ):
        yield server


@pytest.fixture
def redis_client(redis_server: EmbeddedRedis) -> Iterator[redis.Redis]:
    """A client with an empty database."""
    with connect(redis_server.url) as client:
        client.flushall()
        yield client
        client.flushall()


@pytest.fixture
def prefix() -> str:
    """A key prefix that no other test uses."""
    return f"t{uuid.uuid4().hex[:8]}:"


@pytest.fixture
def durable_redis() -> Iterator[DurableRedis]:
    """A server of the test's own; killed or not, it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tercel-tests-") as folder:
        server = DurableRedis(Path(folder))
        try:
            yield server
        finally:
            server.stop()
