"""How large, how deep and how packed a body may be, and how a connection is kept."""

from __future__ import annotations

import asyncio
import gzip
import json

import httpx
import pytest

from producers.receiver.answers import Problem
from producers.receiver.bodies import read_body
from tests.receiver.open_doors import MOST_BODY, MOST_DEPTH, SECRET, OpenDoors, identify, signature_of, signed

LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
PROVEN = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}


def post(doors: OpenDoors, content: bytes, **headers: str) -> httpx.Response:
    return doors.http.post("/segment/webhook/web", content=content, headers={**PROVEN, **headers})


def of_size(size: int) -> bytes:
    frame = len(json.dumps(identify("c-7", filler="")))
    return json.dumps(identify("c-7", filler="x" * (size - frame))).encode()


def test_a_body_of_the_largest_size_is_taken(doors: OpenDoors) -> None:
    assert post(doors, of_size(MOST_BODY)).status_code == 200


def test_a_larger_body_is_refused(doors: OpenDoors) -> None:
    answer = post(doors, of_size(MOST_BODY + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "T642")


def test_a_body_that_says_it_is_larger_is_refused_before_it_comes(doors: OpenDoors) -> None:
    head = f"POST /segment/webhook/web HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\r\n"
    answer = doors.raw(f"{head}Content-Length: {MOST_BODY + 1}\r\n\r\n".encode(), hang_up=True)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_in_chunks_is_taken(doors: OpenDoors) -> None:
    body, signature = signed(identify("c-7"))
    parts = (body[at : at + 10] for at in range(0, len(body), 10))
    answer = doors.http.post("/segment/webhook/web", content=parts, headers={"X-Signature": signature})
    assert answer.status_code == 200


def test_too_many_chunks_are_refused(doors: OpenDoors) -> None:
    parts = (b" " * 1_000 for _ in range(MOST_BODY // 1_000 + 2))
    assert doors.http.post("/segment/webhook/web", content=parts, headers=PROVEN).status_code == 413


def test_a_packed_body_is_unpacked_before_its_signature_is_checked(doors: OpenDoors) -> None:
    body, signature = signed(identify("c-7"))
    answer = doors.http.post(
        "/segment/webhook/web",
        content=gzip.compress(body),
        headers={"X-Signature": signature, "Content-Encoding": "gzip"},
    )
    assert answer.status_code == 200


def test_a_small_packed_body_that_unpacks_to_a_large_one_is_refused(doors: OpenDoors) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < MOST_BODY
    assert post(doors, bomb, **{"Content-Encoding": "gzip"}).status_code == 413


@pytest.mark.parametrize(
    "content",
    [b"{}", gzip.compress(b"{}")[:-4], gzip.compress(b"{}") + b"more", b""],
    ids=["plain", "cut off", "more after it", "nothing"],  # the bytes hold the time they were packed at
)
def test_what_is_not_gzip_although_it_says_so_is_refused(doors: OpenDoors, content: bytes) -> None:
    assert post(doors, content, **{"Content-Encoding": "gzip"}).status_code == 400


def test_another_way_of_packing_is_refused(doors: OpenDoors) -> None:
    assert post(doors, b"{}", **{"Content-Encoding": "br"}).status_code == 415


@pytest.mark.parametrize(("depth", "status"), [(MOST_DEPTH, 200), (MOST_DEPTH + 1, 400), (30_000, 400)])
def test_a_body_may_be_so_deep_and_no_deeper(doors: OpenDoors, depth: int, status: int) -> None:
    inner = depth - 2  # the message and its traits
    body = b'{"type":"identify","userId":"c-7","traits":{"deep":%b%b}}' % (b"[" * inner, b"]" * inner)
    assert post(doors, body).status_code == status


def test_the_first_message_of_a_batch_may_not_be_endless(doors: OpenDoors) -> None:
    body = b"[" + b"[]," * 20_000
    answer = doors.http.post("/segment/webhook/web", content=body, headers={"X-Signature": signature_of(body)})
    assert answer.status_code == 401


def test_a_connection_serves_many_requests_whatever_they_were_answered(doors: OpenDoors) -> None:
    body, signature = signed(identify("c-7"))
    good = b"POST /segment/webhook/web HTTP/1.1\r\nHost: x\r\nX-Signature: %b\r\nContent-Length: %d\r\n\r\n%b" % (
        signature.encode(),
        len(body),
        body,
    )
    bad = good.replace(signature.encode(), b"0" * 40)
    answers = doors.raw(good, bad + good, b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" + good, LAST)
    assert [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]] == [200, 401, 200, 404, 200, 200]


def test_a_client_that_goes_away_in_the_middle_leaves_nothing_behind(doors: OpenDoors) -> None:
    doors.raw(
        f"POST /segment/webhook/web HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\r\n".encode()
        + b"Content-Length: 90\r\n\r\n{",
        hang_up=True,
    )
    assert doors.post(identify("c-7")).status_code == 200
    assert doors.counted()["received"] == 1


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"]
)
def test_what_is_not_http_is_answered_or_dropped_and_others_are_served(doors: OpenDoors, garbage: bytes) -> None:
    assert doors.raw(garbage, hang_up=True)[:12] in (b"", b"HTTP/1.1 400")
    assert doors.http.get("/healthz").status_code == 200


def test_a_body_that_does_not_come_in_time_is_given_up() -> None:
    parts = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def receive() -> dict[str, object]:
        for part in parts:
            return part
        return await asyncio.Future()

    with pytest.raises(Problem) as given_up:
        asyncio.run(read_body(receive, {}, most_bytes=100, timeout_s=0.01))
    assert (given_up.value.status, given_up.value.code) == (408, "T651")
