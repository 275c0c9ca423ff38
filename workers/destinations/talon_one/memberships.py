"""Membership records as one request: ``POST /v2/customer_audiences`` (contract, section 4).

The call takes audience ids only; how they are found is told in :mod:`workers.destinations.talon_one.references`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from workers.destinations.base import Knowledge, Rendered, Request
from workers.destinations.talon_one.references import not_known, resolve
from workers.destinations.talon_one.wire import JSON_HEADERS, RecordData
from workers.outcomes import CreateAudience, Reason

PATH: Final = "/v2/customer_audiences"


def render_memberships(records: Sequence[RecordData], known: Knowledge) -> Rendered:
    """Render up to 1,000 membership records. The last action of a (profile, audience) pair wins.

    Where an audience must be created first, ``needs`` says so (one at a time) and there is no request yet.
    """
    pairs: dict[tuple[str, int], list[int]] = {}
    refused: dict[int, Reason] = {}
    needs: CreateAudience | None = None
    for position, record in enumerate(records):
        audience = resolve(
            record.get("audience_id"), record.get("audience_external_id"), record.get("audience_name"), known
        )
        if isinstance(audience, int):
            pairs.setdefault((record["profile_id"], audience), []).append(position)
        elif audience is None:
            refused[position] = not_known()
        else:
            needs = needs or audience
    unsure = bool(refused)
    if needs is not None or not pairs:
        return Rendered(None, refused, needs, unsure)
    actions = [
        action(profile_id, audience_id, records[positions[-1]]["action"])
        for (profile_id, audience_id), positions in pairs.items()
    ]
    return Rendered(request_of(actions, tuple(tuple(item) for item in pairs.values())), refused, unsure=unsure)


def action(profile_id: str, audience_id: int, verb: str) -> dict[str, Any]:
    """Return one membership action. ``verb`` is ``add`` or ``delete``; the API's prose says "remove", its enum not."""
    return {"action": verb, "profileIntegrationId": profile_id, "audienceId": audience_id}


def request_of(actions: Sequence[Mapping[str, Any]], items: tuple[tuple[int, ...], ...]) -> Request:
    """Return the membership request. The API documents no Idempotency-Key for it; a repeat changes nothing."""
    return Request("POST", PATH, orjson.dumps({"data": actions}), items, "", JSON_HEADERS, idempotency_header=False)
