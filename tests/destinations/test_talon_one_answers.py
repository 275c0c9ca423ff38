"""Every row of the outcomes table, but for refusals with pointers (see test_talon_one_refusals)."""

from __future__ import annotations

from typing import Any

import pytest

from tercel.records import LaneKind
from tests.destinations.talon_one_given import RECORDS, answer, event, judged, membership, profile
from workers.destinations.base import Answer
from workers.destinations.talon_one import TalonOne
from workers.destinations.talon_one.reasons import (
    AUDIENCE_EXISTS,
    AUDIENCE_ID_UNREAD,
    AUDIENCE_NOT_THERE,
    CONFLICT,
    EVENT_TYPE_UNKNOWN,
    ID_NOT_ADDRESSABLE,
    KEY_REFUSED,
    NO_ANSWER,
    PARALLEL_REQUESTS,
    REFUSED_UNEXPLAINED,
    SERVER_FAILED,
    THROTTLED,
    TOO_LARGE,
    WRONG_ADDRESS,
)
from workers.outcomes import Delivered, Halt, Hold, RejectItems, Retry, Split

KINDS = list(LaneKind)
NOT_CREATE = [kind for kind in KINDS if kind is not LaneKind.AUDIENCE]
BULK = [LaneKind.PROFILE, LaneKind.MEMBERSHIP]
ALONE = [kind for kind in KINDS if kind not in BULK]
NO_PATH = {"message": "Not found"}
TOO_MANY = {"message": "Too many requests are updating this profile at the same time", "StatusCode": 409}
TOO_MANY_SESSION = {"message": "Too many requests are updating this session at the same time", "StatusCode": 409}
DELETE = [{"action": "delete", "audience_id": 7}]
RENAME = [{"action": "rename", "audience_id": 7, "name": "N"}]


@pytest.mark.parametrize("kind", NOT_CREATE)
@pytest.mark.parametrize(("status", "body"), [(204, b""), (200, b"{}"), (201, b'{"id": 4}'), (202, b"garbage")])
def test_any_2xx_is_delivered(kind: LaneKind, status: int, body: bytes) -> None:
    assert judged(kind, answer(status, body)) == Delivered()


def test_a_created_audience_brings_its_id() -> None:
    assert judged(LaneKind.AUDIENCE, answer(201, {"id": 42, "name": "VIP"})) == Delivered(created=42)


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"nonsense", b'{"id": "7"}', b'{"id": true}', b'{"id": 0}'])
def test_a_created_audience_whose_id_cannot_be_read_is_held(body: bytes) -> None:
    outcome = judged(LaneKind.AUDIENCE, answer(201, body))

    assert isinstance(outcome, Hold)
    assert (outcome.name, outcome.external_id, outcome.reason.code) == ("VIP", "x1", AUDIENCE_ID_UNREAD)


@pytest.mark.parametrize("kind", KINDS)
def test_a_web_page_is_never_taken_for_success(kind: LaneKind) -> None:
    outcome = judged(kind, answer(200, b"\n <!DOCTYPE html><title>Log in</title>"))

    assert isinstance(outcome, Retry)
    assert (outcome.reason.code, outcome.failing, outcome.slow) == (WRONG_ADDRESS, True, False)


@pytest.mark.parametrize("kind", KINDS)
def test_429_slows_the_whole_deployment(kind: LaneKind) -> None:
    outcome = judged(kind, answer(429))

    assert isinstance(outcome, Retry)
    assert (outcome.reason.code, outcome.slow, outcome.failing, outcome.after_s) == (THROTTLED, True, False, None)


def test_429_passes_on_what_retry_after_asks_for() -> None:
    outcome = judged(LaneKind.PROFILE, answer(429, headers={"Retry-After": "7"}))

    assert isinstance(outcome, Retry)
    assert outcome.after_s == 7.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [TOO_MANY, TOO_MANY_SESSION])
def test_409_for_parallel_requests_is_tried_again_without_slowing_anyone(kind: LaneKind, body: dict[str, Any]) -> None:
    outcome = judged(kind, answer(409, body), events_api="v3")

    assert isinstance(outcome, Retry)
    assert (outcome.reason.code, outcome.slow, outcome.failing) == (PARALLEL_REQUESTS, False, False)


@pytest.mark.parametrize("body", [{"message": "An event with this integrationId already exists"}, b"", b"<html>"])
def test_409_for_a_v3_event_that_is_there_already_is_delivered(body: object) -> None:
    assert judged(LaneKind.EVENT, answer(409, body), events_api="v3") == Delivered()


