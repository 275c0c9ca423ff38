"""Event records, one a request: ``POST /event`` (contract, section 2). Their vars stay with the event."""

from __future__ import annotations

from typing import Any

from workers.destinations.base import Rendered
from workers.destinations.sailthru import wire
from workers.destinations.sailthru.names import RESERVED_EVENTS, not_an_email
from workers.destinations.sailthru.reasons import EVENT_RESERVED, reason
from workers.destinations.sailthru.wire import RecordData


def render_event(record: RecordData) -> Rendered:
    """Render one event under its own name; names that Sailthru keeps for itself are refused."""
    why = not_an_email(record["profile_id"])
    if why is not None:
        return Rendered(None, {0: why})
    if record["type"] in RESERVED_EVENTS:
        text = f"Sailthru keeps the event name {record['type']} for itself; give the event another one at its source."
        return Rendered(None, {0: reason(EVENT_RESERVED, text)})
    arguments: dict[str, Any] = {"id": record["profile_id"], "key": "email", "event": record["type"]}
    if record.get("attributes"):
        arguments["vars"] = record["attributes"]
    return Rendered(wire.request("POST", wire.EVENT, arguments))
