"""One batch of the Events API in normal form."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from producers.mparticle.feed.events import happening
from producers.mparticle.feed.fields import BadBatch, Json, a_list, a_text, an_attribute_name, an_id, attributes
from producers.mparticle.feed.notes import UNKNOWN_FIELDS
from producers.mparticle.feed.people import person
from producers.mparticle.normal import Batch, Note

ENVIRONMENTS: Final = ("development", "production")
_WEBHOOK_ID: Final = ("message_id", "unique_id")  # of one message of the webhook output; the batch's id is not
FIELDS: Final = frozenset(
    {
        "events",
        "environment",
        "user_attributes",
        "deleted_user_attributes",
        "user_identities",
        "device_info",
        "application_info",
        "source_request_id",
        "api_key",
        "api_keys",
        "ip",
        "integration_attributes",
        "context",
        "partner_identity",
        "partner_identities",
        "source_info",
        "mp_deviceid",
        "attribution_info",
        "timestamp_unixtime_ms",
        "batch_id",
        "mpid",
        "origin_mpid",
        "sdk_version",
        "consent_state",
        "job_id",
        "schema_version",  # the published schema forbids it, and mParticle's own examples send it
        *_WEBHOOK_ID,
        "message_type",
        "system_notifications",
    }
)


class Read(NamedTuple):
    """A batch, and what was passed over in it. ``batch.seen_id`` is what the sender gave to know a repeat by."""

    batch: Batch
    notes: tuple[Note, ...]


def read_batch(value: Any, arrived_ms: int, fresh_id: str) -> Read:
    """Return what a batch tells. Raises BadBatch.

    ``arrived_ms`` (UTC milliseconds) is the time of what carries none. ``fresh_id`` is never used twice: with their
    place in the batch it is the id of events that have none, in a batch that has none.
    """
    if not isinstance(value, dict):
        raise BadBatch("", "must be an object: one batch of one user")
    environment = value.get("environment")
    if environment is not None and environment not in ENVIRONMENTS:
        raise BadBatch("environment", "must be development or production")
    who, notes = person(value)
    seen_id = _seen_id(value)
    deleted = tuple(
        an_attribute_name(name, f"deleted_user_attributes[{number}]")
        for number, name in enumerate(a_list(value.get("deleted_user_attributes"), "deleted_user_attributes"))
    )
    found = attributes(value.get("user_attributes"), "user_attributes", lists=True)
    happenings = tuple(
        happening(event, f"events[{number}]", message_id=f"{seen_id or fresh_id}-{number}", arrived_ms=arrived_ms)
        for number, event in enumerate(a_list(value.get("events"), "events"))
    )
    if not value.keys() <= FIELDS:
        notes = (*notes, Note(UNKNOWN_FIELDS))
    return Read(Batch(seen_id, who, found, deleted, happenings), notes)


def _seen_id(batch: Json) -> str:
    """Return what a repeat of the batch is known by: the sender's id, or in the webhook output the message's.

    The webhook output may post each event of a batch by itself, so ids of the batch say nothing there.
    """
    told = [an_id(batch.get(name), name) or "" for name in _WEBHOOK_ID]
    if any(told):
        return ":".join(told)
    return a_text(batch.get("source_request_id"), "source_request_id") or ""