def test_409_for_a_limit_reached_never_passes_a_v3_event_for_delivered() -> None:
    outcome = judged(LaneKind.EVENT, answer(409, {"message": "Limit reached"}), events_api="v3")

    assert isinstance(outcome, Retry)
    assert outcome.reason.code == CONFLICT


@pytest.mark.parametrize("kind", NOT_CREATE)
def test_any_other_409_is_tried_again(kind: LaneKind) -> None:
    outcome = judged(kind, answer(409, {"message": "Conflict"}))

    assert isinstance(outcome, Retry)
    assert (outcome.reason.code, outcome.slow, outcome.failing) == (CONFLICT, False, False)


def test_409_for_an_audience_that_exists_holds_its_records() -> None:
    outcome = judged(LaneKind.AUDIENCE, answer(409, {"message": "already exists"}))

    assert isinstance(outcome, Hold)
    assert (outcome.name, outcome.external_id, outcome.reason.code) == ("VIP", "x1", AUDIENCE_EXISTS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [500, 502, 503, 504, 599, 408, 425])
def test_a_failing_server_counts_towards_the_breaker(kind: LaneKind, status: int) -> None:
    outcome = judged(kind, answer(status, b"<html>Bad gateway</html>", {"retry-after": "3"}))

    assert isinstance(outcome, Retry)
    assert (outcome.reason.code, outcome.failing, outcome.slow, outcome.after_s) == (SERVER_FAILED, True, False, 3.0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("error", ["timeout", "connect", "reset", "", "something new"])
def test_no_answer_counts_towards_the_breaker(kind: LaneKind, error: str) -> None:
    outcome = judged(kind, Answer(0, error=error))

    assert isinstance(outcome, Retry)
    assert (outcome.reason.code, outcome.failing, outcome.slow) == (NO_ANSWER, True, False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_key_halts_and_rejects_nothing(kind: LaneKind, status: int) -> None:
    outcome = judged(kind, answer(status, {"message": "Invalid API key"}))

    assert isinstance(outcome, Halt)
    assert outcome.reason.code == KEY_REFUSED


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [301, 302, 304, 307, 308, 405, 407, 421])
def test_an_address_that_is_not_the_api_s_halts(kind: LaneKind, status: int) -> None:
    outcome = judged(kind, answer(status))

    assert isinstance(outcome, Halt)
    assert outcome.reason.code == WRONG_ADDRESS


@pytest.mark.parametrize("kind", [LaneKind.PROFILE, LaneKind.RULES, LaneKind.SESSION, LaneKind.AUDIENCE])
@pytest.mark.parametrize("status", [404, 410])
def test_404_on_a_path_that_every_deployment_has_halts(kind: LaneKind, status: int) -> None:
    assert isinstance(judged(kind, answer(status, NO_PATH)), Halt)


@pytest.mark.parametrize("kind", KINDS)
def test_404_that_is_not_the_api_s_halts(kind: LaneKind) -> None:
    assert isinstance(judged(kind, answer(404, b"<html>nginx</html>")), Halt)


def test_404_that_is_not_the_api_s_never_passes_a_delete_for_done() -> None:
    assert isinstance(judged(LaneKind.AUDIENCE, answer(404, b"page not found"), DELETE), Halt)


@pytest.mark.parametrize(
    ("kind", "record"),
    [(LaneKind.RULES, {"profile_id": "a/b", "run_rules": True}), (LaneKind.SESSION, {"session_id": "50%"})],
)
@pytest.mark.parametrize("status", [301, 404])
def test_one_odd_id_in_a_path_is_rejected_and_does_not_stop_the_deployment(
    kind: LaneKind, record: dict[str, Any], status: int
) -> None:
    outcome = judged(kind, answer(status, b"<html>"), [record])

    assert isinstance(outcome, RejectItems)
    assert outcome.items[0].code == ID_NOT_ADDRESSABLE


def test_404_for_an_event_rejects_it_for_its_type() -> None:
    outcome = judged(LaneKind.EVENT, answer(404, NO_PATH), [event()])

    assert isinstance(outcome, RejectItems)
    assert outcome.items[0].code == EVENT_TYPE_UNKNOWN


def test_404_for_memberships_of_several_audiences_splits_by_audience() -> None:
    outcome = judged(LaneKind.MEMBERSHIP, answer(404, NO_PATH))

    assert isinstance(outcome, Split)
    assert (outcome.by_audience, outcome.reason.code) == (True, AUDIENCE_NOT_THERE)


@pytest.mark.parametrize("body", [NO_PATH, b""])
def test_404_for_memberships_of_one_audience_rejects_them_and_names_it(body: object) -> None:
    records = [membership("p1", audience_id=42), membership("p2", audience_id=42)]

    outcome = judged(LaneKind.MEMBERSHIP, answer(404, body), records)

    assert isinstance(outcome, RejectItems)
    assert set(outcome.items) == {0, 1}
    assert "audience 42" in outcome.items[0].text
    assert "tercel audiences bind" in outcome.items[0].text


def test_404_that_points_at_an_audience_rejects_all_of_that_audience_only() -> None:
    records = [membership("p1", audience_id=7), membership("p1", audience_id=8), membership("p2", audience_id=7)]
    body = {"message": "x", "errors": [{"title": "Unknown", "source": {"pointer": "/data/0/audienceId"}}]}

    outcome = judged(LaneKind.MEMBERSHIP, answer(404, body), records)

    assert isinstance(outcome, RejectItems)
    assert set(outcome.items) == {0, 2}


@pytest.mark.parametrize(
    "record",
    [
        {"profile_id": "p1", "run_rules": True, "audiences_add": [9]},
        {"profile_id": "p1", "audiences_delete": [9]},
    ],
)
def test_404_for_a_profile_with_audience_changes_rejects_it(record: dict[str, Any]) -> None:
    outcome = judged(LaneKind.RULES, answer(404, NO_PATH), [record])

    assert isinstance(outcome, RejectItems)
    assert outcome.items[0].code == AUDIENCE_NOT_THERE


def test_deleting_an_audience_that_is_gone_is_delivered() -> None:
    assert judged(LaneKind.AUDIENCE, answer(404, NO_PATH), DELETE) == Delivered()


def test_renaming_an_audience_that_is_gone_is_rejected() -> None:
    outcome = judged(LaneKind.AUDIENCE, answer(404, NO_PATH), RENAME)

    assert isinstance(outcome, RejectItems)
    assert outcome.items[0].code == AUDIENCE_NOT_THERE


@pytest.mark.parametrize("kind", BULK)
def test_413_splits_a_call_of_several(kind: LaneKind) -> None:
    outcome = judged(kind, answer(413))

    assert isinstance(outcome, Split)
    assert (outcome.by_audience, outcome.reason.code) == (False, TOO_LARGE)


def test_413_rejects_a_call_of_one() -> None:
    outcome = judged(LaneKind.PROFILE, answer(413), [profile()])

    assert isinstance(outcome, RejectItems)
    assert outcome.items[0].code == TOO_LARGE


@pytest.mark.parametrize("kind", BULK)
@pytest.mark.parametrize("status", [400, 415, 422, 406, 431])
@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"message": 5, "errors": {}}', b'{"errors": [1, {}]}'])
def test_a_refusal_that_names_nothing_splits_a_call_of_several(kind: LaneKind, status: int, body: bytes) -> None:
    outcome = judged(kind, answer(status, body))

    assert isinstance(outcome, Split)
    assert (outcome.by_audience, outcome.reason.code) == (False, REFUSED_UNEXPLAINED)


