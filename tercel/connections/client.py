"""Clients for Redis with the settings that a program which must not hang or lose things needs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from tercel.connections.address import RedisAddress, address_of, where
from tercel.connections.failures import unavailable
from tercel.errors import RedisUnavailable

CONNECT_TIMEOUT_S = 5.0  # seconds to open a connection
SOCKET_TIMEOUT_S = 10.0  # seconds for one answer; with appendfsync always a slow disk can take a few
HEALTH_CHECK_S = 30  # seconds a connection may lie idle before it is tried with a PING
RETRIES = 3  # times a command is sent again; every script is harmless when repeated
RETRY_BASE_S = 0.05  # seconds before the first of them, on average; doubled for each next one
RETRY_CAP_S = 1.0  # seconds at most before one of them
PROBE_TIMEOUT_S = 2.0  # seconds for one look at a server that may not be there
POLL_S = 0.05  # seconds between two such looks


def connect(
    url: str | None = None,
    *,
    home: Path | None = None,
    socket_timeout_s: float = SOCKET_TIMEOUT_S,
    retries: int = RETRIES,
    client_name: str | None = None,
) -> redis.Redis:
    """Return a thread-safe client (a pool; nothing is opened yet) for ``url``, or for the embedded Redis of ``home``.

    Answers are bytes. A lost connection is opened anew and the command **sent again** up to ``retries`` times, also
    when the server had executed it already: whatever is sent through it must be harmless when repeated.
    Raises ``SettingsError`` for a URL that cannot be read.
    """
    address = address_of(url, home)
    settings = client_settings(address, socket_timeout_s=socket_timeout_s, client_name=client_name)
    settings["retry"] = Retry(ExponentialWithJitterBackoff(base=RETRY_BASE_S, cap=RETRY_CAP_S), retries)
    if not address.service:
        return redis.Redis.from_url(address.redis_url, **settings)
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        address.hosts, sentinel_kwargs=sentinel_settings(address)
    )
    master: redis.Redis = sentinels.master_for(  # type: ignore[no-untyped-call]
        address.service, **login_settings(address), **settings
    )
    return master


def client_settings(address: RedisAddress, *, socket_timeout_s: float, client_name: str | None) -> dict[str, Any]:
    """Return what clients of every kind are made with, as redis-py's keyword arguments; all but their ``retry``."""
    settings: dict[str, Any] = {
        "decode_responses": False,
        "socket_timeout": socket_timeout_s,
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "health_check_interval": HEALTH_CHECK_S,
        "client_name": client_name,
        "protocol": 2,  # no push messages wanted, and one round trip less for each connection
        "retry_on_error": [redis.exceptions.BusyLoadingError],
    }
    if address.scheme != "unix":
        settings["socket_keepalive"] = True
    return settings


def sentinel_settings(address: RedisAddress) -> dict[str, Any]:
    """Return how the sentinels themselves are asked."""
    return {
        "socket_timeout": PROBE_TIMEOUT_S,
        "socket_connect_timeout": PROBE_TIMEOUT_S,
        **address.sentinel_login,
    }


def login_settings(address: RedisAddress) -> dict[str, Any]:
    """Return what a client of the master that sentinels name needs; elsewhere the URL says it."""
    return {
        "db": address.db,
        "username": address.username,
        "password": address.password,
        **dict(address.options),
    }


def wait_until_ready(
    url: str | None = None, *, home: Path | None = None, timeout_s: float = 30.0, poll_s: float = POLL_S
) -> None:
    """Return when the server answers and has loaded its data.

    Raises ``RedisUnavailable`` after ``timeout_s`` seconds, or at once where waiting cannot help (a wrong password).
    """
    place = where(url, home)
    deadline = time.monotonic() + timeout_s
    with connect(url, home=home, socket_timeout_s=PROBE_TIMEOUT_S, retries=0) as client:
        while True:
            try:
                client.ping()
            except (redis.RedisError, OSError) as error:
                hopeless = isinstance(error, redis.AuthenticationError | redis.exceptions.NoPermissionError)
                if hopeless or time.monotonic() > deadline:
                    raise _after(unavailable(error, place), 0 if hopeless else timeout_s) from error
                time.sleep(poll_s)
            else:
                return


def _after(error: RedisUnavailable, timeout_s: float) -> RedisUnavailable:
    return RedisUnavailable(f"{error} Waited {timeout_s:g} s.") if timeout_s else error
