"""The callback headers of session calls: where the API's answer is to be posted (contract: section 5).

A callback that may not be made, or cannot be, is left out with a note: the session is taken all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pydantic import ValidationError

from producers.third_party.notes import CALLBACK_FIELDS_UNKNOWN, CALLBACK_MALFORMED, CALLBACK_NOT_ALLOWED
from tercel.records import Callback

URI_HEADER: Final = "x-callback-destination-uri"
KEY_HEADER: Final = "x-callback-api-key"
FIELDS_HEADER: Final = "x-content-fields"
CORRELATION_HEADER: Final = "x-correlation-id"
HEADERS: Final = (URI_HEADER, KEY_HEADER, FIELDS_HEADER, CORRELATION_HEADER)

CONTENT_FIELDS: Final = (
    "customerSession",
    "customerProfile",
    "coupons",
    "triggeredCampaigns",
    "referral",
    "loyalty",
    "event",
    "awardedGiveaways",
    "ruleFailureReasons",
    "previousReturns",
    "createdAttributes",
    "createdCoupons",
    "createdReferrals",
    "effects",
)
NO_VALUE: Final = "undefined"  # what Segment writes into a header that has no value

_URI: Final = re.compile(r"[\x21-\x7e]+")  # a URI is printable ASCII without blanks
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE: Final = re.compile(r"[\x20-\x7e]+")
_RESERVED: Final = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        CORRELATION_HEADER,
    }
)  # headers of the request itself: a key in one of them would break it or its framing


@dataclass(frozen=True, slots=True)
class CallbackPolicy:
    """Who may be called back: ``hosts`` as in ``receiver.callback_hosts``, over plain http too if ``allow_http``."""

    hosts: tuple[str, ...] = ()
    allow_http: bool = False


NO_CALLBACKS: Final = CallbackPolicy()


@dataclass(frozen=True, slots=True)
class CallbackFound:
    """What the headers ask for: a callback, or none; ``notes`` say what was left out of it and why."""

    callback: Callback | None = None
    notes: tuple[str, ...] = ()


def callback_of(headers: Mapping[str, str], policy: CallbackPolicy) -> CallbackFound:
    """Return the callback that headers (lower-case names) ask for, as far as the policy allows it. Never raises."""
    uri, key, fields, correlation_id = (_value(headers, name) for name in HEADERS)
    if uri is None:
        return CallbackFound()
    if not callback_allowed(uri, policy.hosts, policy.allow_http):
        return CallbackFound(notes=(CALLBACK_NOT_ALLOWED,))
    asked = tuple(dict.fromkeys(name.strip() for name in (fields or "").split(",") if name.strip()))
    known = tuple(name for name in asked if name in CONTENT_FIELDS)
    said = (CALLBACK_FIELDS_UNKNOWN,) if len(known) < len(asked) else ()
    # A list without one known field would become an empty one, which means all fields: nobody asked for those.
    callback = None if asked and not known else _callback(uri, key, known, correlation_id)
    return CallbackFound(callback, said if callback else (CALLBACK_MALFORMED, *said))


def _callback(uri: str, key: str | None, fields: tuple[str, ...], correlation_id: str | None) -> Callback | None:
    """Return the callback, or None where one of its headers could not be sent, or is too long or too short."""
    header, _, secret = (key or "").partition(" ")
    if key is not None and not _is_header(header, secret):
        return None
    if correlation_id is not None and not _HEADER_VALUE.fullmatch(correlation_id):
        return None
    try:
        return Callback(
            uri=uri, header=header or None, key=secret or None, fields=fields, correlation_id=correlation_id
        )
    except ValidationError:
        return None


def callback_allowed(uri: str, hosts: Iterable[str], allow_http: bool) -> bool:
    """Whether a callback may go to a URI: https (or http where allowed), no user or password, and a host in ``hosts``.

    An entry ``hooks.example.com`` allows that host, ``.example.com`` all below example.com. An IP address, in any
    notation that a resolver might read as one, must be listed exactly. Every port is allowed.
    """
    parts = _split(uri)
    if parts is None or parts.scheme not in (("https", "http") if allow_http else ("https",)):
        return False
    host = _normal(parts.hostname or "")
    if not host:
        return False
    entries = [_normal(entry) for entry in hosts]
    if host in entries:
        return True
    below = [entry for entry in entries if entry.startswith(".") and len(entry) > 1]
    return not _is_address(host) and any(host.endswith(entry) for entry in below)


def _value(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name, "").strip()
    return None if value in {"", NO_VALUE} else value


def _is_header(name: str, value: str) -> bool:
    sendable = _HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)
    return bool(sendable) and name.lower() not in _RESERVED


def _split(uri: str) -> SplitResult | None:
    if not _URI.fullmatch(uri) or "\\" in uri:  # a backslash is a slash to some clients, and not to others
        return None
    try:
        parts = urlsplit(uri)
        _ = parts.port  # a port that is none raises
    except ValueError:
        return None
    return None if "@" in parts.netloc else parts


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
