"""Clients on an event loop are set up as those that block are."""

from __future__ import annotations

from typing import Any

import pytest
from redis.asyncio.connection import Connection

from tercel.connections import connect, connect_on_loop
from tercel.errors import SettingsError

URLS = (
    "redis://anna:s%20cret@127.0.0.1:6380/3",
    "rediss://:secret@127.0.0.1:6380/1?ssl_ca_certs=/etc/ca.pem",
    "unix:///run/redis.sock?db=2",
)
SHARED = ("host", "port", "path", "db", "username", "password", "ssl_ca_certs", "socket_timeout", "client_name")


@pytest.mark.parametrize("url", URLS, ids=["tcp", "tls", "unix"])
def test_an_address_means_the_same_to_both_kinds_of_client(url: str) -> None:
    how: dict[str, Any] = {"socket_timeout_s": 2.0, "client_name": "me"}
    on_loop = connect_on_loop(url, **how).connection_pool.connection_kwargs
    blocking = connect(url, **how).connection_pool.connection_kwargs
    assert {name: on_loop.get(name) for name in SHARED} == {name: blocking.get(name) for name in SHARED}


@pytest.mark.parametrize("url", URLS, ids=["tcp", "tls", "unix"])
def test_retries_are_as_many_as_asked_for(url: str) -> None:
    assert connect_on_loop(url, retries=2).connection_pool.connection_kwargs["retry"].get_retries() == 2


def test_sentinels_lead_to_a_master_with_the_login_of_the_url() -> None:
    client = connect_on_loop("sentinel://:secret@127.0.0.1:1,127.0.0.1:2/main/4", socket_timeout_s=2.0)
    given = client.connection_pool.connection_kwargs
    assert (given["db"], given["password"], given["socket_timeout"]) == (4, "secret", 2.0)


def test_an_address_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(SettingsError):
        connect_on_loop("http://127.0.0.1")


@pytest.mark.parametrize(
    "command",
    [("PING",), ("SCRIPT LOAD", "return 1"), (b"SCRIPT EXISTS", b"abc"), ("SET", "k", b"\x00\xff", "PX", 15, 1.5)],
    ids=["one word", "two words", "two words in bytes", "values"],
)
def test_commands_are_put_into_the_bytes_that_redis_py_would_send(command: tuple[Any, ...]) -> None:
    kind = connect_on_loop("redis://127.0.0.1").connection_pool.connection_class
    assert b"".join(kind().pack_command(*command)) == b"".join(Connection().pack_command(*command))
