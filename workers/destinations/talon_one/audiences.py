"""Audience records, one a request: create, rename, delete (contract, section 4, "Audience entity")."""

from __future__ import annotations

from typing import Any, Final

import orjson

from workers.destinations.base import Rendered, Request
from workers.destinations.talon_one.memberships import AudienceIds, find_audience, not_known
from workers.destinations.talon_one.wire import ACCEPT_HEADERS, JSON_HEADERS, ONE_ITEM, RecordData

PATH: Final = "/v2/audiences"
_OPTIONAL_FIELDS: Final = (
    ("integration", "integration"),
    ("external_id", "integrationId"),
    ("description", "description"),
)


def render_audience(record: RecordData, audience_ids: AudienceIds) -> Rendered:
    """Render one audience record.

    An audience that is to be created and whose id is known exists already: nothing is left to send. Creating it again
    would be answered with 409, and its id could not be learned from that.
    """
    audience_id = find_audience(record, "external_id", "name", audience_ids)
    if record["action"] == "create":
        return _create(record) if audience_id is None else Rendered(None)
    if audience_id is None:
        return Rendered(None, {0: not_known()})
    path = f"{PATH}/{audience_id}"
    if record["action"] == "delete":
        return Rendered(Request("DELETE", path, b"", ONE_ITEM, "", ACCEPT_HEADERS, idempotency_header=False))
    body = orjson.dumps({"name": record["name"]})
    return Rendered(Request("PUT", path, body, ONE_ITEM, "", JSON_HEADERS, idempotency_header=False))


def _create(record: RecordData) -> Rendered:
    body: dict[str, Any] = {"name": record["name"]}
    body |= {theirs: record[ours] for ours, theirs in _OPTIONAL_FIELDS if record.get(ours) is not None}
    return Rendered(Request("POST", PATH, orjson.dumps(body), ONE_ITEM, "", JSON_HEADERS, idempotency_header=False))
