"""Where a callback's host may lead: a name that a stranger owns may resolve to whatever the stranger likes."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from tercel.callback_hosts import NotAllowed, Target

# Where an IPv4 address lies in the last 32 bits: RFC 6052, RFC 4291 (compatible), RFC 2765 (translated).
_HOLDS_IPV4: Final = tuple(map(IPv6Network, ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")))
# Not of the public internet although Python's ipaddress has them so: a network's own NAT64 (RFC 8215), and site-local.
_OWN: Final = tuple(map(IPv6Network, ("64:ff9b:1::/48", "fec0::/10")))


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
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _OWN)


def _inner(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address stands for, where it stands for one."""
    if isinstance(ip, IPv4Address):
        return ip
    if any(ip in network for network in _HOLDS_IPV4):
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
