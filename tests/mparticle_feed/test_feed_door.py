"""mParticle's Events API, over real sockets."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tercel.records import LaneKind
from tests.mparticle_feed.events_api import SEED_BODY
from tests.mparticle_feed.feed_doors import KEY, MANY, ONE, SECRET, Feeds, bought, counts, said


def test_the_seeds_body_is_taken_as_it_stands(feeds: Feeds) -> None:
    answer = feeds.doors.http.post(
        ONE,
        content=json.dumps(SEED_BODY),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Basic {base64.b64encode(f'{KEY}:{SECRET}'.encode()).decode()}",
        },
    )

    assert (answer.status_code, answer.json()) == (202, counts(filtered=1))


def test_an_event_is_on_its_lane_when_it_is_answered(feeds: Feeds) -> None:
    answer = feeds.post(bought(7, source_request_id="r-1"))

    assert (answer.status_code, answer.json()) == (202, counts(accepted=1))
    [record] = feeds.records(LaneKind.EVENT)
    assert (record["profile_id"], record["type"], record["attributes"]) == ("c-7", "Bought", {"n": 7})


def test_a_feed_of_a_sailthru_deployment_finds_people_by_their_address(feeds: Feeds) -> None:
    assert feeds.mail(bought(7, mpid=2**62, user_attributes={"$Sizes": ["S", "M"]})).status_code == 202

    [profile] = feeds.records(LaneKind.PROFILE, "mail")
    assert profile == {"profile_id": "c7@example.com", "person": str(2**62), "attributes": {"Sizes": "S, M"}}


def test_the_seeds_session_is_an_event_of_sailthru(feeds: Feeds) -> None:
    feeds.mail({**SEED_BODY, "user_identities": {"email": "ana@example.com"}})

    assert [one["type"] for one in feeds.records(LaneKind.EVENT, "mail")] == ["mp_session_start"]


def test_without_credentials_it_is_answered_401(feeds: Feeds) -> None:
    answer = feeds.doors.http.post(ONE, json=SEED_BODY)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.json()["errors"][0]["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic !",
        "Basic " + base64.b64encode(b"us1-feed-key").decode(),
        "Basic " + base64.b64encode(b"us1-feed-key:wrong").decode(),
        "Basic " + base64.b64encode(b"wrong:feed-secret").decode(),
        "Basic " + base64.b64encode(b"us1-feed-key:mail-secret").decode(),
        "Basic " + base64.b64encode(b":").decode(),
        "Bearer feed-secret",
    ],
)
def test_with_wrong_credentials_it_is_answered_403_and_nothing_is_kept(feeds: Feeds, authorization: str) -> None:
    answer = feeds.doors.http.post(ONE, json=bought(), headers={"Authorization": authorization})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "FORBIDDEN")
    assert feeds.doors.counted() == {}


def test_a_malformed_batch_is_answered_400_with_its_field_and_nothing_is_kept(feeds: Feeds) -> None:
    answer = feeds.post({"events": [{"event_type": "custom_event", "data": {"custom_event_type": "other"}}]})

    assert answer.status_code == 400
    assert answer.json() == {
        "errors": [{"code": "BAD_REQUEST", "message": "events[0].data.event_name: is missing"}],
    }
    assert list(feeds.doors.store.rejections()) == []


@pytest.mark.parametrize("body", [b"", b"{", b"7", b"[]", b'"text"', b"null", b"NaN", b"\xff", b"[" * 100])
def test_what_is_no_batch_is_answered_400_in_the_documented_shape(feeds: Feeds, body: bytes) -> None:
    answer = feeds.doors.http.post(ONE, content=body, auth=(KEY, SECRET))

    assert answer.status_code == 400
    assert said(answer)


def test_another_type_of_content_is_answered_400(feeds: Feeds) -> None:
    answer = feeds.doors.http.post(ONE, data={"a": "1"}, auth=(KEY, SECRET))
    assert answer.status_code == 400


@pytest.mark.parametrize("path", [ONE, MANY])
def test_another_method_is_answered_405_with_the_one_there_is(feeds: Feeds, path: str) -> None:
    answer = feeds.doors.http.get(path, auth=(KEY, SECRET))
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_batch_of_more_than_128_kb_is_answered_400(feeds: Feeds) -> None:
    answer = feeds.post(bought(sdk_version="x" * 131_072))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "BAD_REQUEST")


def test_a_repeat_is_known_by_its_source_request_id(feeds: Feeds) -> None:
    feeds.post(bought(1, source_request_id="r-1"))
    answer = feeds.post(bought(1, source_request_id="r-1"))

    assert (answer.status_code, answer.json()) == (202, counts(duplicate=1))
    assert len(feeds.records(LaneKind.EVENT)) == 1


def test_one_source_request_id_from_two_feeds_is_two_batches(feeds: Feeds) -> None:
    feeds.post(bought(1, source_request_id="r-1"))
    assert feeds.mail(bought(1, source_request_id="r-1")).json() == counts(accepted=1)


def test_batches_without_an_id_are_never_taken_for_repeats(feeds: Feeds) -> None:
    feeds.post(bought(1))
    assert feeds.post(bought(1)).json() == counts(accepted=1)


def test_messages_of_the_webhook_output_that_share_a_batch_are_all_taken(feeds: Feeds) -> None:
    for number in (1, 2):
        answer = feeds.post(bought(number, source_request_id="r-1", batch_id=9, message_id=f"m-{number}"))
        assert answer.json() == counts(accepted=1)


def test_whom_the_deployment_cannot_find_is_told_and_kept_as_a_rejection(feeds: Feeds) -> None:
    named = f"r-{uuid4()}"
    answer = feeds.mail(bought(1, user_identities={"customer_id": "c-1"}, source_request_id=named))

    assert answer.status_code == 202
    assert answer.json()["rejected"] == 1
    assert [(one["batch"], one["code"]) for one in answer.json()["problems"]] == [(0, "T690")]
    [kept] = feeds.doors.store.rejections(deployment="mail")
    assert (kept.code, named in kept.answer) == ("T690", True)


def test_of_a_bulk_request_the_good_batches_are_taken_and_the_bad_ones_told_and_kept(feeds: Feeds) -> None:
    bad = {"events": "none", "job_id": str(uuid4())}
    answer = feeds.post([bought(1), bad, 7, SEED_BODY, bought(2)], MANY)

    found = answer.json()
    problems = found.pop("problems")
    assert (answer.status_code, found) == (202, counts(accepted=2, rejected=2, filtered=1))
    assert [(one["batch"], one["field"]) for one in problems] == [(1, "events"), (2, "")]
    assert [record["profile_id"] for record in feeds.records(LaneKind.EVENT)] == ["c-1", "c-2"]
    kept = list(feeds.doors.store.rejections(deployment="prod"))
    assert {one.code for one in kept} == {"T680"}
    assert feeds.doors.counted()["rejected"] == 2


def test_a_bad_batch_that_comes_again_is_kept_once(feeds: Feeds) -> None:
    bad = {"events": "none", "job_id": str(uuid4())}
    for _ in range(2):
        feeds.post([bought(1), bad], MANY)
    assert len(list(feeds.doors.store.rejections(deployment="prod"))) == 1


def test_a_bulk_request_without_one_good_batch_is_answered_400_and_nothing_is_kept(feeds: Feeds) -> None:
    answer = feeds.post([{"events": 1}, 7], MANY)

    assert answer.status_code == 400
    assert said(answer) == ["[0] events: must be a list", "[1] must be an object: one batch of one user"]
    assert list(feeds.doors.store.rejections()) == []


def test_a_bulk_request_of_nothing_is_taken(feeds: Feeds) -> None:
    assert (feeds.post([], MANY).status_code, feeds.post([], MANY).json()) == (202, counts())


def test_a_batch_where_a_bulk_request_belongs_is_answered_400(feeds: Feeds) -> None:
    assert said(feeds.post(bought(1), MANY)) == ["the body must be a list of batches"]


def test_a_hundred_batches_are_taken_and_one_more_is_refused(feeds: Feeds) -> None:
    assert feeds.post([bought(n) for n in range(100)], MANY).json() == counts(accepted=100)
    assert feeds.post([bought(n) for n in range(101)], MANY).status_code == 400


def test_in_a_bulk_request_one_batch_that_is_too_large_costs_no_other(feeds: Feeds) -> None:
    large = bought(1, sdk_version="x" * 131_072)
    answer = feeds.post([large, bought(2)], MANY)

    assert (answer.status_code, answer.json()["accepted"], answer.json()["rejected"]) == (202, 1, 1)
    assert "131072 bytes" in answer.json()["problems"][0]["problem"]


def test_a_bulk_request_of_more_than_256_kb_is_answered_400(feeds: Feeds) -> None:
    assert feeds.post([bought(n, sdk_version="x" * 90_000) for n in range(3)], MANY).status_code == 400


def test_a_bulk_request_keeps_the_order_of_one_user(feeds: Feeds) -> None:
    one = {"customer_id": "same"}
    feeds.post([bought(n, user_identities=one) for n in range(3)], MANY)

    assert [record["attributes"]["n"] for record in feeds.records(LaneKind.EVENT)] == [0]
    [waiting] = feeds.doors.redis.scan_iter("tercel:prod:wait:l:*")
    assert feeds.doors.redis.llen(waiting) == 2


@pytest.mark.parametrize("number", [2**63, 10**30, -(10**25)])
def test_whole_numbers_of_any_length_are_never_rounded(feeds: Feeds, number: int) -> None:
    feeds.mail(bought("n", mpid=number, user_identities={"email": "ana@example.com"}))
    assert feeds.records(LaneKind.EVENT, "mail")[0]["person"] == str(number)


@pytest.mark.parametrize("path", [ONE + "/", "/" + ONE])
def test_a_slash_too_many_leads_to_the_same_door(feeds: Feeds, path: str) -> None:
    assert raw_post(feeds, path, SEED_BODY).startswith(b"HTTP/1.1 202")


def raw_post(feeds: Feeds, path: str, body: Any) -> bytes:
    """Post to a path as it stands; a client would put it in order first."""
    content = json.dumps(body).encode()
    proof = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        f"Authorization: Basic {proof}",
        f"Content-Length: {len(content)}",
        "",
        "",
    ]
    return feeds.doors.raw("\r\n".join(lines).encode() + content)


def test_the_history_door_is_not_there(feeds: Feeds) -> None:
    answer: httpx.Response = feeds.post([], MANY + "/historical")
    assert answer.status_code == 404


def test_the_door_is_described_where_the_others_are(feeds: Feeds) -> None:
    document = feeds.doors.http.get("/openapi.json").json()
    assert set(document["paths"]) == {ONE, MANY}
    assert set(document["paths"][MANY]["post"]["responses"]) == {"202", "400", "401", "403", "408", "503"}
    assert MANY in feeds.doors.http.get("/docs").text
