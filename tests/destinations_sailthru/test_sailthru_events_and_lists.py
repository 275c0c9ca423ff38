"""Events under their own names, and lists that are asked for before they are made."""

from __future__ import annotations

import pytest

from tercel.records import LaneKind
from tests.destinations_sailthru.sailthru_given import (
    answer,
    arguments,
    event,
    judged,
    rendered,
    request_for,
)
from workers.destinations.base import Knowledge
from workers.destinations.sailthru.reasons import EVENT_RESERVED, LIST_NOT_NAMED, NO_SESSIONS
from workers.outcomes import Delivered, Next

CREATE = {"action": "create", "name": "Big$Spenders", "external_id": "17"}
NOTHING = Knowledge()
NO_LIST = {"error": 15, "errormsg": "List not found"}


def test_an_event_keeps_its_name_and_its_vars_stay_with_it() -> None:
    request = request_for(LaneKind.EVENT, [event(attributes={"plan": "pro"})])

    assert (request.method, request.path) == ("POST", "/event")
    assert arguments(request) == {
        "id": "ana@example.com",
        "key": "email",
        "event": "Signed Up",
        "vars": {"plan": "pro"},
    }


@pytest.mark.parametrize("name", ["send", "cancel", "open", "click", "purchase", "daily"])
def test_names_that_sailthru_keeps_for_itself_are_refused(name: str) -> None:
    assert rendered(LaneKind.EVENT, [event(type=name)]).refused[0].code == EVENT_RESERVED


def test_a_session_of_talon_one_is_refused() -> None:
    record = {"session_id": "s", "profile_id": "ana@example.com"}

    assert rendered(LaneKind.SESSION, [record]).refused[0].code == NO_SESSIONS


@pytest.mark.parametrize("action", ["create", "rename"])
def test_a_list_is_asked_for_by_its_name_first(action: str) -> None:
    request = request_for(LaneKind.AUDIENCE, [CREATE | {"action": action}], NOTHING)

    assert (request.method, request.path, arguments(request)) == ("GET", "/list", {"list": "Big-Spenders"})


def test_a_list_that_is_there_is_remembered() -> None:
    request = request_for(LaneKind.AUDIENCE, [CREATE], NOTHING)
    found = answer(200, {"list": "Big-Spenders", "type": "normal", "list_id": "5f"})

    assert judged(LaneKind.AUDIENCE, [CREATE], request, found) == Delivered(named="Big-Spenders")


def test_a_list_that_is_not_there_is_made_next() -> None:
    request = request_for(LaneKind.AUDIENCE, [CREATE], NOTHING)

    outcome = judged(LaneKind.AUDIENCE, [CREATE], request, answer(404, NO_LIST))

    assert isinstance(outcome, Next)
    assert (outcome.request.method, arguments(outcome.request)) == ("POST", {"list": "Big-Spenders"})
    made = answer(200, {"list": "Big-Spenders", "type": "natural", "list_id": "5f"})
    assert judged(LaneKind.AUDIENCE, [CREATE], outcome.request, made) == Delivered(named="Big-Spenders")


def test_a_list_known_to_be_there_is_not_asked_for_again() -> None:
    result = rendered(LaneKind.AUDIENCE, [CREATE], Knowledge(named=frozenset({"Big-Spenders"})))

    assert (result.request, dict(result.refused), result.needs) == (None, {}, None)


@pytest.mark.parametrize("got", [answer(200), answer(404, NO_LIST)], ids=["there", "gone before"])
def test_a_list_is_deleted_by_name_and_one_that_is_gone_counts_as_deleted(got: object) -> None:
    record = CREATE | {"action": "delete"}
    request = request_for(LaneKind.AUDIENCE, [record], NOTHING)

    assert (request.method, arguments(request)) == ("DELETE", {"list": "Big-Spenders"})
    assert isinstance(judged(LaneKind.AUDIENCE, [record], request, got), Delivered)  # type: ignore[arg-type]


def test_an_audience_without_a_name_is_refused() -> None:
    assert rendered(LaneKind.AUDIENCE, [{"action": "delete", "external_id": "17"}]).refused[0].code == LIST_NOT_NAMED
