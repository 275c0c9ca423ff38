"""The bodies of the session calls (contract: sections 2, 4 and 6)."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from producers.third_party.bodies import AttributesInfo, AttributeValues, Body
from tercel.records import MAX_ID_LENGTH

MAX_CODE_LENGTH = 100  # characters of a coupon or referral code
MAX_COUPONS = 100
MAX_CART_ITEMS = 1_000
MAX_IDENTIFIERS = 5
MAX_LOYALTY_CARDS = 1
MAX_WHOLE_NUMBER = 2**63 - 1  # what travels as a whole number; a larger one becomes a float, as JSON parsers make it
_MAX_FLOAT: Final = 10**308
_NUMBER_TEXT: Final = r"^\s*-?\d+(\.\d+)?([eE][+-]?\d+)?\s*$"
_NUMBER: Final = re.compile(_NUMBER_TEXT, re.ASCII)
_MAX_NUMBER_LENGTH = 40  # characters; a longer text is no measure of anything


def number_of(value: object) -> int | float | None:
    """Return the number that a number or a text is; None for anything else, and for what is not finite."""
    if isinstance(value, str):
        if len(value) > _MAX_NUMBER_LENGTH or not _NUMBER.match(value):
            return None
        try:
            value = int(value)
        except ValueError:
            value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and abs(value) > MAX_WHOLE_NUMBER:
        return float(value) if abs(value) < _MAX_FLOAT else None
    return value if math.isfinite(value) else None


def _read_number(value: object) -> object:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None  # Segment types measures as texts, and an empty text is no value
    number = number_of(value)
    if number is None:
        raise PydanticCustomError("number", "must be a number")
    return number


def _read_whole(value: object) -> object:
    number = number_of(value)
    if number is None or (isinstance(number, float) and not number.is_integer()):
        raise PydanticCustomError("whole_number", "must be a whole number")
    return int(number)


def _read_state(value: object) -> object:
    if value == "partially_returned":  # a value of the API's, but not one that a call may set
        raise PydanticCustomError("partially_returned", "cannot be set")
    return value


Number = Annotated[
    Any,
    BeforeValidator(_read_number),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": _NUMBER_TEXT}, {"type": "null"}]}),
]
Quantity = Annotated[int, BeforeValidator(_read_whole), Field(ge=1, le=MAX_WHOLE_NUMBER)]
Code = Annotated[str, StringConstraints(max_length=MAX_CODE_LENGTH)]
Text = Annotated[str, StringConstraints(min_length=1)]
State = Annotated[Literal["open", "closed", "cancelled"], BeforeValidator(_read_state)]


class AdditionalCost(Body):
    """A cost beside the goods, e.g. shipping."""

    price: Number = None


AdditionalCosts = dict[str, AdditionalCost] | None


class CartItem(Body):
    """One line of a cart. The three fields that Talon.One computes are taken and dropped, whatever they hold."""

    sku: Text
    quantity: Quantity
    name: str | None = None
    price: Number = None
    category: str | None = None
    weight: Number = None  # grams
    height: Number = None  # millimetres, as the next two
    width: Number = None
    length: Number = None
    attributes: AttributeValues | None = None
    additional_costs: AdditionalCosts = None
    returned_quantity: Any = None
    remaining_quantity: Any = None
    position: Any = None


COMPUTED: Final = frozenset({"returned_quantity", "remaining_quantity", "position"})


class SessionBody(Body):
    """``PUT /segment/v2/customer_sessions/{id}``: a session, flat."""

    profile_id: Annotated[str, StringConstraints(max_length=MAX_ID_LENGTH)] | None = None
    state: State | None = None
    coupon_codes: Annotated[list[Code], Field(max_length=MAX_COUPONS)] | None = None
    referral_code: Code | None = None
    loyalty_cards: Annotated[list[str], Field(max_length=MAX_LOYALTY_CARDS)] | None = None
    identifiers: Annotated[list[str], Field(max_length=MAX_IDENTIFIERS)] | None = None
    cart_items: Annotated[list[CartItem], Field(max_length=MAX_CART_ITEMS)] | None = None
    additional_costs: AdditionalCosts = None
    attributes: AttributeValues | None = None


class SessionV1Body(Body):
    """``PUT /segment/customer_sessions/{id}``, deprecated: the session in a wrapper, with the types of attributes."""

    customer_session: SessionBody
    session_attributes_info: AttributesInfo = None
    cart_item_attributes_info: AttributesInfo = None
