"""Session records, one a request: ``PUT /v2/customer_sessions/{customerSessionId}`` (contract, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from workers.destinations.base import Rendered, Request
from workers.destinations.talon_one.attributes import CART_ITEM, SESSION, Unknown, unknown_names, without
from workers.destinations.talon_one.reasons import ID_NOT_ADDRESSABLE, reason
from workers.destinations.talon_one.urls import can_be_path_value, path_value
from workers.destinations.talon_one.wire import JSON_HEADERS, ONE_ITEM, RecordData

PATH: Final = "/v2/customer_sessions/"
# What an answer may hold beside the effects, where it is asked for. Of the fields that a callback may want (third-party
# contract, section 5), the others come unasked.
RESPONSE_CONTENT: Final = (
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
)


def render_session(record: RecordData, unknown: Unknown) -> Rendered:
    """Render one session. Its own ``profile_id`` and ``state`` win over fields of these names in ``details``.

    One whose answer goes to a callback asks for the fields that the callback wants, all where it does not say.
    """
    session_id = record["session_id"]
    if not can_be_path_value(session_id):
        text = "The session's id (. or ..) cannot be used in an address; use another id."
        return Rendered(None, {0: reason(ID_NOT_ADDRESSABLE, text)})
    session = dict(_known_details(record.get("details", {}), unknown))
    session["profileId"] = record.get("profile_id", "")
    session["state"] = record.get("state", "open")
    body: dict[str, Any] = {"customerSession": session}
    callback = record.get("callback")
    if callback is not None:
        fields = callback.get("fields")
        wanted = [name for name in RESPONSE_CONTENT if not fields or name in fields]
        if wanted:
            body["responseContent"] = wanted
    return Rendered(Request("PUT", PATH + path_value(session_id), orjson.dumps(body), ONE_ITEM, "", JSON_HEADERS))


def _known_details(details: Mapping[str, Any], unknown: Unknown) -> Mapping[str, Any]:
    """Leave unknown attributes of the session and of its cart items out. Odd shapes pass: the API judges them."""
    if not unknown:
        return details
    kept = _known_attributes(details, unknown_names(unknown, SESSION))
    cart = kept.get("cartItems")
    if not isinstance(cart, list):
        return kept
    names = unknown_names(unknown, CART_ITEM)
    return {**kept, "cartItems": [_known_attributes(item, names) if isinstance(item, dict) else item for item in cart]}


def _known_attributes(holder: Mapping[str, Any], names: frozenset[str]) -> Mapping[str, Any]:
    attributes = holder.get("attributes")
    if not names or not isinstance(attributes, dict):
        return holder
    return {**holder, "attributes": without(attributes, names)}
