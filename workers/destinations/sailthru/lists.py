"""Audience records as lists: asked for by name, and made where there is none (contract, section 2, /list).

Two lists of one name can come of two requests at once, so whoever renders these holds the lock on the name. A renamed
audience gets a list of its new name; the old one stays with whoever is on it.
"""

from __future__ import annotations

from workers.destinations.base import Knowledge, Rendered, Request
from workers.destinations.sailthru import wire
from workers.destinations.sailthru.names import list_name, not_named
from workers.destinations.sailthru.wire import RecordData


def render_audience(record: RecordData, known: Knowledge) -> Rendered:
    """Render one audience record; a list that is known to be there is not asked for again."""
    if record.get("name") is None:
        return Rendered(None, {0: not_named()})
    name = list_name(record["name"])
    if record["action"] == "delete":
        return Rendered(wire.request("DELETE", wire.LIST, {"list": name}))
    return Rendered(None) if name in known.named else Rendered(wire.request("GET", wire.LIST, {"list": name}))


def create_request(record: RecordData) -> Request:
    """Return what makes a list, once it is known that there is none."""
    return wire.request("POST", wire.LIST, {"list": list_name(record["name"])})
