"""What all rendered requests share: limits, headers, and the way around a record that cannot be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import orjson

from workers.destinations.base import Rendered, Request
from workers.destinations.talon_one.reasons import NOT_WRITABLE, reason

MAX_ITEMS: Final = 1_000  # profiles or membership actions in one request (contract, section 2)
ONE_ITEM: Final = ((0,),)  # the item map of a request that carries one record
JSON_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {"Content-Type": "application/json", "Accept": "application/json"}
)
ACCEPT_HEADERS: Final[Mapping[str, str]] = MappingProxyType({"Accept": "application/json"})
_BODY_DEPTH = 4  # levels a body may add around a record's values; the writer's depth is limited

RecordData = Mapping[str, Any]  # a record as tercel.records.Record.data() returns it


def render_writable(render: Callable[[Sequence[RecordData]], Rendered], records: Sequence[RecordData]) -> Rendered:
    """Render; where a record cannot be written as JSON, refuse that one and render the others.

    Costs nothing while all records can be written. ``render`` may raise what the JSON writer and path encoder raise.
    """
    try:
        return render(records)
    except (orjson.JSONEncodeError, UnicodeEncodeError):
        refused = {
            position: reason(NOT_WRITABLE, "The record cannot be written as JSON; correct the value at its source.")
            for position, record in enumerate(records)
            if not _is_writable(record)
        }
        if not refused:
            raise
    kept = [position for position in range(len(records)) if position not in refused]
    if not kept:
        return Rendered(None, refused)
    rest = render([records[position] for position in kept])
    return Rendered(
        request=None if rest.request is None else _renumbered(rest.request, kept),
        refused=refused | {kept[position]: why for position, why in rest.refused.items()},
        needs=rest.needs,
        unsure=rest.unsure,
    )


def _is_writable(record: RecordData) -> bool:
    nested: Any = dict(record)
    for _ in range(_BODY_DEPTH):
        nested = [nested]
    try:
        orjson.dumps(nested)
    except orjson.JSONEncodeError:
        return False
    return True


def _renumbered(request: Request, kept: Sequence[int]) -> Request:
    return Request(
        method=request.method,
        path=request.path,
        body=request.body,
        items=tuple(tuple(kept[position] for position in item) for item in request.items),
        query=request.query,
        headers=request.headers,
        idempotency_header=request.idempotency_header,
    )
