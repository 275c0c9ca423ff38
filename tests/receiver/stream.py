"""A stream of messages to the webhook, for tests in which something is killed under it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx

from tests.receiver.open_doors import CLIENT_S, identify, signed
from tests.support.waiting import eventually

CLIENTS = 8
NO_ANSWER = 0  # the receiver had ended
PATH = "/segment/webhook/web"

Message = dict[str, Any]


def someone_new(client: int, number: int) -> Message:
    """An identify message of a user who has no other; its id is the user's."""
    return identify(f"u-{client}-{number}", f"u-{client}-{number}")


class Stream:
    """Clients that post one message after the other, and remember what each was answered, by message id.

    ``make`` gives the message for a client and a number; ids must differ. A client stops where it gets no answer.
    """

    def __init__(self, port: int, make: Callable[[int, int], Message] = someone_new, *, clients: int = CLIENTS) -> None:
        self.answers: dict[str, int] = {}
        self.messages: dict[str, Message] = {}
        self._port, self._make, self._stop = port, make, threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(clients)]

    def __enter__(self) -> Stream:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for thread in self._threads:
            thread.join()

    def stop(self) -> None:
        """Have each client stop after its next answer."""
        self._stop.set()

    def with_status(self, *statuses: int) -> set[str]:
        """Return the ids of the messages that were answered so."""
        return {name for name, status in self.answers.copy().items() if status in statuses}

    def has_more(self, n: int, *statuses: int) -> None:
        """Wait until ``n`` more messages were answered so."""
        wanted = len(self.with_status(*statuses)) + n
        eventually(lambda: len(self.with_status(*statuses)) >= wanted, describe=lambda: f"{len(self.answers)} answers")

    def _run(self, client: int) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=CLIENT_S) as http:
            for number in range(1_000_000):
                if self._stop.is_set():
                    return
                message = self._make(client, number)
                name = message["messageId"]
                self.messages[name] = message
                body, signature = signed(message)
                try:
                    answer = http.post(PATH, content=body, headers={"X-Signature": signature})
                except httpx.TransportError:
                    self.answers[name] = NO_ANSWER
                    return
                self.answers[name] = answer.status_code
