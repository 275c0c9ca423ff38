"""Who joins and leaves audiences: the Firehose's ``audience_membership_change_request``. (Contract: mparticle, 2.)"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from producers.intake import Refusal
from producers.mparticle import reasons
from producers.mparticle.identities import id_text, identities_in, person_of
from producers.mparticle.normal import MembershipAction, MembershipChange, Person
from producers.mparticle.settings import t1_audience_id

TAG: Final = True  # the value of an attribute that has none (contract, section 2)
_ACTIONS: Final[Mapping[str, MembershipAction]] = {
    "add": "add",
    "delete": "delete",
    "remove": "delete",  # a subscription's verb; whoever sends it here means the same
    "attribute_update": "attribute_update",
}

Found = MembershipChange | Refusal


def is_keep_alive(message: Mapping[str, Any]) -> bool:
    """Whether a membership request only asks if somebody is there: it has no ``user_profiles``. (Section 1.)"""
    return message.get("user_profiles") is None


def profiles_of(message: Mapping[str, Any]) -> list[Any] | Refusal:
    """Return the users of a membership request, not yet looked at."""
    profiles = message.get("user_profiles", [])
    return profiles if isinstance(profiles, list) else _bad("user_profiles", "must be a list")


def changes_of(profile: Any, position: int) -> Iterator[Found]:
    """Yield what one user joins and leaves, in order; a part that cannot be used is refused by its place."""
    where = f"user_profiles[{position}]"
    if not isinstance(profile, dict):
        yield _bad(where, "must be an object")
        return
    audiences = profile.get("audiences")
    if audiences is None:
        audiences = []
    if not isinstance(audiences, list):
        yield _bad(f"{where}.audiences", "must be a list")
        return
    person = person_of(profile.get("mpid"), identities_in(profile.get("user_identities")))
    for number, audience in enumerate(audiences):
        yield _change(person, audience, f"{where}.audiences[{number}]")


def _change(person: Person, audience: Any, where: str) -> Found:
    if not isinstance(audience, dict):
        return _bad(where, "must be an object")
    audience_id = id_text(audience.get("audience_id"))
    if audience_id is None:
        return _bad(f"{where}.audience_id", "is missing, or is neither a whole number nor a text")
    action = audience.get("action")
    known = _ACTIONS.get(action.strip().lower()) if isinstance(action, str) else None
    if known is None:
        return _bad(f"{where}.action", f"must be one of {', '.join(_ACTIONS)}")
    name = audience.get("audience_name")
    attributes, deleted = _attributes(audience.get("user_attributes"))
    return MembershipChange(
        person,
        audience_id,
        name.strip() if isinstance(name, str) else "",
        known,
        t1_audience_id(audience.get("audience_subscription_settings")),
        attributes,
        deleted,
    )


def _attributes(items: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return attributes that are set, and those taken away; of one that comes twice the last item counts.

    An item without a key says nothing: the published sample has one.
    """
    found: dict[str, Any] = {}
    deleted: dict[str, None] = {}
    for item in items if isinstance(items, list) else ():
        key = item.get("key") if isinstance(item, dict) else None
        if not isinstance(key, str) or not key:
            continue
        action = item.get("action")
        if isinstance(action, str) and action.strip().lower() == "delete":
            found.pop(key, None)
            deleted[key] = None
            continue
        deleted.pop(key, None)
        value = item.get("value")
        values = item.get("list_value")
        found[key] = value if value is not None else values if values is not None else TAG
    return found, tuple(deleted)


def _bad(where: str, text: str) -> Refusal:
    return Refusal(reasons.BAD_PART, where, text)
