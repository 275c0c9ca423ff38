"""How a sender proves who it is. Everything is compared in constant time, and nobody is told what was wrong."""

from __future__ import annotations

import base64
import binascii
import hmac
from functools import lru_cache
from typing import Final

from producers.receiver.json_text import first_element

SCHEME: Final = b"apikey-v1 "  # of the third-party API's keys, in lower case
MOST_SECRETS: Final = 64  # whose digests are kept at hand
_SIGNATURE_LENGTH: Final = 40  # hex digits of an HMAC-SHA1


def is_signed(body: bytes, signature: bytes, secret: bytes) -> bool:
    """Whether ``signature`` (``X-Signature``) is that of the body: lower-case hex of the HMAC-SHA1.

    Of a JSON array only the first element's text is signed, as it was sent. (Contract: segment, part (c).)
    """
    if len(signature) != _SIGNATURE_LENGTH:
        return False
    signed = first_element(body) if body.lstrip()[:1] == b"[" else body
    if signed is None:
        return False
    digest = _keyed(secret).copy()
    digest.update(signed)
    return hmac.compare_digest(digest.hexdigest().encode(), signature)


@lru_cache(maxsize=MOST_SECRETS)
def _keyed(secret: bytes) -> hmac.HMAC:
    """Return a digest that has taken its key in: that is half the work of signing a message."""
    return hmac.new(secret, digestmod="sha1")


def write_keys(authorization: bytes) -> tuple[bytes, ...]:
    """Return what may be the key in a webhook's ``Authorization``: a Bearer token, or either half of a Basic one.

    Segment's own clients send a write key as the user name and leave the password empty.
    """
    scheme, _, rest = authorization.strip().partition(b" ")
    match scheme.lower():
        case b"bearer":
            return (rest.strip(),)
        case b"basic":
            user, _, password = _decoded(rest).partition(b":")
            return tuple(half for half in (user, password) if half)
    return ()


def api_key(authorization: bytes) -> bytes:
    """Return the key of ``ApiKey-v1 <key>``, or of ``Basic base64("ApiKey-v1 <key>:")``; empty where there is none.

    (Contract: talon-one-third-party-api, section 1.)
    """
    given = authorization.strip()
    if given[:6].lower() == b"basic ":
        given = _decoded(given[6:])
        given = given[:-1] if given.endswith(b":") else given
    return given[len(SCHEME) :].strip() if given[: len(SCHEME)].lower() == SCHEME else b""


def basic(authorization: bytes) -> tuple[bytes, bytes]:
    """Return user and password of HTTP Basic; both empty where there are none."""
    scheme, _, rest = authorization.strip().partition(b" ")
    if scheme.lower() != b"basic":
        return b"", b""
    user, _, password = _decoded(rest).partition(b":")
    return user, password


def same(one: bytes, other: bytes) -> bool:
    """Whether two keys are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)


def _decoded(basic: bytes) -> bytes:
    try:
        return base64.b64decode(basic.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
