"""The Firehose's messages: what all of them have, and what each is answered with. (Contract: mparticle, section 2.)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from producers.mparticle.identities import id_text
from producers.mparticle.settings import T1_AUDIENCE_ID

REGISTRATION: Final = "module_registration_request"
SUBSCRIPTION: Final = "audience_subscription_request"
MEMBERSHIPS: Final = "audience_membership_change_request"
EVENTS: Final = "event_processing_request"
ERASURE: Final = "dsr_processing_request"
KNOWN: Final = frozenset({REGISTRATION, SUBSCRIPTION, MEMBERSHIPS, EVENTS, ERASURE})

FIREHOSE_VERSION: Final = "3.2.0"  # said where a request names none; others are taken as they come
MOST_ID_LENGTH: Final = 200  # characters; a UUID has 36, and what is longer is not repeated to anybody
_REQUEST, _RESPONSE = "_request", "_response"


@dataclass(frozen=True, slots=True)
class Message:
    """One request. ``id`` is "" where it has none; ``body`` is all of it and holds the account's API key."""

    type: str
    id: str
    version: str
    body: Mapping[str, Any] = field(repr=False)

    @property
    def account(self) -> Any:
        """The account that sends, with its settings; absent from some requests."""
        return self.body.get("account")


def message_of(body: Any) -> Message | None:
    """Return a request's envelope; None where there is no type, which every message has."""
    if not isinstance(body, dict):
        return None
    kind = body.get("type")
    if not isinstance(kind, str) or not kind.strip():
        return None
    version = body.get("firehose_version")
    return Message(
        kind.strip().lower()[:MOST_ID_LENGTH],
        (id_text(body.get("id")) or "")[:MOST_ID_LENGTH],
        version[:MOST_ID_LENGTH] if isinstance(version, str) and version else FIREHOSE_VERSION,
        body,
    )


def answer_to(message: Message, now_ms: int, **own: Any) -> dict[str, Any]:
    """Return a response with the request's own id, which mParticle allows. ``now_ms`` is UTC milliseconds.

    A type that is not known is answered by the same rule as the others: what asks gets what answers.
    """
    kind = message.type.removesuffix(_REQUEST) + _RESPONSE
    return {"type": kind, "id": message.id, "timestamp_ms": now_ms, "firehose_version": message.version, **own}


def done(message: Message, now_ms: int) -> dict[str, Any]:
    """Return the answer to events and memberships: taken in, and the subscription goes on."""
    return answer_to(message, now_ms, suspend_subscription=False)


def subscribed(message: Message, now_ms: int, t1_audience_id: int | None) -> dict[str, Any]:
    """Return the answer to a subscription; mParticle stores the id, and sends it with every membership change.

    The settings stay away where the id is not known yet: mParticle then sends what it had, and the external id decides.
    """
    if t1_audience_id is None:
        return answer_to(message, now_ms)
    return answer_to(message, now_ms, audience_subscription_settings={T1_AUDIENCE_ID: t1_audience_id})
