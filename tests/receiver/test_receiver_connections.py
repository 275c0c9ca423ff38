"""How answers are written to a connection: in one piece, in their order, and also when it is about to close."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from producers.receiver.connections import OnePieceTransport
from tests.receiver.open_doors import CLIENT_S, OpenDoors

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Recorder(asyncio.Transport):
    """A transport that keeps what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[bytes | str] = []
        self.closing = False

    def write(self, data: Any) -> None:
        self.told.append(bytes(data))

    def close(self) -> None:
        self.told.append("close")
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing


def told_after(use: Callable[[OnePieceTransport, Recorder], None]) -> list[bytes | str]:
    """Use a transport within one turn of a loop, and return what the one below it was told by the end of the next."""

    async def turn() -> list[bytes | str]:
        below = Recorder()
        use(OnePieceTransport(below, asyncio.get_running_loop()), below)
        await asyncio.sleep(0)
        return below.told

    return asyncio.run(turn())


def test_what_is_written_in_one_turn_goes_in_one_piece() -> None:
    def use(transport: OnePieceTransport, _: Recorder) -> None:
        transport.write(b"head ")
        transport.write(b"body")

    assert told_after(use) == [b"head body"]


def test_all_that_was_written_goes_before_the_end() -> None:
    def use(transport: OnePieceTransport, _: Recorder) -> None:
        transport.write(b"head ")
        transport.write(b"body")
        transport.close()

    assert told_after(use) == [b"head body", "close"]


def test_nothing_is_written_to_who_hung_up_meanwhile() -> None:
    def use(transport: OnePieceTransport, below: Recorder) -> None:
        transport.write(b"answer")
        below.closing = True

    assert told_after(use) == []


def test_a_second_turn_writes_again() -> None:
    async def turns() -> list[bytes | str]:
        below = Recorder()
        transport = OnePieceTransport(below, asyncio.get_running_loop())
        for answer in (b"first", b"second"):
            transport.write(answer)
            await asyncio.sleep(0)
        return below.told

    assert asyncio.run(turns()) == [b"first", b"second"]


@pytest.mark.parametrize("before", [0, 1, 20])
def test_requests_sent_together_are_all_answered_in_full(doors: OpenDoors, before: int) -> None:
    answers = doors.raw(GET * before + LAST)
    assert answers.count(b"HTTP/1.1 200 OK") == answers.count(b'{"status":"ok"}') == before + 1


def test_who_waits_for_100_continue_is_told_to_go_on(doors: OpenDoors) -> None:
    head = b"POST /segment/webhook/web HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
    with socket.create_connection(("127.0.0.1", doors.port), timeout=CLIENT_S) as client:
        client.sendall(head + b"X-Signature: " + b"0" * 40 + b"\r\n\r\n")
        assert client.recv(1_000).startswith(b"HTTP/1.1 100 Continue\r\n")
