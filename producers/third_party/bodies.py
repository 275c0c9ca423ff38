"""The bodies of the third-party API's calls, all but the session's (contract: sections 2 and 3).

Types are strict, as the API's are; fields that a call does not know are ignored, as it ignores them; null is the same
as leaving a field out, except inside attributes, where it deletes one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from tercel.records import MAX_ID_LENGTH

MAX_AUDIENCE_NUMBER = 2**63 - 1  # the API's ids are int64

Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH)]
AudienceNumber = Annotated[int, Field(ge=1, le=MAX_AUDIENCE_NUMBER)]
AttributeType = Literal["string", "time", "number", "boolean", "location"]
EventDataType = Literal[
    "string",
    "time",
    "number",
    "boolean",
    "location",
    "(list string)",
    "(list number)",
    "(list time)",
    "(list location)",
]
AttributeValues = dict[str, Any]  # the record checks what is inside


class Body(BaseModel):
    """What all bodies have in common."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", alias_generator=to_camel)


class AttributeInfo(Body):
    """The type an attribute is to have, on deprecated calls."""

    name: str
    type: AttributeType


AttributesInfo = list[AttributeInfo] | None


class AudienceChanges(Body):
    """Audiences to join and leave, by Talon.One's own ids."""

    adds: list[AudienceNumber] | None = None
    deletes: list[AudienceNumber] | None = None


class ExternalAudienceChanges(Body):
    """Audiences to join and leave, by their ids at the sender."""

    adds: list[Id] | None = None
    deletes: list[Id] | None = None


class NamedAudience(Body):
    """An audience by its name, created where it does not exist, with or without an id of the sender's."""

    name: Id
    integration_id: Id | None = None


class NamedAudienceChanges(Body):
    """Audiences to join and leave, by name."""

    adds: list[NamedAudience] | None = None
    deletes: list[NamedAudience] | None = None


class ProfileBody(Body):
    """``PUT /segment/v2/customer_profiles/{id}`` and ``PUT /cdp/customer_profile/{id}``."""

    attributes: AttributeValues | None = None
    run_rule_engine: bool | None = None
    audiences_changes: AudienceChanges | None = None


class ProfileV1Body(ProfileBody):
    """``PUT /segment/customer_profile/{id}``, deprecated."""

    attributes_info: AttributesInfo = None


class NamedProfileBody(Body):
    """``PUT /segment/customer_profile_v2/{id}``, deprecated."""

    attributes: AttributeValues | None = None
    run_rule_engine: bool | None = None
    audiences_changes: NamedAudienceChanges | None = None
    attributes_info: AttributesInfo = None


class ProfileAudiencesBody(Body):
    """``PUT .../{id}/audiences``: the changes of one profile."""

    data: ExternalAudienceChanges | None = None


class ProfileChanges(AudienceChanges):
    """One profile of ``PUT .../customer_profiles/audiences``."""

    customer_profile_id: Id


class ExternalProfileChanges(ExternalAudienceChanges):
    """One profile of ``PUT .../v2/customer_profiles/audiences``."""

    customer_profile_id: Id


class ProfileAttributes(Body):
    """One profile of ``PUT /segment/customer_profiles/attributes``."""

    customer_profile_id: Id
    attributes: AttributeValues | None = None


class ProfilesAudiencesBody(Body):
    """``PUT .../customer_profiles/audiences``, ids as numbers."""

    data: list[ProfileChanges] | None = None


class ProfilesAudiencesV2Body(Body):
    """``PUT .../v2/customer_profiles/audiences``, ids as text."""

    data: list[ExternalProfileChanges] | None = None


class ProfilesAttributesBody(Body):
    """``PUT /segment/customer_profiles/attributes``, sent by an older Segment action."""

    data: list[ProfileAttributes] | None = None
    mutual_attributes: AttributeValues | None = None
    attributes_info: AttributesInfo = None


class EventBody(Body):
    """``PUT /segment/v2/events``."""

    customer_profile_id: Id
    event_type: Id
    event_attributes: AttributeValues | None = None


class EventV1Body(EventBody):
    """``PUT /segment/event``, deprecated. ``type`` is a type of data; the event's name is ``eventType``."""

    type: EventDataType
    attributes_info: AttributesInfo = None


class AudienceBody(Body):
    """``POST .../audiences``."""

    audience_id: Id
    audience_name: Id


class AudienceNameBody(Body):
    """``PUT .../audiences/{audienceId}``: Segment sends the name alone; the id in the path decides."""

    audience_name: Id
    audience_id: Id | None = None
