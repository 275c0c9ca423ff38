"""The actions that update one customer profile, or several."""

from __future__ import annotations

from typing import Final

from producers.segment.actions.fields import Action, Field, FieldType
from producers.segment.actions.shared_fields import (
    ADD_AUDIENCE_IDS,
    CUSTOMER_PROFILE_ID,
    DELETE_AUDIENCE_IDS,
    RUN_RULES,
    RUN_RULES_OFF,
    SKIP_UNKNOWN,
    attributes,
    attributes_info,
    listed,
    path,
)

_PROFILE_OF_ITEM: Final = Field("customerProfileId", FieldType.STRING, "Customer Profile ID", required=True)


def _named_audiences(name: str, title: str) -> Field:
    return Field(
        name,
        FieldType.OBJECT,
        title,
        many=True,
        default=listed(f"$.properties.{name}", "name", "integrationId"),
        fields=(
            Field("name", FieldType.STRING, "Name", required=True),
            Field("integrationId", FieldType.STRING, "integrationID"),
        ),
    )


UPDATE_PROFILE: Final = Action(
    "updateCustomerProfileV3",
    "Update customer profile",
    (
        CUSTOMER_PROFILE_ID,
        SKIP_UNKNOWN,
        DELETE_AUDIENCE_IDS,
        ADD_AUDIENCE_IDS,
        RUN_RULES,
        attributes("$.traits"),
    ),
)

UPSERT_PROFILE_V1: Final = Action(
    "updateCustomerProfile",
    "Upsert customer profile",
    (
        attributes("$.traits"),
        CUSTOMER_PROFILE_ID,
        DELETE_AUDIENCE_IDS,
        ADD_AUDIENCE_IDS,
        RUN_RULES_OFF,
        attributes_info("$.traits.attributesInfo", title="Attributes with types"),
    ),
    deprecated=True,
)

UPSERT_PROFILE_V2: Final = Action(
    "updateCustomerProfileV2",
    "Upsert customer profile V2",
    (
        CUSTOMER_PROFILE_ID,
        _named_audiences("audiencesToAdd", "The audiences for the customer to join."),
        _named_audiences("audiencesToDelete", "The audiences for the customer to leave."),
        RUN_RULES,
        attributes("$.traits"),
        attributes_info("$.properties.attributesInfo"),
    ),
    deprecated=True,
)

UPDATE_PROFILES_AUDIENCES: Final = Action(
    "updateCustomerProfilesAudiences",
    "Update Multiple Customer Profiles' Audiences",
    (
        Field(
            "data",
            FieldType.OBJECT,
            "Data item to change customer profile audiences",
            required=True,
            many=True,
            fields=(
                _PROFILE_OF_ITEM,
                Field("adds", FieldType.INTEGER, "Audiences to join", many=True),
                Field("deletes", FieldType.INTEGER, "Audiences to leave", many=True),
            ),
        ),
    ),
)

# Segment's source no longer has it, its page still lists it; mappings of it may be about.
UPDATE_PROFILES_ATTRIBUTES: Final = Action(
    "updateCustomerProfilesAttributes",
    "Update Multiple Customer Profiles' Attributes",
    (
        Field(
            "data",
            FieldType.OBJECT,
            "Data item to change customer profile attributes",
            required=True,
            many=True,
            fields=(_PROFILE_OF_ITEM, Field("attributes", FieldType.OBJECT, "Attribute-Value pairs")),
        ),
        Field("mutualAttributes", FieldType.OBJECT, "Mutual Attribute-Value pairs", default=path("$.traits")),
        attributes_info("$.traits.attributesInfo", title="Attributes with types"),
    ),
)