@pytest.mark.parametrize("kind", ALONE)
def test_a_refusal_that_names_nothing_rejects_a_call_of_one(kind: LaneKind) -> None:
    outcome = judged(kind, answer(400))

    assert isinstance(outcome, RejectItems)
    assert {item: why.code for item, why in outcome.items.items()} == {0: REFUSED_UNEXPLAINED}


@pytest.mark.parametrize("status", [-1, 100, 199, 600, 999])
def test_a_status_that_is_no_answer_is_tried_again(status: int) -> None:
    outcome = judged(LaneKind.PROFILE, answer(status))

    assert isinstance(outcome, Retry)
    assert outcome.failing


@pytest.mark.parametrize(("status", "expected"), [(204, Delivered), (401, Halt), (404, Halt), (503, Retry)])
def test_an_answer_to_the_probe_can_be_judged_too(status: int, expected: type) -> None:
    destination = TalonOne()

    assert isinstance(destination.judge(LaneKind.PROFILE, (), destination.probe(), answer(status)), expected)


def test_the_answer_is_kept_short_and_without_what_a_store_cannot_hold() -> None:
    outcome = judged(LaneKind.PROFILE, answer(400, b"\xff\x00" + "é".encode() * 5_000), RECORDS[LaneKind.PROFILE])

    assert isinstance(outcome, Split)
    assert len(outcome.reason.answer) == 2_000
    assert "\x00" not in outcome.reason.answer
