"""What holds for any records and any answer."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tercel.records import LaneKind
from tests.destinations.talon_one_given import NOW_S, body_of
from workers.destinations.base import Answer, Knowledge
from workers.destinations.talon_one import TalonOne
from workers.outcomes import (
    CreateAudience,
    Delivered,
    Halt,
    Hold,
    Reason,
    RejectItems,
    Retry,
    Split,
    StripAttributes,
)

Data = dict[str, Any]

IDS = st.sampled_from(["p1", "p2", "p3", "a/b", "..", "é", "\ud800"])
NAMES = st.sampled_from(["A", "B", "C"])
WRITABLE = st.none() | st.booleans() | st.integers(-9, 9) | st.text("aé", max_size=3) | st.lists(st.just(1))
VALUES = WRITABLE | st.just(2**70) | st.just("\ud800")
ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=3)
AUDIENCES: st.SearchStrategy[Data] = st.one_of(
    st.builds(dict, audience_id=st.integers(1, 3)),
    st.builds(dict, audience_external_id=st.sampled_from(["x1", "x2"])),
    st.builds(dict, audience_name=st.sampled_from(["VIP", "New"])),
)
REFERENCES: st.SearchStrategy[Data] = st.fixed_dictionaries(
    {"external_id": st.sampled_from(["x1", "x2", "soon"])}, optional={"name": st.sampled_from(["VIP", "New"])}
)
CHANGES = st.lists(st.integers(1, 3) | REFERENCES, max_size=2)
SAYS: st.SearchStrategy[bool] = st.booleans()
DETAILS: st.SearchStrategy[Data] = st.builds(
    dict,
    attributes=ATTRIBUTES | VALUES,
    cartItems=st.lists(st.builds(dict, attributes=ATTRIBUTES) | VALUES, max_size=2),
)


@st.composite
def memberships(draw: st.DrawFn) -> Data:
    return {"profile_id": draw(IDS), "action": draw(st.sampled_from(["add", "delete"])), **draw(AUDIENCES)}


@st.composite
def audiences(draw: st.DrawFn) -> Data:
    action = draw(st.sampled_from(["create", "rename", "delete"]))
    return {"action": action, "name": draw(st.sampled_from(["VIP", "New"]))}


PROFILES = st.fixed_dictionaries({"profile_id": IDS}, optional={"attributes": ATTRIBUTES, "skip_unknown": SAYS})
GOOD_PROFILES = st.fixed_dictionaries(
    {"profile_id": IDS}, optional={"attributes": st.dictionaries(NAMES, WRITABLE, max_size=3)}
)
ONE: dict[LaneKind, st.SearchStrategy[Data]] = {
    LaneKind.PROFILE: PROFILES,
    LaneKind.MEMBERSHIP: memberships(),
    LaneKind.RULES: st.fixed_dictionaries(
        {"profile_id": IDS},
        optional={
            "attributes": ATTRIBUTES,
            "run_rules": st.just(True),
            "audiences_add": CHANGES,
            "audiences_delete": CHANGES,
            "skip_unknown": SAYS,
        },
    ),
    LaneKind.EVENT: st.fixed_dictionaries(
        {"profile_id": IDS, "type": st.just("t"), "event_id": st.just("e")}, optional={"attributes": ATTRIBUTES}
    ),
    LaneKind.SESSION: st.fixed_dictionaries({"session_id": IDS}, optional={"profile_id": IDS, "details": DETAILS}),
    LaneKind.AUDIENCE: audiences(),
}
KNOWN = Knowledge(
    unknown_attributes=frozenset({("profile", "A"), ("event", "B"), ("cart_item", "C")}),
    audience_ids={("external", "x1"): 7, ("name", "VIP"): 8},
    announced={"soon": "Soon"},
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[LaneKind, list[Data]]:
    kind = draw(st.sampled_from(LaneKind))
    most = 8 if kind in (LaneKind.PROFILE, LaneKind.MEMBERSHIP) else 1
    return kind, draw(st.lists(ONE[kind], min_size=1, max_size=most))


@st.composite
def destinations(draw: st.DrawFn) -> TalonOne:
    return TalonOne(
        events_api=draw(st.sampled_from(["v2", "v3"])),
        skip_unknown_attributes=draw(st.booleans()),
        audience_changes=draw(st.sampled_from(["memberships", "run_rules", "single_call"])),
        now=lambda: NOW_S,
    )


def pointers() -> st.SearchStrategy[str]:
    parts = st.sampled_from(
        ["customerProfiles", "data", "attributes", "customerSession", "cartItems", "audienceId", "0", "1", "A"]
    )
    return st.lists(parts | st.text(max_size=3), max_size=6).map(lambda found: "/" + "/".join(found))


def api_errors() -> st.SearchStrategy[bytes]:
    anything = st.recursive(
        st.none() | st.integers(-5, 5) | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=4,
    )
    entry = st.fixed_dictionaries(
        {},
        optional={
            "title": st.sampled_from(["Unknown", "enum"]) | anything,
            "source": st.builds(dict, pointer=pointers()) | anything,
        },
    )
    body = st.fixed_dictionaries(
        {},
        optional={"message": st.just("limit") | anything, "errors": st.lists(entry | anything, max_size=4) | anything},
    )
    return body.map(orjson.dumps)


ANSWERS = st.builds(
    Answer,
    status=st.integers(-1, 700) | st.sampled_from([200, 400, 404, 409]),
    headers=st.dictionaries(st.sampled_from(["Retry-After", "Date"]) | st.text(max_size=3), st.text(max_size=40)),
    body=st.binary(max_size=40) | api_errors(),
    error=st.text(max_size=10),
)


@given(calls(), destinations())
def test_every_record_is_in_one_item_or_refused_unless_something_is_needed_first(
    call: tuple[LaneKind, list[Data]], destination: TalonOne
) -> None:
    kind, records = call

    result = destination.render(kind, records, KNOWN)

    sent = [] if result.request is None else [position for item in result.request.items for position in item]
    placed = sorted([*sent, *result.refused])
    exists = kind is LaneKind.AUDIENCE and records[0]["action"] == "create" and records[0]["name"] == "VIP"
    nothing_left = kind is LaneKind.RULES and result.unsure and not result.refused and result.request is None
    if result.needs is None and not exists and not nothing_left:
        assert placed == list(range(len(records)))
    else:
        assert len(placed) == len(set(placed))
        assert result.request is None


@given(calls(), destinations())
def test_records_of_an_item_are_oldest_first(call: tuple[LaneKind, list[Data]], destination: TalonOne) -> None:
    request = destination.render(*call, KNOWN).request

    assert request is None or all(list(item) == sorted(item) for item in request.items)


@given(calls(), destinations(), ANSWERS)
def test_judging_never_raises_and_blames_only_items_that_were_sent(
    call: tuple[LaneKind, list[Data]], destination: TalonOne, answer: Answer
) -> None:
    kind, records = call
    request = destination.render(kind, records, KNOWN).request
    if request is None:
        return

    outcome = destination.judge(kind, records, request, answer)

    if isinstance(outcome, RejectItems):
        assert outcome.items
        assert set(outcome.items) <= set(range(len(request.items)))


def reasons_of(outcome: object) -> list[Reason]:
    match outcome:
        case RejectItems(items):
            return list(items.values())
        case StripAttributes():
            return [outcome.reason, *outcome.refused.values()]
        case Retry() | Split() | Halt() | Hold():
            return [outcome.reason]
        case Delivered() | CreateAudience():
            return []
    raise AssertionError(f"{outcome} is no outcome")


@given(st.sampled_from(LaneKind), destinations(), st.integers(-1, 700), pointers(), st.booleans())
def test_no_text_for_people_holds_an_id_or_a_value(
    kind: LaneKind, destination: TalonOne, status: int, pointer: str, names_it: bool
) -> None:
    secret = "jane@shop.example"
    records = [
        {
            "profile_id": secret,
            "session_id": secret,
            "event_id": secret,
            "type": secret,
            "action": "add" if kind is LaneKind.MEMBERSHIP else "create",
            "audience_id": 1,
            "name": secret,
            "attributes": {secret: secret},
            "run_rules": True,
        }
    ]
    request = destination.render(kind, records, Knowledge()).request
    if request is None:
        return
    where = f"/attributes/{secret}" if names_it else pointer
    body = orjson.dumps(
        {"message": secret, "errors": [{"title": secret, "details": secret, "source": {"pointer": where}}]}
    )

    outcome = destination.judge(kind, records, request, Answer(status, body=body))

    assert all(secret not in why.text for why in reasons_of(outcome))


@given(st.lists(GOOD_PROFILES, min_size=1, max_size=12), st.booleans())
def test_a_merged_call_leaves_what_its_records_one_by_one_would_leave(records: list[Data], skip: bool) -> None:
    destination = TalonOne(skip_unknown_attributes=skip)
    before = {"p1": {"A": "old", "C": "old"}}

    def applied(batches: list[list[Data]]) -> dict[str, Data]:
        held = {profile: dict(attributes) for profile, attributes in before.items()}
        for batch in batches:
            request = destination.render(LaneKind.PROFILE, batch, KNOWN).request
            for sent in [] if request is None else body_of(request)["customerProfiles"]:
                held.setdefault(sent["integrationId"], {}).update(sent["attributes"])
        return held

    assert applied([records]) == applied([[record] for record in records])


@given(st.lists(memberships(), min_size=1, max_size=12))
def test_a_call_of_memberships_leaves_what_its_records_one_by_one_would_leave(records: list[Data]) -> None:
    destination = TalonOne()
    known = Knowledge(
        audience_ids={("external", "x1"): 1, ("external", "x2"): 2, ("name", "VIP"): 3, ("name", "New"): 1}
    )

    def applied(batches: list[list[Data]]) -> set[tuple[str, int]]:
        members = {("p1", 1), ("p2", 2)}
        for batch in batches:
            request = destination.render(LaneKind.MEMBERSHIP, batch, known).request
            for sent in [] if request is None else body_of(request)["data"]:
                change = members.add if sent["action"] == "add" else members.discard
                change((sent["profileIntegrationId"], sent["audienceId"]))
        return members

    assert applied([records]) == applied([[record] for record in records])
