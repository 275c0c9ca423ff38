"""Who may be called back: a callback's address comes from outside, and must not lead where it should not go.

One rule for both sides. The receiver looks when it takes a session; the worker looks again before it posts, because
that is another process, with settings of its own time, and a record may come by other ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

import httpx

DEFAULT_PORTS: Final = {"https": 443, "http": 80}
MOST_PORT: Final = 65_535
# Printable ASCII, a host without a user in front, and no backslash: to some clients it is a slash, and not to others.
_URI: Final = re.compile(r"[A-Za-z]+://[!-.0->A-\[\]-~]+(?:[/?#][!-\[\]-~]*)?")


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
    """Return where to post to: read by the client that posts, so that what was looked at is what is called.

    ``hosts`` are those of ``receiver.callback_hosts``: ``hooks.example.com`` is that host, ``.example.com`` all below
    example.com. An IP address, in any notation that a resolver might read as one, must be listed as it is. Every port
    is allowed; a user in the address is not. Raises :class:`NotAllowed`.
    """
    if not _URI.fullmatch(uri):
        raise NotAllowed("its address is not of the form https://host/path")
    try:
        url = httpx.URL(uri)
        host = _normal(url.raw_host.decode("ascii"))
        port = url.port or DEFAULT_PORTS.get(url.scheme, 0)
    except (httpx.InvalidURL, ValueError):
        raise NotAllowed("its address is none") from None
    if url.scheme not in DEFAULT_PORTS or not host or url.userinfo or port > MOST_PORT:
        raise NotAllowed("its address is not of the form https://host/path")
    if url.scheme == "http" and not allow_http:
        raise NotAllowed("its address begins with http, and receiver.callback_allow_http is off")
    entries = {_normal(entry) for entry in hosts}
    listed = host in entries
    below = not _is_address(host) and any(len(end) > 1 and end[0] == "." and host.endswith(end) for end in entries)
    if not listed and not below:
        raise NotAllowed("its host is not among receiver.callback_hosts")
    return Target(url, host, port, listed)


def _normal(host: str) -> str:
    return host.strip().lower().removeprefix("[").removesuffix("]").removesuffix(".")


def _is_address(host: str) -> bool:
    """Whether a host is an IP address, or may be read as one: ``2130706433`` and ``0x7f.1`` are 127.0.0.1 to some."""
    try:
        ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2]
        return last.isdigit() or last.startswith("0x")
    return True
