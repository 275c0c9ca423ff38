"""The address of a Talon.One deployment: every form in which it is published, made one.

Contract: Talon.One Integration API, section 1, "Base URL". The address is accepted with or without scheme and with a
trailing slash; anything beyond scheme, host and port is refused, because delivery adds its own paths to it.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

DEFAULT_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?")


def deployment_url(text: str, *, allow_http: bool = False) -> str:
    """Return ``scheme://host[:port]`` in lower case, without a trailing slash.

    ``https`` is assumed where no scheme is given. ``http`` is taken for this machine only, unless ``allow_http``.
    Raises ValueError with what is wrong and what to write; parts that may hold a secret (user, query, fragment) are
    never repeated in it.
    """
    given = text.strip()
    if not given:
        raise ValueError("is empty; give the deployment's address, e.g. https://mycompany.europe-west1.talon.one")
    parts = _split(given if "://" in given else f"https://{given.removeprefix('//')}")
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(f"has the scheme {parts.scheme!r}; only https works (http for this machine only)")
    host, base = _base(parts)
    excess = _excess(parts)
    if excess:
        raise ValueError(f"has {' and '.join(excess)}; give the deployment's address alone: {base}")
    if parts.scheme == "http" and not allow_http and not _is_this_machine(host):
        raise ValueError(
            f"uses http, which would send the key in the clear; write {_with_https(base)}, or set allow_http = true"
        )
    return base


def _split(url: str) -> SplitResult:
    if re.search(r"[\s\\\x00-\x1f\x7f]", url):
        raise ValueError("has spaces, backslashes or control characters in it")
    try:
        parts = urlsplit(url)
        _ = parts.port  # checked only when read
    except ValueError as error:
        raise ValueError("is not an address: its host or port cannot be read") from error
    return parts


def _base(parts: SplitResult) -> tuple[str, str]:
    """Return the host in lower case, and the address made of scheme, host and port alone."""
    host = (parts.hostname or "").lower()
    if ":" in host:
        try:
            shown = f"[{ip_address(host)}]"
        except ValueError as error:
            raise ValueError("has a host in brackets that is not an IPv6 address") from error
    elif _HOST.fullmatch(host):
        shown = host
    elif host:
        raise ValueError("has a host that is not a name or an address (write letters beyond a-z in their xn-- form)")
    else:
        raise ValueError("has no host; give the deployment's address, e.g. https://mycompany.europe-west1.talon.one")
    needs_port = parts.port is not None and parts.port != DEFAULT_PORTS[parts.scheme]
    return host, f"{parts.scheme}://{shown}{f':{parts.port}' if needs_port else ''}"


def _excess(parts: SplitResult) -> list[str]:
    """Name what the address has and must not have."""
    excess = []
    if "@" in parts.netloc:
        excess.append("a user or password before the host (the key goes into key or key_file)")
    if parts.path.strip("/"):
        excess.append("a path")
    if parts.query:
        excess.append("a query (?...)")
    if parts.fragment:
        excess.append("a fragment (#...)")
    return excess


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _with_https(base: str) -> str:
    return "https" + base.removeprefix("http")
