"""The actions that track an event."""

from __future__ import annotations

from typing import Final

from producers.segment.actions.fields import Action, Field, FieldType
from producers.segment.actions.shared_fields import (
    CUSTOMER_PROFILE_ID,
    SKIP_UNKNOWN,
    attributes,
    attributes_info,
    path,
)

_EVENT_TYPE: Final = Field("eventType", FieldType.STRING, "Event Type", required=True, default=path("$.event"))
_ATTRIBUTES: Final = attributes("$.properties.attributes")

TRACK_EVENT: Final = Action(
    "trackEventV2", "Track event", (SKIP_UNKNOWN, CUSTOMER_PROFILE_ID, _EVENT_TYPE, _ATTRIBUTES)
)

TRACK_EVENT_V1: Final = Action(
    "trackEvent",
    "Track event",
    (
        CUSTOMER_PROFILE_ID,
        _EVENT_TYPE,
        Field("type", FieldType.STRING, "Type", required=True, default="string"),
        _ATTRIBUTES,
        attributes_info("$.properties.attributesInfo"),
    ),
    deprecated=True,
)
