"""One HTTP request: at its time or not at all, within its time, and nothing left behind."""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox.talon_one import Drip, Hang, Reset, StandIn
from tests.support.waiting import eventually
from workers.destinations.base import Request
from workers.sending import MAX_ANSWER_BYTES, Sender, Sent, Stopped

PING = Request("GET", "/v2/authping", b"", ())
HEADERS = {"Authorization": "ApiKey-v1 good-key"}


@pytest.fixture
def sender() -> Iterator[Sender]:
    sender = Sender(connections=8)
    yield sender
    sender.close()


def send(sender: Sender, url: str, *, late_by: float = 0.0, late_s: float = math.inf, timeout_s: float = 10) -> Sent:
    return sender.send(url, PING, HEADERS, at=time.monotonic() - late_by, timeout_s=timeout_s, late_s=late_s)


def test_an_answer_comes_back_whole(sender: Sender, standin: StandIn) -> None:
    sent = send(sender, standin.url)

    assert 200 <= sent.answer.status < 300
    assert not sent.missed


def test_a_request_that_missed_its_slot_is_not_sent(sender: Sender, standin: StandIn) -> None:
    sent = send(sender, standin.url, late_by=5.0, late_s=0.01)

    assert sent.missed
    assert standin.admin.stats()["requests"] == 0


@pytest.mark.parametrize("fault", [Hang(), Drip(interval_s=0.2)], ids=["hangs", "drips"])
def test_a_request_takes_no_longer_than_its_time_in_all(sender: Sender, standin: StandIn, fault: Hang | Drip) -> None:
    standin.admin.set_faults(fault)

    assert send(sender, standin.url, timeout_s=0.5).answer.error == "timeout"


def test_a_connection_that_breaks_is_told_from_one_that_cannot_be_made(sender: Sender, standin: StandIn) -> None:
    standin.admin.set_faults(Reset())

    assert send(sender, standin.url).answer.error == "reset"
    assert send(sender, "http://127.0.0.1:1").answer.error == "connect"


def test_cancelling_ends_every_request_in_progress(sender: Sender, standin: StandIn) -> None:
    standin.admin.set_faults(Hang())
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(send, sender, standin.url) for _ in range(4)]
        eventually(lambda: standin.admin.stats()["hung"] == 4)

        sender.cancel()

        assert [type(future.exception()) for future in waiting] == [Stopped] * 4


def test_a_closed_sender_leaves_neither_thread_nor_socket(standin: StandIn) -> None:
    send_once = Sender(connections=8)
    send(send_once, standin.url)
    send_once.close()
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))

    for _ in range(5):
        sender = Sender(connections=8)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _, one=sender: send(one, standin.url), range(8)))
        sender.close()

    assert threading.active_count() <= threads
    eventually(lambda: len(os.listdir("/proc/self/fd")) <= files)


def test_an_answer_of_many_megabytes_is_cut_off(sender: Sender) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            sent = send(sender, f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()

    assert sent.answer.status == 400
    assert len(sent.answer.body) == MAX_ANSWER_BYTES


class Endless(BaseHTTPRequestHandler):
    """Answers with more than anybody wants to read, until the client leaves."""

    def do_GET(self) -> None:
        self.send_response(400)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(4 * MAX_ANSWER_BYTES // 65_536):
                self.wfile.write(b"x" * 65_536)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
