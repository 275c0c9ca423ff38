"""Reading what is posted to the Events API: one batch of one user (contract mparticle, section 4)."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson

from sandbox.mparticle.config import Feed

ENVIRONMENTS: Final = ("production", "development")
IDENTITIES: Final[Mapping[str, str]] = {  # the Events API's names, and the Firehose's
    "customer_id": "customer",
    "email": "email",
    "other": "other",
    **{f"other_id_{n}": f"other{n}" for n in range(2, 11)},
    **{name: name for name in ("facebook", "twitter", "google", "microsoft", "yahoo")},
    **{name: name for name in ("mobile_number", "phone_number_2", "phone_number_3")},
}
EVENT_TYPES: Final = frozenset(
    {
        "custom_event",
        "session_start",
        "session_end",
        "screen_view",
        "commerce_event",
        "user_attribute_change",
        "user_identity_change",
    }
)


class Refused(Exception):
    """The request is not taken: its ``status``, and the text of its error body."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text

    def body(self) -> bytes:
        """The error body."""
        code = HTTPStatus(self.status).name
        return orjson.dumps({"errors": [{"code": code, "message": self.text}]})


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: who, under the Firehose's names of identities, what was said of him, and the types of its events."""

    environment: str
    identities: Mapping[str, str]
    attributes: Mapping[str, Any]
    events: tuple[str, ...]


def check_basic(authorization: str, feed: Feed) -> None:
    """Raise Refused, 401 or 403, unless HTTP Basic gives the feed's key and secret."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise Refused(HTTPStatus.UNAUTHORIZED, "Missing authorization header")
    try:
        decoded = base64.b64decode(given.strip(), validate=True)
    except binascii.Error:
        decoded = b""
    if not hmac.compare_digest(decoded, f"{feed.key}:{feed.secret}".encode()):
        raise Refused(HTTPStatus.FORBIDDEN, "Wrong credentials")


def read_batch(body: bytes) -> Batch:
    """The batch in a body. Raises Refused, 400, naming the field."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _bad("the body is not JSON") from None
    if not isinstance(data, dict):
        raise _bad("the body must be an object")
    environment = data.get("environment", ENVIRONMENTS[0])
    if environment not in ENVIRONMENTS:
        raise _bad(f"environment must be one of {', '.join(ENVIRONMENTS)}")
    return Batch(environment, _identities(data), _object(data, "user_attributes"), _events(data))


def _identities(data: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name, value in _object(data, "user_identities").items():
        if name not in IDENTITIES:
            raise _bad(f"user_identities.{name} is not an identity type")
        if not isinstance(value, str) or not value:
            raise _bad(f"user_identities.{name} must be a text that is not empty")
        found[IDENTITIES[name]] = value
    if not found:
        raise _bad("user_identities must have at least one identity")
    return found


def _events(data: Mapping[str, Any]) -> tuple[str, ...]:
    events = data.get("events", [])
    if not isinstance(events, list):
        raise _bad("events must be an array")
    for place, event in enumerate(events):
        if not isinstance(event, dict) or event.get("event_type") not in EVENT_TYPES:
            raise _bad(f"events[{place}].event_type is not an event type")
        if not isinstance(event.get("data"), dict):
            raise _bad(f"events[{place}].data must be an object")
    return tuple(event["event_type"] for event in events)


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise _bad(f"{name} must be an object")
    return value


def _bad(text: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, text)
