"""Names and addresses: what Sailthru takes, and what would be refused, or lost without a word in a job's file."""

from __future__ import annotations

import re
from typing import Any, Final

from workers.destinations.sailthru.reasons import LIST_NOT_NAMED, NOT_AN_EMAIL, VAR_NAME, reason
from workers.destinations.sailthru.wire import RecordData
from workers.outcomes import Reason

MAX_VAR_NAME: Final = 32  # characters (contract, section 2)
RESERVED_EVENTS: Final = frozenset({"send", "cancel", "open", "click", "purchase", "daily"})
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def list_name(name: str) -> str:
    """Return the name of an audience's list: ``$`` is not usable in one."""
    return name.replace("$", "-")


def not_an_email(profile_id: str) -> Reason | None:
    """Say why a profile's id cannot be the e-mail address that profiles are known by."""
    if _EMAIL.fullmatch(profile_id):
        return None
    return reason(NOT_AN_EMAIL, "The profile's id is no e-mail address, by which alone Sailthru's profiles are found.")


def bad_var(variables: RecordData) -> Reason | None:
    """Say which var's name Sailthru would refuse, if one is so."""
    for name in variables:
        if len(name) > MAX_VAR_NAME or not name or name[0].isdigit():
            text = f"A var's name has more than {MAX_VAR_NAME} characters, begins with a digit, or is empty."
            return reason(VAR_NAME, text)
    return None


def lists_of(record: RecordData) -> dict[str, int] | None:
    """Return the lists that a membership, or a profile's audience changes, join (1) or leave (0); None: one is unnamed.

    An audience's id and external id say nothing to Sailthru.
    """
    named: list[tuple[Any, int]] = []
    if "action" in record:
        named.append((record.get("audience_name"), int(record["action"] == "add")))
    for field, joins in (("audiences_add", 1), ("audiences_delete", 0)):
        named += [(one.get("name") if isinstance(one, dict) else None, joins) for one in record.get(field, ())]
    if any(name is None for name, _ in named):
        return None
    return {list_name(name): joins for name, joins in named}


def not_named() -> Reason:
    """Return why a record whose audience has no name is refused."""
    return reason(LIST_NOT_NAMED, "The record names its audience by an id; Sailthru's lists are known by name.")
