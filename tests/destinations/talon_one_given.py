"""What the tests of the Talon.One destination are given: records, rendered calls and answers, in short words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tercel.records import LaneKind
from workers.destinations.base import Answer, Knowledge, Rendered, Request
from workers.destinations.talon_one import TalonOne
from workers.outcomes import Outcome

NOTHING_KNOWN = Knowledge()
NOW_S = 1_700_000_000.0  # 2023-11-14T22:13:20Z

Data = dict[str, Any]


def profile(profile_id: str = "p1", /, **attributes: Any) -> Data:
    return {"profile_id": profile_id, "attributes": attributes} if attributes else {"profile_id": profile_id}


def membership(profile_id: str, action: str = "add", **audience: Any) -> Data:
    return {"profile_id": profile_id, "action": action, **audience}


def event(**more: Any) -> Data:
    return {"profile_id": "p1", "type": "purchase", "event_id": "e1", **more}


RECORDS: dict[LaneKind, list[Data]] = {
    LaneKind.PROFILE: [profile("p1", Points=1), profile("p2", Points=2)],
    LaneKind.RULES: [{"profile_id": "p1", "attributes": {"Points": 1}, "run_rules": True}],
    LaneKind.MEMBERSHIP: [membership("p1", audience_id=7), membership("p2", audience_id=8)],
    LaneKind.EVENT: [event(attributes={"Total": 5})],
    LaneKind.SESSION: [{"session_id": "s1", "profile_id": "p1"}],
    LaneKind.AUDIENCE: [{"action": "create", "name": "VIP", "external_id": "x1"}],
}


def rendered(
    kind: LaneKind, records: Sequence[Mapping[str, Any]], known: Knowledge = NOTHING_KNOWN, **options: Any
) -> Rendered:
    return TalonOne(**options).render(kind, records, known)


def request_for(
    kind: LaneKind, records: Sequence[Mapping[str, Any]], known: Knowledge = NOTHING_KNOWN, **options: Any
) -> Request:
    request = rendered(kind, records, known, **options).request
    assert request is not None
    return request


def body_of(request: Request) -> Any:
    return orjson.loads(request.body)


def answer(status: int, body: object = b"", headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, headers or {}, body if isinstance(body, bytes) else orjson.dumps(body))


def error(title: str, pointer: str, details: str = "") -> Data:
    return {"title": title, "details": details, "source": {"pointer": pointer}}


def refused(*errors: Data, message: str = "The submitted data was invalid") -> Data:
    return {"message": message, "errors": list(errors)}


def judged(
    kind: LaneKind, given: Answer, records: Sequence[Mapping[str, Any]] | None = None, **options: Any
) -> Outcome:
    """Render ``records`` (or some of the kind) and judge ``given`` as the answer to them."""
    records = RECORDS[kind] if records is None else records
    destination = TalonOne(now=lambda: NOW_S, **options)
    request = destination.render(kind, records, NOTHING_KNOWN).request
    assert request is not None
    return destination.judge(kind, records, request, given)
