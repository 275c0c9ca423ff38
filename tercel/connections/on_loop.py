"""Clients for Redis that live on an event loop: the same settings, and the same promises, as those that block."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hiredis
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import ExponentialWithJitterBackoff

from tercel.connections.address import address_of
from tercel.connections.client import (
    RETRIES,
    RETRY_BASE_S,
    RETRY_CAP_S,
    SOCKET_TIMEOUT_S,
    client_settings,
    login_settings,
    sentinel_settings,
)


def connect_on_loop(
    url: str | None = None,
    *,
    home: Path | None = None,
    socket_timeout_s: float = SOCKET_TIMEOUT_S,
    retries: int = RETRIES,
    client_name: str | None = None,
) -> Redis:
    """Return a client for one event loop (nothing is opened yet); close it there with ``aclose``.

    It may be made before the loop runs. Arguments, errors and what is sent again are those of
    :func:`tercel.connections.connect`.
    """
    address = address_of(url, home)
    settings = client_settings(address, socket_timeout_s=socket_timeout_s, client_name=client_name)
    settings["retry"] = Retry(ExponentialWithJitterBackoff(base=RETRY_BASE_S, cap=RETRY_CAP_S), retries)
    if address.service:
        sentinels = Sentinel(address.hosts, sentinel_kwargs=sentinel_settings(address))  # type: ignore[no-untyped-call]
        client: Redis = sentinels.master_for(address.service, **login_settings(address), **settings)
    else:
        client = Redis.from_url(address.redis_url, **settings)
    _pack_quickly(client.connection_pool)
    return client


class _PacksQuickly:
    """A connection whose commands are put into bytes by hiredis, as those of blocking connections are."""

    def pack_command(self, *args: Any) -> list[bytes]:
        name, *others = args
        words = name.encode().split() if isinstance(name, str) else name.split()  # "SCRIPT LOAD" are two words
        return [hiredis.pack_command((*words, *others))]


def _pack_quickly(pool: ConnectionPool) -> None:
    kind = pool.connection_class
    pool.connection_class = type(kind.__name__, (_PacksQuickly, kind), {})
