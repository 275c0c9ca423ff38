"""What the tests of the Sailthru destination are given: records, rendered calls and answers, in short words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tercel.records import LaneKind
from workers.destinations.base import Answer, Knowledge, Rendered, Request
from workers.destinations.sailthru import Sailthru
from workers.outcomes import Next, Outcome

NOW_S = 1_700_000_000.0
KNOWN = Knowledge(named=frozenset({"Gold", "Silver"}))
GONE = {"error": 99, "errormsg": "User not found"}

Data = dict[str, Any]


def profile(email: str = "ana@example.com", /, **variables: Any) -> Data:
    return {"profile_id": email, "attributes": variables}


def membership(email: str = "ana@example.com", action: str = "add", name: str = "Gold") -> Data:
    return {"profile_id": email, "action": action, "audience_name": name, "audience_external_id": "17"}


def event(**more: Any) -> Data:
    return {"profile_id": "ana@example.com", "type": "Signed Up", "event_id": "e1", **more}


MOVED = {
    "profile_id": "new@example.com",
    "identities": {"was": {"email": "old@example.com"}, "now": {"email": "new@example.com"}},
}


def sailthru(**options: Any) -> Sailthru:
    return Sailthru(now=lambda: NOW_S, **options)


def rendered(kind: LaneKind, records: Sequence[Data], known: Knowledge = KNOWN, **options: Any) -> Rendered:
    return sailthru(**options).render(kind, records, known)


def request_for(kind: LaneKind, records: Sequence[Data], known: Knowledge = KNOWN, **options: Any) -> Request:
    request = rendered(kind, records, known, **options).request
    assert request is not None
    return request


def arguments(request: Request) -> Any:
    return orjson.loads(request.body)


def answer(status: int, body: object = None, **headers: str) -> Answer:
    encoded = body if isinstance(body, bytes) else orjson.dumps({"ok": True} if body is None else body)
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, encoded)


def judged(kind: LaneKind, records: Sequence[Data], request: Request, got: Answer, **options: Any) -> Outcome | Next:
    return sailthru(**options).judge(kind, records, request, got)


def files_lines(request: Request) -> list[Mapping[str, Any]]:
    return [orjson.loads(line) for line in request.file.splitlines()]
