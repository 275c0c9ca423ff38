"""Segment's webhook, over real sockets."""

from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

import pytest

from tercel.messages import decode
from tercel.records import LaneKind
from tests.receiver.open_doors import MOST_MESSAGES, SECRET, OpenDoors, identify, signed

ALIAS = {"type": "alias", "userId": "c-7", "previousId": "c-6"}
TRACK_WITHOUT_USER = {"type": "track", "event": "Seen"}


def fresh() -> str:
    """Return a message id that no other test has used: the store never forgets a rejection."""
    return f"m-{uuid4()}"


def counts(**found: int) -> dict[str, int]:
    return {"accepted": 0, "duplicate": 0, "filtered": 0, "rejected": 0, **found}


def test_a_signed_message_is_on_its_lane_when_it_is_answered(doors: OpenDoors) -> None:
    answer = doors.post(identify("c-7", "m-1", city="Zürich"))

    assert (answer.status_code, answer.json()) == (200, counts(accepted=1))
    assert doors.records() == [{"profile_id": "c-7", "attributes": {"city": "Zürich"}}]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_each_method_that_segment_knows_is_taken(doors: OpenDoors, method: str) -> None:
    body, signature = signed(identify("c-7"))
    answer = doors.http.request(
        method, "/segment/webhook/web", content=body, headers={"X-Signature": signature, "Content-Type": "text/json"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "authorization", [f"Bearer {SECRET}", f"Basic {base64.b64encode(f'{SECRET}:'.encode()).decode()}"]
)
def test_a_write_key_does_instead_of_a_signature(doors: OpenDoors, authorization: str) -> None:
    answer = doors.http.post("/segment/webhook/web", json=identify("c-7"), headers={"Authorization": authorization})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Signature": ""},
        {"X-Signature": "0" * 40},
        {"X-Signature": "ü" * 40},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic !"},
        {"X-Signature": "0" * 40, "Authorization": f"Bearer {SECRET}"},
    ],
)
def test_without_proof_nothing_is_kept(doors: OpenDoors, headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = doors.http.post("/segment/webhook/web", json=identify("c-7"), headers=raw)
    assert (answer.status_code, answer.json()["code"]) == (401, "T640")
    assert doors.counted() == {}


def test_anothers_secret_is_no_proof(doors: OpenDoors) -> None:
    assert doors.post(identify("c-7"), secret="tercel-secret-of-both").status_code == 401


def test_a_repeated_message_is_answered_well_and_enqueued_once(doors: OpenDoors) -> None:
    doors.post(identify("c-7", "m-1"))
    answer = doors.post([identify("c-8", "m-2"), identify("c-7", "m-1")])

    assert answer.json() == counts(accepted=1, duplicate=1)
    assert [record["profile_id"] for record in doors.records()] == ["c-7", "c-8"]


def test_one_message_id_from_two_senders_is_two_messages(doors: OpenDoors) -> None:
    doors.post(identify("c-7", "m-1"))
    answer = doors.post(identify("c-7", "m-1"), to="/segment/webhook/both", secret="tercel-secret-of-both")
    assert answer.json() == counts(accepted=1)


def test_a_message_that_no_mapping_wants_is_filtered(doors: OpenDoors) -> None:
    assert doors.post(ALIAS).json() == counts(filtered=1)
    assert doors.counted() == {"received": 1, "filtered": 1}


def test_an_invalid_message_is_refused_with_its_field(doors: OpenDoors) -> None:
    answer = doors.post(TRACK_WITHOUT_USER)

    assert (answer.status_code, answer.json()["code"]) == (400, "T644")
    assert "customerProfileId" in answer.json()["problems"][0]
    assert doors.counted() == {}
    assert list(doors.store.rejections()) == []


def test_of_a_batch_the_good_ones_are_taken_and_the_bad_ones_kept_as_rejections(doors: OpenDoors) -> None:
    bad = {**TRACK_WITHOUT_USER, "messageId": (name := fresh())}
    answer = doors.post([identify("c-7", "m-1"), bad, 7, ALIAS])

    found = answer.json()
    problems = found.pop("problems")
    assert (answer.status_code, found) == (200, counts(accepted=1, rejected=2, filtered=1))
    assert [(problem["message"], problem["code"]) for problem in problems][1] == (2, "T644")
    kept = list(doors.store.rejections(deployment="prod"))
    assert {one.source for one in kept} == {"sender web, traits"}
    assert any(name in one.answer for one in kept)
    assert doors.counted() == {"received": 4, "rejected": 2, "filtered": 1, "waiting": 1}


def test_a_batch_that_comes_again_adds_no_rejection_and_counts_none(doors: OpenDoors) -> None:
    batch = [identify("c-7", fresh()), {**TRACK_WITHOUT_USER, "messageId": fresh()}]
    doors.post(batch)
    assert doors.post(batch).json()["duplicate"] == 2
    assert len(list(doors.store.rejections())) == 1
    assert doors.counted()["rejected"] == 1


def test_a_batch_without_one_good_message_is_refused_and_nothing_kept(doors: OpenDoors) -> None:
    answer = doors.post([TRACK_WITHOUT_USER, 7])
    assert answer.status_code == 400
    assert [text[:3] for text in answer.json()["problems"]] == ["[0]", "[1]"]
    assert list(doors.store.rejections()) == []


def test_a_batch_keeps_its_order(doors: OpenDoors) -> None:
    doors.post([identify("same", f"m-{n}", n=n) for n in range(MOST_MESSAGES)])

    [list_of_key] = doors.redis.scan_iter("tercel:prod:wait:l:*")
    waiting: Any = doors.redis.lrange(list_of_key, 0, -1)
    in_order = [*doors.records(), *(decode(message).data for message in waiting)]
    assert [record["attributes"]["n"] for record in in_order] == list(range(MOST_MESSAGES))


def test_a_batch_of_nothing_is_taken(doors: OpenDoors) -> None:
    answer = doors.http.post("/segment/webhook/web", json=[], headers={"Authorization": f"Bearer {SECRET}"})
    assert (answer.status_code, answer.json()) == (200, counts())


def test_a_sender_that_may_not_send_batches_is_told_so(doors: OpenDoors) -> None:
    answer = doors.post([identify("c-7")], to="/segment/webhook/single", secret="tercel-secret-of-single")
    assert (answer.status_code, answer.json()["code"]) == (400, "T645")


def test_too_many_messages_in_a_batch_are_refused(doors: OpenDoors) -> None:
    answer = doors.post([identify("c-7")] * (MOST_MESSAGES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "T642")


def test_every_destination_of_a_sender_gets_the_message(doors: OpenDoors) -> None:
    answer = doors.post(identify("c-7", joins=[3]), to="/segment/webhook/both", secret="tercel-secret-of-both")

    assert answer.json() == counts(accepted=1)
    assert len(doors.records()) == 1
    assert doors.records(LaneKind.MEMBERSHIP, "other") == [{"profile_id": "c-7", "action": "add", "audience_id": 3}]


def test_what_fails_for_one_destination_is_a_rejection_of_that_one(doors: OpenDoors) -> None:
    answer = doors.post(identify("c-7", joins=["q"]), to="/segment/webhook/both", secret="tercel-secret-of-both")

    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert [one.deployment for one in doors.store.rejections()] == ["other"]


def test_an_audience_is_announced_before_it_is_enqueued(doors: OpenDoors) -> None:
    doors.post({"type": "group", "groupId": "vip-1", "userId": "c-7", "traits": {"name": "VIPs"}})

    assert doors.store.announced_audiences("prod")["vip-1"] == "VIPs"
    assert len(doors.records(LaneKind.AUDIENCE)) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"7", b'"text"', b"null", b"NaN", b'{"a":NaN}', b"\xff", b"[1,]"])
def test_what_is_no_message_is_answered_400(doors: OpenDoors, body: bytes) -> None:
    answer = doors.http.post("/segment/webhook/web", content=body, headers={"Authorization": f"Bearer {SECRET}"})
    assert answer.status_code == 400


def test_another_type_of_content_is_answered_415(doors: OpenDoors) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/x-www-form-urlencoded"}
    assert doors.http.post("/segment/webhook/web", content=b"a=1", headers=headers).status_code == 415


@pytest.mark.parametrize(
    "path", ["/segment/webhook", "/segment/webhook/", "/segment/webhook/nobody", "/segment/webhook/platform"]
)
def test_a_path_that_names_no_sender_of_the_webhook_is_answered_404(doors: OpenDoors, path: str) -> None:
    assert doors.post(identify("c-7"), to=path).status_code == 404


def test_another_method_is_answered_405_with_those_there_are(doors: OpenDoors) -> None:
    answer = doors.http.get("/segment/webhook/web")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, PUT, PATCH")
