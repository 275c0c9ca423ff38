"""Fields that several actions have, so that each is described once."""

from __future__ import annotations

from typing import Any, Final

from producers.segment.actions.fields import Field, FieldType

ATTRIBUTE_TYPES: Final = ("string", "time", "number", "boolean", "location")
SESSION_STATES: Final = ("open", "closed", "partially_returned", "cancelled")


def path(text: str) -> dict[str, Any]:
    """Return the directive that takes a value out of the message."""
    return {"@path": text}


def listed(text: str, *names: str) -> dict[str, Any]:
    """Return the directive that takes ``names`` out of each object of a list in the message."""
    return {"@arrayPath": [text, {name: path(f"$.{name}") for name in names}]}


CUSTOMER_PROFILE_ID: Final = Field(
    "customerProfileId", FieldType.STRING, "Customer Profile ID", required=True, default=path("$.userId")
)
RUN_RULES: Final = Field("runRuleEngine", FieldType.BOOLEAN, "Run rule engine", default=True)
RUN_RULES_OFF: Final = Field("runRuleEngine", FieldType.BOOLEAN, "Run rule engine", default=False)
SKIP_UNKNOWN: Final = Field(
    "skipNonExistingAttributes", FieldType.BOOLEAN, "Skip Non-existing Attributes Flag", default=False
)
ADD_AUDIENCE_IDS: Final = Field(
    "addAudienceIds",
    FieldType.INTEGER,
    "List of audience ID to associate with the customer profile.",
    many=True,
)
DELETE_AUDIENCE_IDS: Final = Field(
    "deleteAudienceIds",
    FieldType.INTEGER,
    "List of audience ID to dissociate with the customer profile.",
    many=True,
)


def attributes(default: str) -> Field:
    """Return the free object of attributes, taken from ``default`` where a mapping says nothing."""
    return Field("attributes", FieldType.OBJECT, "Attribute-Value pairs", default=path(default))


def attributes_info(default: str, name: str = "attributesInfo", title: str = "Attributes info") -> Field:
    """Return the list of attributes with their types that deprecated actions send along."""
    return Field(
        name,
        FieldType.OBJECT,
        title,
        many=True,
        default=listed(default, "name", "type"),
        fields=(
            Field("name", FieldType.STRING, "Name", required=True),
            Field("type", FieldType.STRING, "Type", required=True, choices=ATTRIBUTE_TYPES),
        ),
    )
