"""Audiences that profiles and memberships name by what their creator knows, and those that are announced or held."""

from __future__ import annotations

from typing import Any

import pytest

from tercel.records import LaneKind
from tests.destinations.talon_one_given import body_of, membership, rendered, request_for
from workers.destinations.base import Knowledge
from workers.destinations.talon_one.reasons import AUDIENCE_HELD, AUDIENCE_NOT_KNOWN, CHANGES_CONTRADICT
from workers.outcomes import CreateAudience, Hold

KNOWN = Knowledge(
    audience_ids={("external", "x1"): 7, ("name", "VIP"): 8},
    announced={"soon": "Soon to come", "h1": "Any"},
    held={("external", "h1"): "It exists; bind it.", ("name", "Held"): "It exists; bind it."},
)
RULES = {"profile_id": "p1", "run_rules": True}


def changes(adds: tuple[Any, ...] = (), deletes: tuple[Any, ...] = (), **more: Any) -> dict[str, Any]:
    return {"profile_id": "p1", "audiences_add": list(adds), "audiences_delete": list(deletes), **more}


def ext(external_id: str, name: str | None = None) -> dict[str, str]:
    return {"external_id": external_id} if name is None else {"external_id": external_id, "name": name}


@pytest.mark.parametrize(("by", "audience_id"), [(5, 5), (ext("x1"), 7), ({"name": "VIP"}, 8), (ext("x1", "VIP"), 7)])
def test_a_profile_may_name_an_audience_by_id_external_id_or_name(by: object, audience_id: int) -> None:
    request = request_for(LaneKind.RULES, [changes(adds=(by,)) | RULES], KNOWN)

    assert body_of(request)["audiencesChanges"] == {"adds": [audience_id], "deletes": []}


def test_names_are_resolved_where_changes_travel_as_memberships_too() -> None:
    request = request_for(LaneKind.RULES, [changes(adds=(ext("x1"), 2), deletes=({"name": "VIP"},))], KNOWN)

    sent = [(one["action"], one["audienceId"]) for one in body_of(request)["data"]]
    assert sent == [("add", 7), ("add", 2), ("delete", 8)]


def test_several_names_of_one_audience_are_one_change() -> None:
    request = request_for(LaneKind.RULES, [changes(adds=(ext("x1"), 7)) | RULES], KNOWN)

    assert body_of(request)["audiencesChanges"]["adds"] == [7]


@pytest.mark.parametrize(
    ("adds", "deletes"), [((ext("x1"),), (7,)), ((ext("n", "New"),), (ext("n", "New"),)), ((3,), (3,))]
)
def test_an_audience_to_join_and_to_leave_is_a_contradiction_whatever_it_is_named_by(
    adds: tuple[Any, ...], deletes: tuple[Any, ...]
) -> None:
    result = rendered(LaneKind.RULES, [changes(adds, deletes)], KNOWN)

    assert result.refused[0].code == CHANGES_CONTRADICT


@pytest.mark.parametrize("more", [{}, RULES])
@pytest.mark.parametrize("side", ["audiences_add", "audiences_delete"])
def test_an_unknown_audience_with_a_name_is_created_first(side: str, more: dict[str, Any]) -> None:
    result = rendered(LaneKind.RULES, [{"profile_id": "p1", side: [ext("new", "New")], **more}], KNOWN)

    assert (result.request, result.refused) == (None, {})
    assert result.needs == CreateAudience("New", "new")


@pytest.mark.parametrize("more", [{}, RULES])
def test_joining_an_audience_that_nobody_knows_is_refused_with_what_to_do(more: dict[str, Any]) -> None:
    result = rendered(LaneKind.RULES, [changes(adds=(ext("nobody"),)) | more], KNOWN)

    assert result.request is None
    assert result.refused[0].code == AUDIENCE_NOT_KNOWN
    assert "tercel audiences bind" in result.refused[0].text
    assert result.unsure


def test_leaving_an_audience_that_nobody_knows_is_left_out_and_the_rest_goes() -> None:
    record = changes(adds=(2,), deletes=(ext("nobody"),), attributes={"A": 1}) | RULES

    result = rendered(LaneKind.RULES, [record], KNOWN)

    assert result.request is not None
    assert body_of(result.request) == {"attributes": {"A": 1}, "audiencesChanges": {"adds": [2], "deletes": []}}
    assert result.unsure


def test_where_nothing_is_left_of_a_record_nothing_is_sent() -> None:
    result = rendered(LaneKind.RULES, [changes(deletes=(ext("nobody"),))], KNOWN)

    assert (result.request, result.refused, result.needs) == (None, {}, None)
    assert result.unsure


def test_a_record_that_cannot_travel_creates_no_audience_first() -> None:
    result = rendered(LaneKind.RULES, [changes(adds=(ext("new", "New"),), attributes={"A": 1})], KNOWN)

    assert result.needs is None
    assert 0 in result.refused


def test_what_is_known_for_sure_asks_for_no_second_look() -> None:
    assert not rendered(LaneKind.RULES, [changes(adds=(ext("x1"),))], KNOWN).unsure
    assert not rendered(LaneKind.MEMBERSHIP, [membership("p1", audience_id=1)], KNOWN).unsure
    assert rendered(LaneKind.MEMBERSHIP, [membership("p1", audience_external_id="nobody")], KNOWN).unsure


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        (LaneKind.MEMBERSHIP, membership("p1", audience_external_id="soon")),
        (LaneKind.RULES, changes(adds=(ext("soon"),))),
        (LaneKind.RULES, changes(deletes=(ext("soon"),)) | RULES),
    ],
)
def test_an_announced_audience_is_created_by_its_announced_name(kind: LaneKind, record: dict[str, Any]) -> None:
    assert rendered(kind, [record], KNOWN).needs == CreateAudience("Soon to come", "soon")


@pytest.mark.parametrize("audience", [{"name": "Held"}, {"name": "Any", "external_id": "h1"}])
def test_an_audience_that_is_held_is_not_asked_for_again(audience: dict[str, str]) -> None:
    result = rendered(LaneKind.AUDIENCE, [{"action": "create", **audience}], KNOWN)

    assert result.request is None
    assert isinstance(result.needs, Hold)
    assert result.needs.reason.code == AUDIENCE_HELD
    assert (result.needs.name, result.needs.external_id) == (audience["name"], audience.get("external_id"))


def test_an_audience_of_the_same_name_with_an_external_id_of_its_own_is_not_held() -> None:
    record = {"action": "create", "name": "Held", "external_id": "other"}

    assert rendered(LaneKind.AUDIENCE, [record], KNOWN).request is not None


def test_what_names_a_held_audience_by_its_external_id_only_is_held_and_not_refused() -> None:
    result = rendered(LaneKind.MEMBERSHIP, [membership("p1", audience_external_id="h1")], KNOWN)

    assert (result.needs, result.refused) == (CreateAudience("Any", "h1"), {})


def test_an_audience_that_is_held_is_not_taken_for_deleted() -> None:
    result = rendered(LaneKind.AUDIENCE, [{"action": "delete", "external_id": "h1"}], KNOWN)

    assert result.refused[0].code == AUDIENCE_NOT_KNOWN


def test_deleting_an_audience_that_was_only_announced_needs_no_request() -> None:
    result = rendered(LaneKind.AUDIENCE, [{"action": "delete", "external_id": "soon"}], KNOWN)

    assert (result.request, result.refused, result.needs) == (None, {}, None)
