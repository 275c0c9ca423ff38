"""Profiles and memberships: merged in order, one update a person, a job for many."""

from __future__ import annotations

import pytest

from tercel.records import LaneKind, Urgency
from tests.destinations_sailthru.sailthru_given import (
    KNOWN,
    MOVED,
    arguments,
    files_lines,
    membership,
    profile,
    rendered,
    request_for,
    sailthru,
)
from workers.destinations.base import Knowledge
from workers.destinations.sailthru.people import HANDFUL
from workers.destinations.sailthru.reasons import EXTID_OFF, LIST_NOT_NAMED, NOT_AN_EMAIL, VAR_NAME
from workers.outcomes import CreateAudience

EXTID = {"profile_id": "ana@example.com", "identities": {"now": {"extid": "c-7"}}}


def test_vars_of_one_profile_are_merged_in_order_and_null_is_stored() -> None:
    request = request_for(LaneKind.PROFILE, [profile(tier="gold", city="Rome"), profile(tier="silver", city=None)])

    assert (request.method, request.path, request.budget) == ("POST", "/user", "POST /user")
    assert arguments(request) == {
        "id": "ana@example.com",
        "key": "email",
        "vars": {"tier": "silver", "city": None},
    }
    assert request.items == ((0, 1),)
    assert not request.partial
    assert not request.idempotency_header


def test_several_lists_of_one_person_travel_as_one_update_and_the_last_word_counts() -> None:
    records = [membership(), membership(name="Silver"), membership(action="delete")]

    assert arguments(request_for(LaneKind.MEMBERSHIP, records))["lists"] == {"Gold": 0, "Silver": 1}


def test_a_handful_of_profiles_is_sent_one_by_one() -> None:
    records = [profile("a@example.com", n=1), profile("b@example.com", n=2), profile("a@example.com", n=3)]

    request = request_for(LaneKind.PROFILE, records)

    assert (request.path, request.partial, request.items) == ("/user", True, ((0, 2),))


def test_more_than_a_handful_of_profiles_is_one_job_with_a_line_each() -> None:
    records = [membership(f"p{i}@example.com") for i in range(HANDFUL)]

    request = request_for(LaneKind.MEMBERSHIP, records)

    assert (request.method, request.path, request.budget) == ("POST", "/job", "POST /job")
    assert arguments(request) == {"job": "update"}
    assert files_lines(request)[1] == {"email": "p1@example.com", "lists": {"Gold": 1}}
    assert request.items == tuple((i,) for i in range(HANDFUL))


def test_a_list_that_is_not_known_to_be_there_is_made_first() -> None:
    result = rendered(LaneKind.MEMBERSHIP, [membership(name="$New")], Knowledge())

    assert result.request is None
    assert result.needs == CreateAudience("$New", "17")


def test_a_dollar_in_a_list_s_name_is_replaced() -> None:
    known = Knowledge(named=frozenset({"Big-Spenders"}))

    request = request_for(LaneKind.MEMBERSHIP, [membership(name="Big$Spenders")], known)

    assert arguments(request)["lists"] == {"Big-Spenders": 1}


@pytest.mark.parametrize(
    ("kind", "record", "code"),
    [
        (LaneKind.PROFILE, profile("c-7"), NOT_AN_EMAIL),
        (LaneKind.PROFILE, profile(**{"x" * 33: 1}), VAR_NAME),
        (LaneKind.PROFILE, profile(**{"1st": 1}), VAR_NAME),
        (LaneKind.MEMBERSHIP, {"profile_id": "a@b.c", "action": "add", "audience_id": 7}, LIST_NOT_NAMED),
        (LaneKind.RULES, {"profile_id": "a@b.c", "audiences_add": [7]}, LIST_NOT_NAMED),
        (LaneKind.RULES, EXTID, EXTID_OFF),
    ],
    ids=["no address", "var too long", "var with a digit first", "list by id", "lists by id", "extid off"],
)
def test_what_can_never_be_sent_is_refused_before_it_is(kind: LaneKind, record: dict[str, object], code: str) -> None:
    assert rendered(kind, [record]).refused[0].code == code


def test_a_bad_record_does_not_keep_the_others_from_being_sent() -> None:
    result = rendered(LaneKind.PROFILE, [profile(a=1), profile("nobody", a=1)])

    assert list(result.refused) == [1]


def test_a_new_address_is_given_to_the_profile_that_had_the_old_one() -> None:
    assert arguments(request_for(LaneKind.RULES, [MOVED])) == {
        "id": "old@example.com",
        "key": "email",
        "keys": {"email": "new@example.com"},
        "keysconflict": "merge",
    }


def test_an_extid_is_given_where_they_are_switched_on() -> None:
    assert arguments(request_for(LaneKind.RULES, [EXTID], extid=True)) == {
        "id": "ana@example.com",
        "key": "email",
        "keys": {"extid": "c-7"},
        "keysconflict": "merge",
    }


def test_lists_and_vars_of_a_profile_that_travels_alone_go_in_one_update() -> None:
    record = profile(tier="gold") | {"audiences_add": [{"name": "Gold"}], "audiences_delete": [{"name": "Silver"}]}

    sent = arguments(request_for(LaneKind.RULES, [record]))

    assert (sent["vars"], sent["lists"]) == ({"tier": "gold"}, {"Gold": 1, "Silver": 0})


@pytest.mark.parametrize("kind", [LaneKind.PROFILE, LaneKind.MEMBERSHIP])
def test_a_live_call_holds_one_person_and_a_bulk_call_a_file(kind: LaneKind) -> None:
    live, bulk = sailthru().batch(kind, Urgency.LIVE), sailthru().batch(kind, Urgency.BULK)

    assert (live.people, live.full, bulk.records, bulk.full) == (1, 1, 1_000, 1_000)


@pytest.mark.parametrize("kind", [LaneKind.EVENT, LaneKind.RULES, LaneKind.AUDIENCE, LaneKind.SESSION])
def test_everything_else_travels_alone(kind: LaneKind) -> None:
    assert {sailthru().batch(kind, urgency).records for urgency in Urgency} == {1}


def test_nothing_is_rendered_of_nothing() -> None:
    assert rendered(LaneKind.PROFILE, [], KNOWN).request is None
