"""What Redis refuses, or fails to do, becomes a sentence with the place and the cure, and without the password."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tercel.connections import connect, translated, unavailable, wait_until_ready, where
from tercel.embedded import EmbeddedRedis
from tercel.errors import RedisUnavailable
from tests.support.redis_server import DurableRedis


@pytest.fixture
def silent_url() -> Iterator[str]:
    """A place that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"redis://u:s3cr@127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.fixture
def nobodys_port() -> Iterator[int]:
    """A port that is taken, where nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (redis.exceptions.BusyLoadingError("x"), "loading its data"),
        (redis.AuthenticationError("x"), "refuses the user or password"),
        (redis.AuthenticationError("NOAUTH Authentication required."), "refuses the user or password"),
        (redis.exceptions.NoPermissionError("x"), "ACL"),
        (redis.ReadOnlyError("x"), "read-only replica"),
        (redis.exceptions.OutOfMemoryError("x"), "out of memory"),
        (redis.exceptions.ClusterDownError("CLUSTERDOWN x"), "Redis Cluster"),
        (redis.sentinel.MasterNotFoundError("x"), "no master"),
        (redis.exceptions.MaxConnectionsError("x"), "connections in use"),
        (redis.TimeoutError("x"), "did not answer in time"),
        (redis.ResponseError("MISCONF Errors writing to the AOF file"), "cannot write to its disk"),
        (redis.ResponseError("WRONGPASS invalid"), "refuses the user or password"),
        (redis.ResponseError("BUSY Redis is busy running a script."), "script that does not end"),
        (redis.ConnectionError("max number of clients reached"), "maxclients"),
        (redis.ConnectionError("anything else"), "cannot be reached"),
        (redis.ResponseError("ERR the value of s3cr is wrong"), "refuses a command"),
        (OSError(111, "Connection refused"), "Connection refused"),
    ],
)
def test_every_refusal_has_its_sentence(error: Exception, says: str) -> None:
    found = unavailable(error, where("redis://u:s3cr@cache.example:7/0"))

    assert says in str(found)
    assert "Redis at redis://cache.example:7/0" in str(found)
    assert "s3cr" not in str(found)


def test_nobody_at_a_port_is_told_apart_from_nobody_at_home(nobodys_port: int, tmp_path: Path) -> None:
    url = f"redis://127.0.0.1:{nobodys_port}/0"
    with (
        pytest.raises(RedisUnavailable, match=r"cannot be reached: .*TERCEL_REDIS_URL .*\(Connection refused\)"),
        translated(where(url)),
        connect(url, retries=0) as client,
    ):
        client.ping()

    with (
        pytest.raises(RedisUnavailable, match=r"embedded Redis under .* does not run: start it with `tercel up`"),
        translated(where(None, tmp_path)),
        connect(home=tmp_path, retries=0) as client,
    ):
        client.ping()


def test_a_wrong_password_is_said_at_once(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        with connect(server.url) as client:
            client.acl_setuser("worker", enabled=True, passwords=["+right"], commands=["+@all"], keys=["*"])
        url = f"unix://worker:s3cr@{server.socket}"

        with pytest.raises(RedisUnavailable, match="refuses the user or password") as failure:
            wait_until_ready(url, timeout_s=600)

    assert "s3cr" not in str(failure.value)
    assert "Waited" not in str(failure.value)


def test_a_silent_server_is_given_up(silent_url: str) -> None:
    with (
        pytest.raises(RedisUnavailable, match="did not answer in time"),
        translated(where(silent_url)),
        connect(silent_url, socket_timeout_s=0.05, retries=0) as client,
    ):
        client.ping()


def test_a_full_server_says_so(tmp_path: Path) -> None:
    with (
        EmbeddedRedis(tmp_path, extra={"maxmemory": "1mb"}) as server,
        connect(server.url) as client,
        pytest.raises(RedisUnavailable, match="out of memory"),
        translated(where(server.url)),
    ):
        client.set("n", b"x" * 2_000_000)


def test_a_mistake_of_ours_stays_what_it_is(redis_client: redis.Redis) -> None:
    redis_client.set("n", "not a list")

    with pytest.raises(redis.ResponseError, match="WRONGTYPE"), translated("Redis"):
        redis_client.lpush("n", 1)


def test_waiting_ends_when_the_server_is_there(durable_redis: DurableRedis) -> None:
    durable_redis.kill9()
    with pytest.raises(RedisUnavailable, match=r"cannot be reached.*Waited 0\.1 s"):
        wait_until_ready(durable_redis.url, timeout_s=0.1)

    durable_redis.restart()

    wait_until_ready(durable_redis.url, timeout_s=60)


def test_a_client_made_before_a_restart_works_after_it(durable_redis: DurableRedis) -> None:
    client = durable_redis.client()
    client.set("n", 1)

    durable_redis.kill9()
    durable_redis.restart()

    assert client.get("n") == b"1"
