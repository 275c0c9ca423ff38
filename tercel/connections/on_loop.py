"""Clients for Redis that live on an event loop: the same settings, and the same promises, as those that block."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hiredis
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError

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
    _mend(client.connection_pool)
    return client


class _Mended:
    """A connection that packs commands as fast as a blocking one, and that opens itself once at a time.

    redis-py opens a lost connection before it sends, also while it is being opened: a server that takes a connection
    and cuts it at once (Redis at its ``maxclients`` does) is then dialled within the dialling, as deep as Python goes.
    """

    _opening = False

    def pack_command(self, *args: Any) -> list[bytes]:
        name, *others = args
        words = name.encode().split() if isinstance(name, str) else name.split()  # "SCRIPT LOAD" are two words
        return [hiredis.pack_command((*words, *others))]

    async def on_connect_check_health(self, check_health: bool = True) -> None:
        self._opening = True
        try:
            await super().on_connect_check_health(check_health)  # type: ignore[misc]
        finally:
            self._opening = False

    async def connect_check_health(self, check_health: bool = True, retry_socket_connect: bool = True) -> None:
        if self._opening and not self.is_connected:  # type: ignore[attr-defined]
            raise ConnectionError("Redis closed the connection while it was being opened")
        await super().connect_check_health(check_health, retry_socket_connect)  # type: ignore[misc]


def _mend(pool: ConnectionPool) -> None:
    kind = pool.connection_class
    pool.connection_class = type(kind.__name__, (_Mended, kind), {})
