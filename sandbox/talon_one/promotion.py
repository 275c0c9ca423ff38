"""The one campaign a stand-in can hold: who has joined an audience gets a coupon code."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Final

from xxhash import xxh3_64_digest

from sandbox.talon_one.config import Campaign
from sandbox.talon_one.world import World

CAMPAIGN_ID: Final = 1
RULESET_ID: Final = 1
RULE_NAME: Final = "Has joined an audience: create coupon code"

Data = dict[str, Any]


def coupons_for(campaign: Campaign | None, profile_id: str, joined: Sequence[int], world: World) -> list[Data]:
    """The coupons that the campaign creates because a profile has joined these audiences (``Coupon`` in the OpenAPI).

    The condition is met once for a run of the rules, whichever audiences of this name were joined.
    """
    if campaign is None or campaign.audience not in {world.audiences[number].fields["name"] for number in joined}:
        return []
    number = len(world.coupons) + 1
    coupon = {
        "id": number,
        "created": world.now(),
        "campaignId": CAMPAIGN_ID,
        "value": _code(campaign, profile_id, number),
        "usageLimit": 1,
        "usageCounter": 0,
        "recipientIntegrationId": profile_id,
        "reservation": False,
    }
    return [coupon]


def effects_of(coupons: Sequence[Data]) -> list[Data]:
    """The effects that tell of created coupons (``Effect`` with ``CouponCreatedEffectProps``)."""
    return [
        {
            "campaignId": CAMPAIGN_ID,
            "rulesetId": RULESET_ID,
            "ruleIndex": 0,
            "ruleName": RULE_NAME,
            "effectType": "couponCreated",
            "props": {"value": coupon["value"], "profileId": coupon["recipientIntegrationId"]},
        }
        for coupon in coupons
    ]


def _code(campaign: Campaign, profile_id: str, number: int) -> str:
    """A code that looks like one: the prefix and eight letters or digits, the same whenever the same happens."""
    drawn = base64.b32encode(xxh3_64_digest(f"{profile_id}\0{number}".encode()))
    return campaign.prefix + drawn[:8].decode()
