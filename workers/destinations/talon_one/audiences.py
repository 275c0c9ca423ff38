"""Audience records, one a request: create, rename, delete (contract, section 4, "Audience entity")."""

from __future__ import annotations

from typing import Any, Final

import orjson

from workers.destinations.base import Knowledge, Rendered, Request
from workers.destinations.talon_one.reasons import AUDIENCE_HELD, reason
from workers.destinations.talon_one.references import audience_id_of, audience_key, not_known
from workers.destinations.talon_one.wire import ACCEPT_HEADERS, JSON_HEADERS, ONE_ITEM, RecordData
from workers.outcomes import Hold

PATH: Final = "/v2/audiences"
_OPTIONAL_FIELDS: Final = (
    ("integration", "integration"),
    ("external_id", "integrationId"),
    ("description", "description"),
)


def render_audience(record: RecordData, known: Knowledge) -> Rendered:
    """Render one audience record.

    An audience that is to be created and whose id is known exists already: nothing is left to send. Creating it again
    would be answered with 409, and its id could not be learned from that; nor is one asked for that is held for just
    that reason. One that was only announced is deleted without a request.
    """
    external_id, name = record.get("external_id"), record.get("name")
    audience_id = audience_id_of(record.get("audience_id"), external_id, name, known.audience_ids)
    held = known.held.get(audience_key(external_id, name))
    if record["action"] == "create":
        if audience_id is not None:
            return Rendered(None)
        return _create(record) if held is None else Rendered(None, needs=_hold(record, held))
    if audience_id is None:
        if record["action"] == "delete" and external_id in known.announced and held is None:
            return Rendered(None)
        return Rendered(None, {0: not_known()}, unsure=True)
    path = f"{PATH}/{audience_id}"
    if record["action"] == "delete":
        return Rendered(Request("DELETE", path, b"", ONE_ITEM, "", ACCEPT_HEADERS, idempotency_header=False))
    body = orjson.dumps({"name": record["name"]})
    return Rendered(Request("PUT", path, body, ONE_ITEM, "", JSON_HEADERS, idempotency_header=False))


def _hold(record: RecordData, why: str) -> Hold:
    return Hold(reason(AUDIENCE_HELD, why), record["name"], record.get("external_id"))


def _create(record: RecordData) -> Rendered:
    body: dict[str, Any] = {"name": record["name"]}
    body |= {theirs: record[ours] for ours, theirs in _OPTIONAL_FIELDS if record.get(ours) is not None}
    return Rendered(Request("POST", PATH, orjson.dumps(body), ONE_ITEM, "", JSON_HEADERS, idempotency_header=False))
