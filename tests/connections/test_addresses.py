"""One Redis URL means the same server to redis-py, to Celery and to a person, who never sees the password."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from kombu.connection import Connection

from tercel.connections import RedisAddress, broker_options, broker_url, connect, where
from tercel.connections.address import address_of
from tercel.embedded import EmbeddedRedis
from tercel.errors import SettingsError
from tests.support.cutting_proxy import CuttingProxy

SECRET = "s3cr:t/@?#[;"
QUOTED = "s3cr%3At%2F%40%3F%23%5B%3B"


def celery_connection(url: str) -> Any:
    """What Celery makes of a ``broker_url``."""
    return Connection(url)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("url", "person", "broker"),
    [
        ("redis://h", "redis://h:6379/0", "redis://h:6379/0"),
        ("redis://h:7000/3", "redis://h:7000/3", "redis://h:7000/3"),
        ("redis://h?db=3", "redis://h:6379/3", "redis://h:6379/3"),
        ("redis://[::1]:7000/1", "redis://[::1]:7000/1", "redis://[::1]:7000/1"),
        (f"redis://u:{QUOTED}@h/1", "redis://h:6379/1", f"redis://u:{QUOTED}@h:6379/1"),
        (f"redis://:{QUOTED}@h/1", "redis://h:6379/1", f"redis://:{QUOTED}@h:6379/1"),
        ("redis://h/1?protocol=3", "redis://h:6379/1", "redis://h:6379/1"),
        ("rediss://h/1", "rediss://h:6379/1", "rediss://h:6379/1?ssl_cert_reqs=required"),
        ("rediss://h?ssl_cert_reqs=none", "rediss://h:6379/0", "rediss://h:6379/0?ssl_cert_reqs=none"),
        ("unix:///run/r.sock?db=2", "unix:///run/r.sock", "redis+socket:///run/r.sock?virtual_host=2"),
        (
            "sentinel://a:1,b:2/main/4",
            "sentinel://a:1,b:2/main/4",
            "sentinel://a:1/4;sentinel://b:2/4",
        ),
        ("sentinel://a/main", "sentinel://a:26379/main/0", "sentinel://a:26379/0"),
    ],
)
def test_a_url_is_written_for_people_and_for_celery(url: str, person: str, broker: str) -> None:
    address = RedisAddress.parse(url)

    assert (address.text, address.broker_url) == (person, broker)


@pytest.mark.parametrize("tcp", [False, True])
def test_redis_py_and_kombu_log_in_alike_and_use_the_same_database(
    tmp_path: Path, cutting_proxy: Callable[..., CuttingProxy], tcp: bool
) -> None:
    with EmbeddedRedis(tmp_path / "a b") as server:
        with connect(server.url) as admin:
            admin.acl_setuser(
                "u", enabled=True, passwords=[f"+{SECRET}"], commands=["+@all"], keys=["*"], channels=["*"]
            )
            admin.acl_setuser("default", enabled=False)
        place = cutting_proxy(server.socket, tcp=tcp).url.partition("://")[2].partition("?")[0].removesuffix("/0")
        url = f"{'redis' if tcp else 'unix'}://u:{QUOTED}@{place}?db=5"

        with celery_connection(broker_url(url)) as connection:
            queue = connection.SimpleQueue("letters")
            queue.put("hello")
            queue.close()

        assert connect(url).llen("letters") == 1


@pytest.mark.parametrize("name", ["plain", "with space", "50%20off", "a;b,c", "what?now#here", "Zürich"])
def test_celery_reaches_the_embedded_server_whatever_its_folder_is_called(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    with EmbeddedRedis(home), celery_connection(broker_url(None, home)) as connection:
        queue = connection.SimpleQueue("letters")
        queue.put("hello")

        assert connect(home=home).llen("letters") == 1
        queue.close()


def test_a_prefix_and_a_sentinels_service_become_transport_options() -> None:
    assert broker_options("redis://h") == {}
    assert broker_options("redis://h", prefix="t:") == {"global_keyprefix": "t:"}
    assert broker_options("sentinel://a/main?sentinel_password=x") == {
        "master_name": "main",
        "sentinel_kwargs": {"password": "x"},
    }


def test_a_sentinel_url_makes_a_client_of_the_service() -> None:
    client = connect("sentinel://u:p@127.0.0.1:1/main/2")

    kwargs = client.connection_pool.connection_kwargs
    assert (kwargs["db"], kwargs["username"], kwargs["password"]) == (2, "u", "p")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("localhost:6379", "must begin with"),
        (f"http://u:{QUOTED}@h", "must begin with"),
        ("redis://u:s3cr/t@h", "percent-encoded"),
        ("redis://u:s3cr#t@h", "percent-encoded"),
        ("redis://u:s3cr[t@h", "percent-encoded"),
        ("redis://h/s3cr", "must be a number"),
        ("redis://h/0/s3cr", "percent-encoded"),
        ("redis://h,s3cr/0", "percent-encoded"),
        ("redis://h:s3cr", "percent-encoded"),
        ("unix://s3cr", "three slashes"),
        ("unix://", "three slashes"),
        ("sentinel://s3cr", "names the sentinels and the service"),
        ("sentinel:///main", "names the sentinels and the service"),
    ],
)
def test_a_url_that_cannot_be_read_is_refused_without_showing_it(url: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as failure:
        RedisAddress.parse(url)

    assert "s3cr" not in str(failure.value)
    assert failure.value.__suppress_context__ or failure.value.__context__ is None


def test_the_password_is_not_in_the_address_repr_or_name() -> None:
    url = f"redis://u:{QUOTED}@h/1?ssl_password=s3cr"

    for text in (repr(RedisAddress.parse(url)), where(url), RedisAddress.parse(url).text):
        assert "s3cr" not in text


def test_without_a_url_the_embedded_server_is_meant(tmp_path: Path) -> None:
    assert address_of(None, tmp_path).path == str(tmp_path / "redis" / "redis.sock")
    assert where(None, tmp_path) == f"the embedded Redis under {tmp_path}"


def test_with_neither_a_url_nor_a_home_the_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="TERCEL_REDIS_URL"):
        connect(None)


def test_a_client_does_not_wait_for_ever() -> None:
    kwargs = connect("redis://h").connection_pool.connection_kwargs

    assert kwargs["socket_timeout"] == 10
    assert kwargs["socket_connect_timeout"] == 5
    assert kwargs["health_check_interval"] == 30
    assert kwargs["socket_keepalive"] is True
    assert kwargs["retry"].get_retries() == 3


def test_answers_are_bytes(redis_client: redis.Redis) -> None:
    redis_client.set("n", "1")

    assert redis_client.get("n") == b"1"
