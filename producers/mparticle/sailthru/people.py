"""Who a record of Sailthru is about: found by e-mail address, kept in order by what does not change."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from producers.intake import Refusal
from producers.mparticle.identities import CUSTOMER_ID, EMAIL
from producers.mparticle.normal import Batch, Identity, IdentityChanged, Person
from producers.mparticle.sailthru import reasons

_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")

NO_EMAIL: Final = Refusal(
    reasons.NO_EMAIL, "user_identities.email", "the user has no e-mail address, by which alone Sailthru knows users"
)
HASHED_EMAIL: Final = Refusal(
    reasons.HASHED_EMAIL, "user_identities.email", "only a hash of the e-mail address was told; send it raw"
)
NOT_AN_EMAIL: Final = Refusal(reasons.NOT_AN_EMAIL, "user_identities.email", "the e-mail identity is no e-mail address")


def address_of(person: Person) -> str | Refusal:
    """Return a user's e-mail address, or why there is none."""
    value = person.identities.get(EMAIL)
    if value is None:
        return HASHED_EMAIL if EMAIL in person.hashed else NO_EMAIL
    return checked(value)


def checked(value: str) -> str | Refusal:
    """Return an e-mail address without the blanks around it, or why it is none."""
    address = value.strip()
    if not address:
        return NO_EMAIL
    return address if _ADDRESS.fullmatch(address) else NOT_AN_EMAIL


def address_before(batch: Batch) -> str | Refusal:
    """Return the e-mail address as it was before anything in the batch happened: a change in it tells the old one."""
    for happening in batch.happenings:
        if isinstance(happening, IdentityChanged):
            old, new = kind_in(happening.removed, EMAIL), kind_in(happening.added, EMAIL)
            if old is not None and old.value is not None:
                return checked(old.value)
            if new is not None and new.value is not None:  # it had none, or one that nobody can know: begin with this
                return checked(new.value)
    return address_of(batch.person)


def kind_in(identities: Iterable[Identity], kind: str) -> Identity | None:
    """Return the identity of a kind, raw rather than hashed where both were told; None where there is none."""
    found = [one for one in identities if one.kind == kind]
    return next((one for one in found if one.value is not None), found[0] if found else None)


def person_of(person: Person, address: str) -> str:
    """Return what stays the same for one user: the mpid, else the customer id, else the address."""
    return person.mpid or person.identities.get(CUSTOMER_ID) or address


def at(where: str, refusal: Refusal) -> Refusal:
    """Return a refusal that says of which part of the message it is."""
    text = f"{where}: {refusal.reason}" if where else refusal.reason
    return Refusal(refusal.code, refusal.where, text)
