"""Who may be called back: a callback's address comes from outside, and must not lead a worker where it should not go.

The receiver has looked at the address when it took the session; that was another process, with settings of its own
time, and a record may come by other ways. So all of it is looked at again, and what the name resolves to as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

import httpx

DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: IPv4 addresses in the last 32 bits


class NotAllowed(Exception):
    """An answer may not be posted there. The text says why, without the address."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be called. ``listed``: its host stands in the settings as it is, not only what it ends in."""

    url: httpx.URL
    host: str
    port: int
    listed: bool


def target_of(uri: str, hosts: Iterable[str], *, allow_http: bool) -> Target:
    """Return where to post to. Raises :class:`NotAllowed`.

    ``hosts`` are those of ``receiver.callback_hosts``: ``hooks.example.com`` is that host, ``.example.com`` all below
    example.com. An IP address must be listed as it is. Every port is allowed; a user in the address is not.
    """
    try:
        url = httpx.URL(uri)
        host = url.raw_host.decode("ascii").removesuffix(".").lower()
        port = url.port or DEFAULT_PORTS.get(url.scheme, 0)
    except (httpx.InvalidURL, ValueError):
        raise NotAllowed("its address is none") from None
    if url.scheme not in DEFAULT_PORTS or not host or url.userinfo:
        raise NotAllowed("its address is not of the form https://host/path")
    if url.scheme == "http" and not allow_http:
        raise NotAllowed("its address begins with http, and receiver.callback_allow_http is off")
    entries = {entry.strip().lower().removeprefix("[").removesuffix("]").removesuffix(".") for entry in hosts}
    listed = host in entries
    below = not _is_address(host) and any(entry.startswith(".") and host.endswith(entry) for entry in entries)
    if not listed and not below:
        raise NotAllowed("its host is not among receiver.callback_hosts")
    return Target(url, host, port, listed)


def check_address(target: Target, address: str) -> None:
    """Refuse an IP address that the target's name has resolved to. Raises :class:`NotAllowed`.

    A name of which only the end is listed must lead to the public internet: whoever owns such a name could otherwise
    make workers post into the network they stand in.
    """
    if not target.listed and not is_public(address):
        raise NotAllowed("its host resolves to an address that is not public; list the host by its full name")


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the public internet: neither private, loopback, link-local nor multicast."""
    ip = _inner(ip_address(address.partition("%")[0]))
    return ip.is_global and not ip.is_multicast


def _inner(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address stands for, where it stands for one."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
