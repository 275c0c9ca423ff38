"""Which audience a record means: its Talon.One id, found by what its creator knows it by (contract, section 4).

The API takes audience ids only and cannot be asked for them. An audience named by external id or name is one that
Tercel has created, or that was bound by hand. One that is not known is created first where its name is: given by the
record, or announced by a producer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.destinations.base import Knowledge
from workers.destinations.talon_one.reasons import AUDIENCE_NOT_KNOWN, reason
from workers.outcomes import CreateAudience, Reason

AudienceIds = Mapping[tuple[str, str], int]
Reference = int | Mapping[str, Any]  # an id, or tercel.records.AudienceRef as it travels


def audience_key(external_id: str | None, name: str | None) -> tuple[str, str]:
    """Return what an audience is known by: its external id, or its name where it has none."""
    return ("external", external_id) if external_id is not None else ("name", name or "")


def audience_id_of(audience_id: int | None, external_id: str | None, name: str | None, ids: AudienceIds) -> int | None:
    """Return an audience's Talon.One id: the first of id, external id and name that is given decides.

    There is no falling back from an unknown external id to the name: two audiences may have one name.
    """
    return audience_id if audience_id is not None else ids.get(audience_key(external_id, name))


def resolve(
    audience_id: int | None, external_id: str | None, name: str | None, known: Knowledge
) -> int | CreateAudience | None:
    """Return an audience's id, or what has to be created first; None where nobody has told its name."""
    if audience_id is not None:  # most memberships name the id: a thousand a call
        return audience_id
    found = known.audience_ids.get(audience_key(external_id, name))
    if found is not None:
        return found
    if name is None:
        name = known.announced.get(external_id or "")
    return None if name is None else CreateAudience(name, external_id)


def resolve_reference(reference: Reference, known: Knowledge) -> int | CreateAudience | None:
    """Resolve an audience as a profile names it."""
    if isinstance(reference, int):
        return reference
    return resolve(None, reference.get("external_id"), reference.get("name"), known)


def not_known() -> Reason:
    """Return why a record whose audience has no known id is refused."""
    return reason(
        AUDIENCE_NOT_KNOWN,
        "The audience's Talon.One id is not known here; run tercel audiences bind NAME ID, or send the record with the "
        "audience's id (or, for a membership or a profile's change, with its name to have the audience created).",
    )
