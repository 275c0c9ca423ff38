"""Audiences as lists, and who is on them. (Contract: sailthru, section 5, rows 1 to 3.)"""

from __future__ import annotations

from typing import Final, Literal

from producers.intake import Refusal
from producers.mparticle.normal import MembershipChange, Note, Subscription
from producers.mparticle.sailthru import notes
from producers.mparticle.sailthru.making import make
from producers.mparticle.sailthru.options import SailthruOptions
from producers.mparticle.sailthru.people import address_of, at, person_of
from producers.mparticle.sailthru.variables import vars_of
from producers.mparticle.translated import Translated
from tercel.records import Audience, Membership, Profile, Record

_ACTION: Final[dict[str, Literal["create", "rename", "delete"]]] = {
    "add": "create",
    "update": "rename",
    "remove": "delete",
}


def list_name(audience_name: str) -> str:
    """Return the name of an audience's list: ``$`` is not usable in it."""
    return audience_name.strip().replace("$", "-")


def subscribed(subscription: Subscription, options: SailthruOptions, where: str) -> Translated:
    """Return the list to create, to have under a new name, or to delete where that is wanted."""
    if subscription.action == "remove" and not options.remove_lists:
        return Translated(filtered=1, notes=(Note(notes.LIST_KEPT),))
    made = make(
        Audience,
        where,
        action=_ACTION[subscription.action],
        name=list_name(subscription.audience_name),
        external_id=subscription.audience_id,
    )
    return Translated(refused=(made,)) if isinstance(made, Refusal) else Translated((made,))


def changed(change: MembershipChange, options: SailthruOptions, where: str, *, as_bulk: bool) -> Translated:
    """Return what a change of membership does.

    Where attributes come with it, lists and vars are one call of one profile. As bulk they are two records, as a call
    that holds many carries memberships alone; the vars then stay live, for old ones could overtake new ones otherwise.
    """
    address = address_of(change.person)
    if isinstance(address, Refusal):
        return Translated(refused=(at(where, address),))
    found, said = vars_of(change.attributes, change.deleted, options)
    who = {"profile_id": address, "person": person_of(change.person, address)}
    name = list_name(change.audience_name)
    made: list[Record | Refusal] = []
    if change.action == "attribute_update":
        if not found:
            return Translated(filtered=1, notes=(*said, Note(notes.NOTHING_CHANGED)))
        made.append(make(Profile, where, **who, attributes=found))
    elif found and not as_bulk:
        field = "audiences_add" if change.action == "add" else "audiences_delete"
        lists = ({"name": name, "external_id": change.audience_id},)
        made.append(make(Profile, where, **who, attributes=found, **{field: lists}))
    else:
        if found:
            made.append(make(Profile, where, **who, attributes=found))
        named = {"audience_name": name, "audience_external_id": change.audience_id}
        made.append(make(Membership, where, **who, action=change.action, **named))
    return Translated(
        tuple(one for one in made if isinstance(one, Record)),
        tuple(one for one in made if isinstance(one, Refusal)),
        notes=said,
    )
