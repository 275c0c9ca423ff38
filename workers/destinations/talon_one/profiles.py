"""Profile records as one bulk upsert: ``PUT /v2/customer_profiles`` (contract, section 3). The hot path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from workers.destinations.base import Rendered, Request
from workers.destinations.talon_one.attributes import (
    NO_ATTRIBUTES,
    PROFILE,
    Unknown,
    item_skips,
    unknown_names,
    without,
)
from workers.destinations.talon_one.wire import JSON_HEADERS, MAX_ITEMS, RecordData

PATH: Final = "/v2/customer_profiles"
QUERY: Final = "silent=yes"  # the answer is an empty 204 instead of a thousand profiles
_SINGLES: Final = tuple((position,) for position in range(MAX_ITEMS))

Items = tuple[tuple[int, ...], ...]


def render_profiles(records: Sequence[RecordData], unknown: Unknown, skip_unknown: bool) -> Rendered:
    """Render up to 1,000 profile records, merged by id: attributes in order, later wins, null stays null.

    ``unknown`` attributes are left out of records that say so, or, where a record does not say, by ``skip_unknown``. A
    profile whose attributes are all left out is still sent: the call creates it.
    """
    ids = [record["profile_id"] for record in records]
    if len(set(ids)) == len(ids):
        attributes = [record.get("attributes", NO_ATTRIBUTES) for record in records]
        items: Items = _SINGLES[: len(ids)]
    else:
        ids, attributes, items = _merged(records)
    names = unknown_names(unknown, PROFILE)
    if names and any("skip_unknown" in record for record in records):
        attributes = [
            without(given, names) if item_skips(records, item, skip_unknown) else given
            for given, item in zip(attributes, items, strict=True)
        ]
    elif names and skip_unknown:
        attributes = [without(given, names) for given in attributes]
    profiles = [
        {"integrationId": profile_id, "attributes": given} for profile_id, given in zip(ids, attributes, strict=True)
    ]
    body = orjson.dumps({"customerProfiles": profiles})
    return Rendered(Request("PUT", PATH, body, items, QUERY, JSON_HEADERS))


def _merged(records: Sequence[RecordData]) -> tuple[list[str], list[Mapping[str, Any]], Items]:
    """Return ids, attributes and item map with every id once, at the place where it came first."""
    attributes: dict[str, dict[str, Any]] = {}
    positions: dict[str, list[int]] = {}
    for position, record in enumerate(records):
        profile_id = record["profile_id"]
        given = record.get("attributes", NO_ATTRIBUTES)
        if profile_id in positions:
            positions[profile_id].append(position)
            attributes[profile_id] = attributes[profile_id] | given
        else:
            positions[profile_id] = [position]
            attributes[profile_id] = given
    return list(positions), list(attributes.values()), tuple(tuple(item) for item in positions.values())
