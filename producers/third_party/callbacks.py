"""The callback headers of session calls: where the API's answer is to be posted (contract: section 5).

A callback that may not be made, or cannot be, is left out with a note: the session is taken all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from producers.third_party.notes import CALLBACK_FIELDS_UNKNOWN, CALLBACK_MALFORMED, CALLBACK_NOT_ALLOWED
from tercel.callback_hosts import NotAllowed, target_of
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
    try:
        target_of(uri, policy.hosts, allow_http=policy.allow_http)
    except NotAllowed:
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


def _value(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name, "").strip()
    return None if value in {"", NO_VALUE} else value


def _is_header(name: str, value: str) -> bool:
    sendable = _HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)
    return bool(sendable) and name.lower() not in _RESERVED
