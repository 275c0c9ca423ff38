"""Event records, one a request: ``POST /v2/events`` or ``POST /v3/events`` (contract, section 5)."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final, Literal, get_args

import orjson

from workers.destinations.base import Rendered, Request
from workers.destinations.talon_one.attributes import EVENT, NO_ATTRIBUTES, Unknown, unknown_names, without
from workers.destinations.talon_one.wire import JSON_HEADERS, ONE_ITEM, RecordData

V2_PATH: Final = "/v2/events"
V3_PATH: Final = "/v3/events"
QUERY: Final = "silent=yes"  # spare the API from describing the profile in its answer

EventsApi = Literal["v2", "v3"]
EVENTS_APIS: Final[tuple[str, ...]] = get_args(EventsApi)


def render_event(record: RecordData, unknown: Unknown, events_api: EventsApi) -> Rendered:
    """Render one event.

    v3 knows an event by its own id, so a repeat is harmless. v2 has no field for ``event_id`` or ``session_id``: they
    are left out, and only the Idempotency-Key makes a repeat harmless. It is made of event id and body, so that even an
    event that was enqueued twice counts once while the API remembers its key (24 hours).
    """
    body: dict[str, Any] = {"profileId": record["profile_id"], "type": record["type"]}
    attributes = without(record.get("attributes", NO_ATTRIBUTES), unknown_names(unknown, EVENT))
    if attributes:
        body["attributes"] = attributes
    if record.get("store_id") is not None:
        body["storeIntegrationId"] = record["store_id"]
    if record.get("loyalty_cards"):
        body["loyaltyCards"] = record["loyalty_cards"]
    if events_api == "v2":
        encoded = orjson.dumps(body)
        key = blake2b(record["event_id"].encode() + b"\0" + encoded, digest_size=16).hexdigest()
        return Rendered(Request("POST", V2_PATH, encoded, ONE_ITEM, QUERY, JSON_HEADERS, idempotency_key=key))
    body["integrationId"] = record["event_id"]
    if record.get("session_id") is not None:
        body["connectedSessionId"] = record["session_id"]
    encoded = orjson.dumps(body)
    return Rendered(Request("POST", V3_PATH, encoded, ONE_ITEM, QUERY, JSON_HEADERS, idempotency_header=False))
