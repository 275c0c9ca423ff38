"""The stored answers of requests with an Idempotency-Key (contract section 10, assumption A12)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from xxhash import xxh3_128_digest

from sandbox.talon_one.replies import Refusal
from sandbox.wire import Reply

MAX_KEY_LENGTH = 255  # characters
KEPT_NS = 24 * 3_600 * 1_000_000_000  # a stored answer expires after 24 hours
KEPT_ANSWERS = 1_000_000  # memory stays bounded: beyond this the oldest answers go early

Mode = Literal["stored_answer", "400_if_differs", "409_if_differs", "ignored"]
Owner = tuple[str, str]
"""Whose answer it is: the API key's name and the Idempotency-Key."""


@dataclass(frozen=True, slots=True)
class _Stored:
    body_hash: bytes
    reply: Reply
    expires_ns: int


class StoredAnswers:
    """Answers by owner. Only successes are stored: what changed nothing may be tried again under the same key."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """``clock`` gives monotonic nanoseconds."""
        self._clock = clock
        self._stored: OrderedDict[Owner, _Stored] = OrderedDict()
        self._running: dict[Owner, asyncio.Event] = {}

    def __len__(self) -> int:
        return len(self._stored)

    async def begin(self, owner: Owner, body: bytes, mode: Mode) -> Reply | None:
        """The stored answer, or None: then the caller runs the request and calls :meth:`finish`.

        A repeat waits while the first one is still running.

        Raises:
            Refusal: 400, the key is too long; 400 or 409 where ``mode`` says so and the body is another one.
        """
        if len(owner[1]) > MAX_KEY_LENGTH:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"The Idempotency-Key must not exceed {MAX_KEY_LENGTH} characters")
        while (running := self._running.get(owner)) is not None:
            await running.wait()
        stored = self._find(owner)
        if stored is None:
            self._running[owner] = asyncio.Event()
            return None
        if mode != "stored_answer" and stored.body_hash != xxh3_128_digest(body):
            status = HTTPStatus.BAD_REQUEST if mode == "400_if_differs" else HTTPStatus.CONFLICT
            raise Refusal(status, "This Idempotency-Key was used with another body")
        return stored.reply

    def finish(self, owner: Owner, body: bytes, reply: Reply | None) -> None:
        """The request has run; ``reply`` is None where it was not applied."""
        if reply is not None and reply.status < HTTPStatus.MULTIPLE_CHOICES:
            self._stored[owner] = _Stored(xxh3_128_digest(body), reply, self._clock() + KEPT_NS)
            if len(self._stored) > KEPT_ANSWERS:
                self._stored.popitem(last=False)
        self._running.pop(owner).set()

    def _find(self, owner: Owner) -> _Stored | None:
        now_ns = self._clock()
        while self._stored and next(iter(self._stored.values())).expires_ns <= now_ns:
            self._stored.popitem(last=False)
        return self._stored.get(owner)
