"""What callers of the third-party API are answered (contract: sections 1 and 4, "Answer bodies").

Tercel takes a call and delivers it later, so it has no effects to return: it answers with the smallest valid body.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from xxhash import xxh3_64_intdigest

from producers.third_party.calls import Call, CallName
from producers.third_party.context import Translation
from producers.third_party.doors import NO_CONTENT, STATUS
from tercel.records import Audience

ACCOUNT_ID = 1  # the body needs one, and Tercel has none
MAX_AUDIENCE_ID = 2**53 - 1  # what every JSON parser reads exactly
_STATE: Final = orjson.dumps({"effects": [], "createdCoupons": [], "createdReferrals": []})
_CREATED_ATTRIBUTES: Final = orjson.dumps({"createdAttributes": []})
_CREATED_BOTH: Final = orjson.dumps({"createdAttributes": [], "audiences": []})
_BODIES: Final = {CallName.PROFILE_V1: _CREATED_ATTRIBUTES, CallName.PROFILE_NAMED: _CREATED_BOTH}


def utc_now() -> datetime:
    """Return the time, with its zone."""
    return datetime.now(UTC)


def success(call: Call, translation: Translation, *, now: Callable[[], datetime] = utc_now) -> tuple[int, bytes]:
    """Return the status and body for a call whose records are in the lanes."""
    status = STATUS[call.name]
    if status == NO_CONTENT:
        return status, b""
    if call.name in {CallName.AUDIENCE_CREATE, CallName.AUDIENCE_RENAME}:
        [audience] = translation.records
        assert isinstance(audience, Audience)  # noqa: S101 - what these calls become
        return status, orjson.dumps(_audience(audience, now()))
    return status, _BODIES.get(call.name, _STATE)


def error(status: int, text: str, request_uuid: str) -> bytes:
    """Return the body of an error, in the published shape."""
    return orjson.dumps({"StatusCode": status, "Error": text, "RequestUUID": request_uuid})


def tercel_audience_id(external_id: str) -> int:
    """Return the number that answers name an audience by: always the same for one external id, never 0.

    It is Tercel's own, not the one that Talon.One will give the audience.
    """
    return xxh3_64_intdigest(external_id.encode("utf-8", "surrogatepass")) % MAX_AUDIENCE_ID + 1


def _audience(audience: Audience, created: datetime) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": tercel_audience_id(audience.external_id or ""),
        "created": created,
        "accountId": ACCOUNT_ID,
        "name": audience.name,
        "integrationId": audience.external_id,
    }
    return body if audience.integration is None else {**body, "integration": audience.integration}
