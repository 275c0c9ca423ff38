"""Every row of the contract's error table, and what is done where nobody knows whether a request was taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercel.records import LaneKind
from tests.destinations_sailthru.sailthru_given import (
    GONE,
    MOVED,
    NOW_S,
    answer,
    arguments,
    event,
    judged,
    membership,
    profile,
    request_for,
    sailthru,
)
from workers.destinations.base import Answer
from workers.destinations.sailthru.jobs import poll_after_s
from workers.destinations.sailthru.reasons import REASONS, SUPPRESSED
from workers.outcomes import UNSURE, Delivered, Halt, Next, Outcome, Pending, RejectItems, Retry, Split

ONE = [profile(tier="gold")]
USER = request_for(LaneKind.PROFILE, ONE)
EVENT = request_for(LaneKind.EVENT, [event()])
MANY = [membership(f"p{i}@example.com") for i in range(50)]
JOB = request_for(LaneKind.MEMBERSHIP, MANY)
TIMEOUT = Answer(0, error="timeout")


def of_error(status: int, number: int) -> Outcome | Next:
    return judged(LaneKind.PROFILE, ONE, USER, answer(status, {"error": number, "errormsg": "no"}))


@pytest.mark.parametrize("number", [3, 5, 17, 4, 21, 22, 36])
def test_what_is_wrong_with_key_or_account_halts(number: int) -> None:
    assert isinstance(of_error(400, number), Halt)


@pytest.mark.parametrize("number", [1, 2, 6, 11, 12, 13, 14, 15, 16, 18, 41, 42, 99])
def test_what_is_wrong_with_the_record_rejects_it(number: int) -> None:
    outcome = of_error(400, number)

    assert isinstance(outcome, RejectItems)
    assert not outcome.items[0].suppressed


@pytest.mark.parametrize("number", [32, 33, 34, 35, 37])
def test_who_may_not_be_reached_is_suppressed(number: int) -> None:
    outcome = of_error(400, number)

    assert isinstance(outcome, RejectItems)
    assert (outcome.items[0].code, outcome.items[0].suppressed) == (SUPPRESSED, True)


@pytest.mark.parametrize(("status", "number"), [(400, 9), (500, 9), (500, 99), (503, 11)])
def test_faults_of_theirs_are_tried_again_whatever_the_number_says(status: int, number: int) -> None:
    outcome = of_error(status, number)

    assert isinstance(outcome, Retry)
    assert outcome.failing


@pytest.mark.parametrize(("status", "number"), [(429, 43), (400, 43), (429, 99)])
def test_too_many_requests_wait_for_the_reset(status: int, number: int) -> None:
    body = {"error": number, "errormsg": "too many"}
    got = answer(status, body, x_rate_limit_remaining="0", x_rate_limit_reset=str(int(NOW_S) + 30))

    outcome = judged(LaneKind.PROFILE, ONE, USER, got)

    assert isinstance(outcome, Retry)
    assert (outcome.slow, outcome.after_s) == (True, 30)


@pytest.mark.parametrize(
    ("got", "kind"),
    [
        (answer(200), Delivered),
        (answer(200, {"error": 99, "errormsg": "no"}), RejectItems),
        (answer(200, b"<html>"), Retry),
        (answer(400, b"Unable To Stream"), RejectItems),
        (answer(400, b""), RejectItems),
        (answer(401, b""), Halt),
        (answer(403, b"{}"), Halt),
        (answer(404, b"<html>"), Halt),
        (answer(405, b""), Halt),
        (answer(301, b""), Halt),
        (answer(408, b""), Retry),
        (answer(502, b"<html>"), Retry),
        (TIMEOUT, Retry),
        (Answer(0, error="connect"), Retry),
    ],
    ids=lambda value: "" if isinstance(value, type) else f"{value.status} {value.body[:12].decode()} {value.error}",
)
def test_an_answer_is_good_only_where_it_is_2xx_and_says_no_error(got: Answer, kind: type) -> None:
    assert isinstance(judged(LaneKind.PROFILE, ONE, USER, got), kind)


@given(st.integers(0, 599), st.binary(max_size=200))
def test_no_answer_is_beyond_judging(status: int, body: bytes) -> None:
    for request, records, kind in ((USER, ONE, LaneKind.PROFILE), (JOB, MANY, LaneKind.MEMBERSHIP)):
        assert judged(kind, records, request, Answer(status, {}, body)) is not None


def test_an_event_that_may_have_been_taken_is_sent_again_once() -> None:
    outcome = judged(LaneKind.EVENT, [event()], EVENT, TIMEOUT)

    assert isinstance(outcome, Retry)
    assert (outcome.unsure, outcome.once, outcome.failing) == (True, True, True)


def test_an_event_that_may_have_been_taken_is_rejected_where_that_is_wanted() -> None:
    outcome = judged(LaneKind.EVENT, [event()], EVENT, TIMEOUT, event_after_timeout="reject")

    assert isinstance(outcome, RejectItems)


@pytest.mark.parametrize("got", [Answer(0, error="connect"), answer(500)], ids=["never sent", "failed"])
def test_an_event_that_was_not_taken_is_sent_again_as_often_as_it_needs(got: Answer) -> None:
    outcome = judged(LaneKind.EVENT, [event()], EVENT, got)

    assert isinstance(outcome, Retry)
    assert not outcome.once


def test_a_change_of_address_that_may_have_been_done_is_looked_for_the_next_time() -> None:
    outcome = judged(LaneKind.RULES, [MOVED], request_for(LaneKind.RULES, [MOVED]), TIMEOUT)
    assert isinstance(outcome, Retry)
    assert outcome.unsure

    asked = sailthru().follow(LaneKind.RULES, [MOVED], UNSURE)

    assert asked is not None
    assert (asked.method, arguments(asked)["id"]) == ("GET", "old@example.com")


def test_a_change_of_address_that_was_done_is_not_done_again() -> None:
    asked = sailthru().follow(LaneKind.RULES, [MOVED], UNSURE)
    assert asked is not None

    outcome = judged(LaneKind.RULES, [MOVED], asked, answer(400, GONE))

    assert isinstance(outcome, Next)
    assert arguments(outcome.request) == {"id": "new@example.com", "key": "email"}


def test_a_change_of_address_that_was_not_done_is_done_now() -> None:
    asked = sailthru().follow(LaneKind.RULES, [MOVED], UNSURE)
    assert asked is not None

    outcome = judged(LaneKind.RULES, [MOVED], asked, answer(200, {"keys": {"email": "old@example.com"}}))

    assert isinstance(outcome, Next)
    assert arguments(outcome.request)["keys"] == {"email": "new@example.com"}


def test_a_look_for_a_profile_that_fails_proves_nothing() -> None:
    asked = sailthru().follow(LaneKind.RULES, [MOVED], UNSURE)
    assert asked is not None

    assert isinstance(judged(LaneKind.RULES, [MOVED], asked, answer(500, GONE)), Retry)


def test_a_job_that_was_taken_in_is_asked_for_by_its_id() -> None:
    taken = judged(LaneKind.MEMBERSHIP, MANY, JOB, answer(200, {"job_id": "j1", "status": "pending"}))
    assert isinstance(taken, Pending)

    asked = sailthru().follow(LaneKind.MEMBERSHIP, MANY, taken.ticket)

    assert asked is not None
    assert (asked.method, asked.path, arguments(asked)) == ("GET", "/job", {"job_id": "j1"})
    assert asked.items == JOB.items


@pytest.mark.parametrize(
    ("got", "kind"),
    [
        (answer(200, {"job_id": "j1", "status": "pending"}), Pending),
        (answer(200, {"job_id": "j1", "status": "completed"}), Delivered),
        (answer(200, {"job_id": "j1", "status": "error"}), Split),
        (answer(404, {"error": 99, "errormsg": "Job not found"}), Split),
        (answer(500), Retry),
        (answer(401, b""), Halt),
    ],
    ids=["under way", "done", "failed", "not known any more", "asking failed", "key refused"],
)
def test_a_job_s_state_decides(got: Answer, kind: type) -> None:
    asked = sailthru().follow(LaneKind.MEMBERSHIP, MANY, f"job {int(NOW_S)} j1")
    assert asked is not None

    outcome = judged(LaneKind.MEMBERSHIP, MANY, asked, got)

    assert isinstance(outcome, kind)
    if isinstance(outcome, Pending):
        assert outcome.ticket == f"job {int(NOW_S)} j1"


def test_a_job_that_is_refused_is_halved() -> None:
    assert isinstance(judged(LaneKind.MEMBERSHIP, MANY, JOB, answer(400, {"error": 99})), Split)


@pytest.mark.parametrize(("age_s", "after_s"), [(0, 5), (20, 5), (100, 25), (10_000, 60)])
def test_a_job_is_asked_for_ever_more_seldom(age_s: float, after_s: float) -> None:
    assert poll_after_s(age_s, 5) == after_s


@pytest.mark.parametrize("ticket", ["", "job", "job x j1", "unsure"])
def test_other_tickets_ask_for_nothing(ticket: str) -> None:
    assert sailthru().follow(LaneKind.MEMBERSHIP, MANY, ticket) is None


@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_code_says_what_to_do(code: str) -> None:
    assert all(text and text == text.strip() for text in REASONS[code])
