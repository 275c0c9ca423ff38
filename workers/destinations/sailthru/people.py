"""What records ask of profiles: merged by address, in order, and sent as one update each (contract, section 2, /user).

Vars that a later record sets win, and ``None`` is stored as null; of the same list the last word counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from workers.destinations.base import Knowledge, Rendered, Request
from workers.destinations.sailthru import wire
from workers.destinations.sailthru.jobs import job_request
from workers.destinations.sailthru.names import bad_var, list_name, lists_of, not_an_email, not_named
from workers.destinations.sailthru.wire import RecordData
from workers.outcomes import CreateAudience, Reason

# Profiles from which on a job is worth its while. It takes the place of so many calls to /user, which are done within a
# second, while a job runs for minutes, holds its profiles all that time and tells nothing about single lines.
HANDFUL: Final = 25


@dataclass(slots=True)
class Update:
    """What becomes of one profile. ``positions`` are its records, oldest first."""

    email: str
    vars: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    positions: list[int] = field(default_factory=list)

    def arguments(self) -> dict[str, Any]:
        """Return the update as ``/user`` takes it."""
        return {"id": self.email, "key": "email", **self.changes()}

    def changes(self) -> dict[str, Any]:
        """Return what is set, without what is not."""
        return {name: value for name, value in (("vars", self.vars), ("lists", self.lists)) if value}


def render_people(records: Sequence[RecordData], known: Knowledge) -> Rendered:
    """Render profile or membership records: a job where it is worth it, else an update of the first profile.

    A list that is not known to be there is created first: what ``/user`` does with an unknown one nobody says.
    """
    refused = {i: why for i, record in enumerate(records) if (why := refusal(record)) is not None}
    if refused:
        return Rendered(None, refused)
    needs = missing_list(records, known)
    if needs is not None:
        return Rendered(None, needs=needs)
    updates = merged(records)
    if len(updates) >= HANDFUL:
        lines = [{"email": update.email, **update.changes()} for update in updates]
        return Rendered(job_request(lines, items_of(updates)))
    first = updates[0]
    return Rendered(
        wire.request("POST", wire.USER, first.arguments(), (tuple(first.positions),), partial=len(updates) > 1)
    )


def refusal(record: RecordData) -> Reason | None:
    """Say why a record can never be sent, if it cannot."""
    if lists_of(record) is None:
        return not_named()
    return not_an_email(record["profile_id"]) or bad_var(record.get("attributes", {}))


def missing_list(records: Sequence[RecordData], known: Knowledge) -> CreateAudience | None:
    """Return the first list that is not known to be there, by the name its audience has in the record."""
    for record in records:
        references: list[Mapping[str, Any]] = [*record.get("audiences_add", ()), *record.get("audiences_delete", ())]
        if "action" in record:
            references.append({"name": record["audience_name"], "external_id": record.get("audience_external_id")})
        for one in references:
            if list_name(one["name"]) not in known.named:
                return CreateAudience(one["name"], one.get("external_id"))
    return None


def merged(records: Sequence[RecordData]) -> list[Update]:
    """Return one update for each profile, in the order in which they first come."""
    updates: dict[str, Update] = {}
    for position, record in enumerate(records):
        update = updates.setdefault(record["profile_id"], Update(record["profile_id"]))
        update.vars |= record.get("attributes", {})
        update.lists |= lists_of(record) or {}
        update.positions.append(position)
    return list(updates.values())


def items_of(updates: Sequence[Update]) -> wire.Items:
    """Return the item map of a request that carries all of them."""
    return tuple(tuple(update.positions) for update in updates)


def render_alone(record: RecordData, known: Knowledge, change: Mapping[str, Any] | None) -> Rendered:
    """Render a profile that travels alone: with its change of keys (see :mod:`.identities`), lists and vars at once."""
    why = refusal(record)
    if why is not None:
        return Rendered(None, {0: why})
    needs = missing_list([record], known)
    if needs is not None:
        return Rendered(None, needs=needs)
    return Rendered(update_request(record, change))


def update_request(record: RecordData, change: Mapping[str, Any] | None) -> Request:
    """Return the update of one record; ``change`` goes before what it says about the profile's keys."""
    [update] = merged([record])
    return wire.request("POST", wire.USER, update.arguments() | dict(change or {}))
