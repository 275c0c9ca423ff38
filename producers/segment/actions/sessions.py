"""The actions that update a customer session."""

from __future__ import annotations

from typing import Final

from producers.segment.actions.fields import Action, Field, FieldType
from producers.segment.actions.shared_fields import SESSION_STATES, SKIP_UNKNOWN, attributes, attributes_info, path

_SESSION_ID: Final = Field("customerSessionId", FieldType.STRING, "Customer Session ID", required=True)
_CALLBACK: Final = (
    Field("callbackDestination", FieldType.STRING, "Callback Destination URI"),
    Field("callbackAPIKey", FieldType.STRING, "Callback API Key"),
    Field("contentFields", FieldType.STRING, "Content Fields", default="effects"),
    Field("callbackCorrelationId", FieldType.STRING, "Correlation ID"),
)

# Segment types these as texts although Talon.One knows numbers; there is no width.
_MEASURES: Final = ("returnedQuantity", "remainingQuantity", "weight", "height", "length", "position")
_CART_ITEMS: Final = Field(
    "cartItems",
    FieldType.OBJECT,
    "Cart Items",
    many=True,
    fields=(
        Field("name", FieldType.STRING, "Name"),
        Field("sku", FieldType.STRING, "SKU"),
        Field("quantity", FieldType.NUMBER, "Quantity"),
        Field("price", FieldType.NUMBER, "Price"),
        Field("category", FieldType.STRING, "Category"),
        *(Field(name, FieldType.STRING, name) for name in _MEASURES),
        Field("attributes", FieldType.OBJECT, "Attribute-Value pairs"),
        Field("additionalCosts", FieldType.OBJECT, "Additional Costs"),
    ),
)

_PROFILE_ID: Final = Field("profileId", FieldType.STRING, "Customer Profile ID", default=path("$.userId"))
_SESSION: Final = (
    _PROFILE_ID,
    Field("couponCodes", FieldType.STRING, "Coupon Codes", many=True),
    Field("referralCode", FieldType.STRING, "Referral Codes"),
    Field("loyaltyCards", FieldType.STRING, "Loyalty Cards", many=True),
    Field("state", FieldType.STRING, "State", choices=SESSION_STATES),
    _CART_ITEMS,
    Field("additionalCosts", FieldType.OBJECT, "Additional Costs"),
)
_ATTRIBUTES: Final = attributes("$.properties.attributes")

UPDATE_SESSION: Final = Action(
    "updateCustomerSessionV2",
    "Update customer session",
    (
        _SESSION_ID,
        *_CALLBACK,
        SKIP_UNKNOWN,
        *_SESSION,
        Field("identifiers", FieldType.STRING, "Identifiers", many=True),
        _ATTRIBUTES,
    ),
)

UPDATE_SESSION_V1: Final = Action(
    "updateCustomerSession",
    "Update customer session",
    (
        _SESSION_ID,
        *_CALLBACK,
        Field(
            "customerSession",
            FieldType.OBJECT,
            "Customer Session Data",
            required=True,
            default={},
            fields=(*_SESSION, _ATTRIBUTES),
        ),
        attributes_info("$.properties.attributesInfo", "sessionAttributesInfo", "Session Attributes info"),
        attributes_info("$.properties.attributesInfo", "cartItemsAttributesInfo", "Cart Items Attributes info"),
    ),
    deprecated=True,
)
