"""What the fields of a customer session must be (contract section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.talon_one.calls.base import MAX_ID_LENGTH, Rules
from sandbox.talon_one.fields import (
    Complaint,
    Field,
    Shape,
    anything,
    integer,
    listing,
    number,
    one_of,
    problems,
    responses,
    text,
)
from sandbox.talon_one.replies import Problem, escape

MAX_CODE_LENGTH = 100  # characters of a coupon or referral code
MAX_COUPONS = 100  # coupons a session may have; from a seed document
MAX_IDENTIFIERS = 5
MAX_CART_ITEMS = 1_000
MAX_QUANTITY = 10_000  # sum over the cart


def _mapping(value: Any) -> Complaint:
    return None if isinstance(value, dict) else ("Invalid type", "must be an object")


def _list(value: Any) -> Complaint:
    return None if isinstance(value, list) else ("Invalid type", "must be an array")


def _computed(_: Any) -> Complaint:
    return "Not allowed", "is computed by Talon.One"


WRAPPER: Shape = {
    "customerSession": Field(_mapping, required=True),
    "responseContent": Field(
        responses(
            "customerSession",
            "customerProfile",
            "coupons",
            "triggeredCampaigns",
            "referral",
            "loyalty",
            "event",
            "awardedGiveaways",
            "ruleFailureReasons",
            "previousReturns",
            "campaignEligibility",
            "achievements",
        )
    ),
}
SESSION: Shape = {
    "profileId": Field(text(most=MAX_ID_LENGTH)),
    "storeIntegrationId": Field(text(least=1, most=MAX_ID_LENGTH)),
    "evaluableCampaignIds": Field(listing(integer())),
    "couponCodes": Field(listing(text(most=MAX_CODE_LENGTH), most=MAX_COUPONS)),
    "referralCode": Field(text(most=MAX_CODE_LENGTH)),
    "loyaltyCards": Field(listing(text(), most=1)),
    "state": Field(one_of("open", "closed", "partially_returned", "cancelled")),
    "cartItems": Field(_list),
    "experimentVariantAllocations": Field(_list),
    "additionalCosts": Field(_mapping),
    "identifiers": Field(listing(text(), most=MAX_IDENTIFIERS)),
    "attributes": Field(anything),
}
_CART_ITEM: Shape = {
    "sku": Field(text(least=1), required=True),
    "quantity": Field(integer(least=1), required=True),
    "name": Field(text()),
    "price": Field(number),
    "category": Field(text()),
    "product": Field(_mapping),
    "weight": Field(number),
    "height": Field(number),
    "width": Field(number),
    "length": Field(number),
    "attributes": Field(anything),
    "additionalCosts": Field(_mapping),
    "returnedQuantity": Field(_computed),
    "remainingQuantity": Field(_computed),
    "position": Field(_computed),
}
_ALLOCATION: Shape = {
    "experimentID": Field(integer(), required=True),
    "variantID": Field(integer(), required=True),
}
_COST: Shape = {"price": Field(number, required=True)}


def session_problems(sent: Mapping[str, Any], prefix: str, rules: Rules, *, dry: bool) -> list[Problem]:
    """What is wrong inside a session whose own fields have passed :data:`SESSION`."""
    found = rules.session.problems(sent.get("attributes", {}), f"{prefix}/attributes")
    found += _cost_problems(sent.get("additionalCosts", {}), f"{prefix}/additionalCosts", rules)
    for place, allocation in enumerate(sent.get("experimentVariantAllocations", ())):
        pointer = f"{prefix}/experimentVariantAllocations/{place}"
        found += problems(allocation, _ALLOCATION, pointer, refuse_unknown=rules.refuse_unknown)
    if "evaluableCampaignIds" in sent and not dry:
        found.append(Problem("Not allowed", "works only with dry=true", f"{prefix}/evaluableCampaignIds"))
    return found + _cart_problems(sent.get("cartItems", ()), f"{prefix}/cartItems", rules)


def _cart_problems(items: Any, prefix: str, rules: Rules) -> list[Problem]:
    if len(items) > MAX_CART_ITEMS:
        return [Problem("Too many", f"must not have more than {MAX_CART_ITEMS} items", prefix)]
    found = [
        problem for place, item in enumerate(items) for problem in _item_problems(item, f"{prefix}/{place}", rules)
    ]
    if not found and sum(item["quantity"] for item in items) > MAX_QUANTITY:
        found.append(Problem("Too many", f"the sum of quantities must not exceed {MAX_QUANTITY}", prefix))
    return found


def _item_problems(item: Any, prefix: str, rules: Rules) -> list[Problem]:
    found = problems(item, _CART_ITEM, prefix, refuse_unknown=rules.refuse_unknown)
    if found:
        return found
    if "price" not in item and item["sku"] not in rules.config.catalogue_skus:
        found.append(Problem("Required", "price is required, the item is in no catalogue", f"{prefix}/price"))
    found += rules.cart_item.problems(item.get("attributes", {}), f"{prefix}/attributes")
    return found + _cost_problems(item.get("additionalCosts", {}), f"{prefix}/additionalCosts", rules)


def _cost_problems(costs: Mapping[str, Any], prefix: str, rules: Rules) -> list[Problem]:
    found = []
    for name, cost in costs.items():
        pointer = f"{prefix}/{escape(name)}"
        if name not in rules.config.additional_costs:
            found.append(Problem("Unknown", f'The additional cost "{name}" does not exist', pointer))
        else:
            found += problems(cost, _COST, pointer, refuse_unknown=rules.refuse_unknown)
    return found
