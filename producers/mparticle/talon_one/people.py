"""Which of a user's identities is the profile's id in Talon.One. (Contract: mparticle, section 5, "user id choice".)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from producers.intake import Refusal
from producers.mparticle import reasons
from producers.mparticle.identities import CUSTOMER_ID, EMAIL
from producers.mparticle.normal import Person
from producers.mparticle.settings import UserIdField

_KINDS: Final[Mapping[UserIdField, str]] = {"customerId": CUSTOMER_ID, "email": EMAIL}


def profile_id(person: Person, field: UserIdField, where: str = "") -> str | Refusal:
    """Return the profile's id, or why there is none. ``where`` is the user's place in the message."""
    if field == "mpid":
        found = person.mpid
        place, is_hashed = "mpid", False
    else:
        kind = _KINDS[field]
        found = person.identities.get(kind)
        place, is_hashed = f"user_identities.{kind}", kind in person.hashed
    if found is not None:
        return found
    place = f"{where}.{place}" if where else place
    if is_hashed:
        return Refusal(reasons.HASHED_USER_ID, place, f"is known as a hash only, and userIdField is {field}")
    return Refusal(reasons.NO_USER_ID, place, f"is missing, and userIdField is {field}")
