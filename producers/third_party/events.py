"""Event calls as records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from xxhash import xxh3_128_hexdigest

from producers.third_party.attribute_types import typed
from producers.third_party.bodies import EventBody, EventV1Body
from producers.third_party.calls import Call
from producers.third_party.context import Context, Translation, skips
from producers.third_party.problems import make, read
from tercel.records import Event

_NAMES: Final = {"profile_id": "customerProfileId", "type": "eventType", "attributes": "eventAttributes"}


def event(call: Call, context: Context) -> Translation:
    """The event call."""
    body = read(EventBody, call.body)
    return Translation((_record(call, context, body, body.event_attributes or {}),))


def event_v1(call: Call, context: Context) -> Translation:
    """The deprecated event call: the types of attributes are used, and the event's own ``type`` is not."""
    body = read(EventV1Body, call.body)
    attributes, said = typed(body.event_attributes, body.attributes_info)
    return Translation((_record(call, context, body, attributes),), notes=said)


def _record(call: Call, context: Context, body: EventBody, attributes: Mapping[str, Any]) -> Event:
    return make(
        Event,
        _NAMES,
        profile_id=body.customer_profile_id,
        type=body.event_type,
        event_id=event_id_of(call.source_id) if call.source_id else context.new_event_id(),
        attributes=attributes,
        skip_unknown=skips(call),
    )


def event_id_of(source_id: str) -> str:
    """Return the id of the event that an input makes: always the same, so that a repeat of it is harmless."""
    return xxh3_128_hexdigest(source_id.encode("utf-8", "surrogatepass"))
