"""Where a Redis is: one URL, read once, and written again as redis-py, as kombu and as a person want it.

    redis://[USER:PASSWORD@]HOST[:PORT][/DB]                        TCP
    rediss://...                                                    TCP with TLS (?ssl_ca_certs=..., as in redis-py)
    unix://[USER:PASSWORD@]/PATH[?db=DB]                            a Unix socket
    sentinel://[USER:PASSWORD@]HOST[:PORT][,HOST...]/SERVICE[/DB]   a master that Redis Sentinel names
                                                                    (?sentinel_password=... for the sentinels' own)

No message of this module ever shows a URL it was given: a URL that is wrong may have its password anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from tercel.embedded import embedded_url
from tercel.errors import SettingsError

REDIS_PORT = 6379
SENTINEL_PORT = 26379
SCHEMES = ("redis", "rediss", "unix", "sentinel")
_OURS = frozenset({"db", "virtual_host", "protocol", "sentinel_password", "sentinel_username"})
_FORM = "redis://HOST:PORT/DB, rediss://..., unix:///PATH or sentinel://HOST:PORT,HOST:PORT/SERVICE/DB"


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """A Redis URL, taken apart. ``hosts`` holds the one server, or the sentinels of ``service``.

    ``options`` are the URL's other query parameters, as redis-py knows them (``ssl_ca_certs`` and friends).
    """

    scheme: str
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""
    service: str = ""
    db: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> RedisAddress:
        """Read a URL. Raises ``SettingsError`` with what is wrong, never with the URL."""
        try:
            return _parse(url.strip())
        except SettingsError:
            raise
        except ValueError:
            raise SettingsError(
                f"The Redis URL cannot be read. It looks like {_FORM}; a password in it is percent-encoded "
                "(/ is %2F, @ is %40, # is %23)."
            ) from None

    @property
    def text(self) -> str:
        """The address for a person: no user, no password, no options."""
        if self.scheme == "unix":
            return f"unix://{self.path}"
        hosts = ",".join(_host_port(host, port) for host, port in self.hosts)
        service = f"{self.service}/" if self.service else ""
        return f"{self.scheme}://{hosts}/{service}{self.db}"

    @property
    def redis_url(self) -> str:
        """The URL for redis-py's ``from_url``, password included. Not for sentinels."""
        query = urlencode([("db", str(self.db)), *self.options])
        if self.scheme == "unix":
            return f"unix://{self._login}{quote(self.path)}?{query}"
        host, port = self.hosts[0]
        return f"{self.scheme}://{self._login}{_host_port(host, port)}?{query}"

    @property
    def broker_url(self) -> str:
        """The URL for Celery's ``broker_url``, password included."""
        if self.scheme == "unix":
            query = urlencode([("virtual_host", str(self.db)), *self.options])
            return f"redis+socket://{self._login}{quote(self.path)}?{query}"
        options = list(self.options)
        if self.scheme == "rediss" and "ssl_cert_reqs" not in dict(options):
            options.append(("ssl_cert_reqs", "required"))  # kombu's own default is not to look at certificates
        query = f"?{urlencode(options)}" if options else ""
        return ";".join(
            f"{self.scheme}://{self._login}{_host_port(host, port)}/{self.db}{query}" for host, port in self.hosts
        )

    @property
    def sentinel_login(self) -> dict[str, str]:
        """How to log in at the sentinels themselves, as redis-py's keyword arguments."""
        login = {"username": self.sentinel_username, "password": self.sentinel_password}
        return {name: value for name, value in login.items() if value is not None}

    @property
    def _login(self) -> str:
        if self.username is None and self.password is None:
            return ""
        user = quote(self.username or "", safe="")
        return f"{user}@" if self.password is None else f"{user}:{quote(self.password, safe='')}@"


def address_of(url: str | None, home: Path | None) -> RedisAddress:
    """The address that ``url`` names; without one, that of the embedded Redis under ``home``."""
    if url:
        return RedisAddress.parse(url)
    if home is None:
        raise SettingsError("There is neither a Redis URL (TERCEL_REDIS_URL) nor a home for the embedded Redis.")
    return RedisAddress.parse(embedded_url(home))


def where(url: str | None, home: Path | None = None) -> str:
    """Name a Redis to a person, without its password."""
    if not url and home is not None:
        return f"the embedded Redis under {Path(home).absolute()}"
    return f"Redis at {address_of(url, home).text}"


def broker_url(url: str | None, home: Path | None = None) -> str:
    """Return the ``broker_url`` for Celery: the same server and database that :func:`connect` uses."""
    return address_of(url, home).broker_url


def broker_options(url: str | None, home: Path | None = None, *, prefix: str = "") -> dict[str, Any]:
    """Return what Celery's ``broker_transport_options`` need for this address: key prefix and Sentinel's master.

    Time-outs and the visibility timeout are the worker's business and are not set here.
    """
    address = address_of(url, home)
    options: dict[str, Any] = {"global_keyprefix": prefix} if prefix else {}
    if address.service:
        options |= {"master_name": address.service, "sentinel_kwargs": address.sentinel_login}
    return options


def _parse(url: str) -> RedisAddress:
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise SettingsError(f"The Redis URL must begin with one of {', '.join(f'{s}://' for s in SCHEMES)}: {_FORM}.")
    if parts.fragment:
        raise ValueError
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    login, _, hosts = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    common: dict[str, Any] = {
        "scheme": parts.scheme,
        "username": unquote(user) or None,
        "password": unquote(password) if colon else None,
        "options": tuple((name, value) for name, value in query.items() if name not in _OURS),
        "sentinel_username": query.get("sentinel_username"),
        "sentinel_password": query.get("sentinel_password"),
    }
    database = query.get("db") or query.get("virtual_host")
    if parts.scheme == "unix":
        if hosts or not parts.path.strip("/"):
            raise SettingsError("A unix:// Redis URL needs an absolute path: unix:///PATH (three slashes).")
        return RedisAddress(**common, path=unquote(parts.path), db=_database(database))
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    if parts.scheme == "sentinel":
        return _sentinels(common, hosts, segments, database)
    if len(segments) > 1 or "," in hosts:
        raise ValueError
    return RedisAddress(**common, hosts=(_server(parts),), db=_database(database or "".join(segments)))


def _server(parts: SplitResult) -> tuple[str, int]:
    return unquote(parts.hostname or "localhost"), parts.port or REDIS_PORT


def _sentinels(common: dict[str, Any], hosts: str, segments: list[str], database: str | None) -> RedisAddress:
    if not hosts or len(segments) not in (1, 2):
        raise SettingsError(
            "A sentinel:// Redis URL names the sentinels and the service: sentinel://HOST:PORT,HOST:PORT/SERVICE/DB."
        )
    split = [urlsplit(f"//{host}") for host in hosts.split(",")]
    return RedisAddress(
        **common,
        hosts=tuple((unquote(one.hostname or "localhost"), one.port or SENTINEL_PORT) for one in split),
        service=segments[0],
        db=_database(database or "".join(segments[1:])),
    )


def _database(text: str | None) -> int:
    if not text:
        return 0
    if not text.isdecimal():
        raise SettingsError("The database in the Redis URL (after the last /, or ?db=) must be a number such as 0.")
    return int(text)


def _host_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
