"""What all requests share: paths, budgets and how arguments become a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from workers.destinations.base import Request

USER: Final = "/user"
EVENT: Final = "/event"
LIST: Final = "/list"
JOB: Final = "/job"
SETTINGS: Final = "/settings"

# Requests a second of one account, by method and endpoint: the vendor's numbers of 2026 (contract, section 4). They are
# where delivery starts; what the answers' headers say goes before them.
BUDGETS: Final[Mapping[str, float]] = {
    "POST /user": 300.0,
    "POST /event": 40.0,
    "POST /list": 40.0,
    "POST /job": 40.0,
    "GET /user": 300.0,
    "GET /list": 300.0,
    "GET /job": 300.0,
    "GET /settings": 300.0,
    "DELETE /list": 40.0,
}

ACCEPT_HEADERS: Final[Mapping[str, str]] = {"Accept": "application/json"}
ONE_ITEM: Final = ((0,),)  # the item map of a request that carries one record

Items = tuple[tuple[int, ...], ...]
RecordData = Mapping[str, Any]  # a record as tercel.records.Record.data() returns it


def request(
    method: str,
    path: str,
    arguments: Mapping[str, Any],
    items: Items = ONE_ITEM,
    *,
    partial: bool = False,
    file: bytes = b"",
) -> Request:
    """Return a request with these arguments, which are signed when it leaves. There is no Idempotency-Key here."""
    return Request(
        method,
        path,
        orjson.dumps(arguments),
        items,
        headers=ACCEPT_HEADERS,
        idempotency_header=False,
        budget=f"{method} {path}",
        partial=partial,
        file=file,
    )
