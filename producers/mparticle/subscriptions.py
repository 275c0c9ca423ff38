"""Audiences connected, changed or disconnected: ``audience_subscription_request``. (Contract: mparticle, section 2.)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from producers.intake import Refusal
from producers.mparticle import reasons
from producers.mparticle.identities import id_text
from producers.mparticle.normal import Subscription, SubscriptionAction
from producers.mparticle.settings import t1_audience_id

_ACTIONS: Final[Mapping[str, SubscriptionAction]] = {
    "add": "add",
    "update": "update",
    "remove": "remove",
    "delete": "remove",  # a membership's verb; whoever sends it here means the same
}


def subscription_of(message: Mapping[str, Any]) -> Subscription | Refusal:
    """Return what a subscription request says, or why that cannot be told."""
    audience_id = id_text(message.get("audience_id"))
    if audience_id is None:
        return _bad("audience_id", "is missing, or is neither a whole number nor a text")
    action = message.get("action")
    known = _ACTIONS.get(action.strip().lower()) if isinstance(action, str) else None
    if known is None:
        return _bad("action", "must be one of add, update, remove")
    name = message.get("audience_name")
    name = name.strip() if isinstance(name, str) else ""
    if not name and known != "remove":
        return _bad("audience_name", "is missing or empty")
    settings = message.get("audience_subscription_settings") or message.get("previous_audience_subscription_settings")
    return Subscription(audience_id, name, known, t1_audience_id(settings))


def _bad(where: str, text: str) -> Refusal:
    return Refusal(reasons.BAD_PART, where, text)
