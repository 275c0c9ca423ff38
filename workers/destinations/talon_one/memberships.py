"""Membership records as one request: ``POST /v2/customer_audiences`` (contract, section 4).

The call takes audience ids only. An audience named by external id or name is one that Tercel has created, or that was
bound by hand; for one it does not know, the audience is created first where the record carries a name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from workers.destinations.base import Rendered, Request
from workers.destinations.talon_one.reasons import AUDIENCE_NOT_KNOWN, reason
from workers.destinations.talon_one.wire import JSON_HEADERS, RecordData
from workers.outcomes import CreateAudience, Reason

PATH: Final = "/v2/customer_audiences"
AudienceIds = Mapping[tuple[str, str], int]


def render_memberships(records: Sequence[RecordData], audience_ids: AudienceIds) -> Rendered:
    """Render up to 1,000 membership records. The last action of a (profile, audience) pair wins.

    Where an audience must be created first, ``needs`` says so (one at a time) and there is no request yet.
    """
    pairs: dict[tuple[str, int], list[int]] = {}
    refused: dict[int, Reason] = {}
    needs: CreateAudience | None = None
    for position, record in enumerate(records):
        audience_id = find_audience(record, "audience_external_id", "audience_name", audience_ids)
        if audience_id is not None:
            pairs.setdefault((record["profile_id"], audience_id), []).append(position)
        elif record.get("audience_name") is not None:
            needs = needs or CreateAudience(record["audience_name"], record.get("audience_external_id"))
        else:
            refused[position] = not_known()
    if needs is not None or not pairs:
        return Rendered(None, refused, needs)
    actions = [
        action(profile_id, audience_id, records[positions[-1]]["action"])
        for (profile_id, audience_id), positions in pairs.items()
    ]
    return Rendered(request_of(actions, tuple(tuple(item) for item in pairs.values())), refused)


def find_audience(record: RecordData, external_field: str, name_field: str, audience_ids: AudienceIds) -> int | None:
    """Return the audience's Talon.One id: the first of id, external id and name that the record gives decides.

    There is no falling back from an unknown external id to the name: two audiences may have one name.
    """
    audience_id: int | None = record.get("audience_id")
    if audience_id is not None:
        return audience_id
    external_id = record.get(external_field)
    if external_id is not None:
        return audience_ids.get(("external", external_id))
    return audience_ids.get(("name", record[name_field]))


def not_known() -> Reason:
    """Return why a record whose audience has no known id is refused."""
    return reason(
        AUDIENCE_NOT_KNOWN,
        "The audience's Talon.One id is not known here; run tercel audiences bind NAME ID, or send the record with "
        "audience_id (or, for a membership, with audience_name to have the audience created).",
    )


def action(profile_id: str, audience_id: int, verb: str) -> dict[str, Any]:
    """Return one membership action. ``verb`` is ``add`` or ``delete``; the API's prose says "remove", its enum not."""
    return {"action": verb, "profileIntegrationId": profile_id, "audienceId": audience_id}


def request_of(actions: Sequence[Mapping[str, Any]], items: tuple[tuple[int, ...], ...]) -> Request:
    """Return the membership request. The API documents no Idempotency-Key for it; a repeat changes nothing."""
    return Request("POST", PATH, orjson.dumps({"data": actions}), items, "", JSON_HEADERS, idempotency_header=False)
