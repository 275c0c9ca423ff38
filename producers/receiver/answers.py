"""What a door answers: values, and how they are written to an ASGI server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

JSON: Final = (b"content-type", b"application/json")
RETRY_AFTER_S: Final = 5  # seconds that a sender is asked to stay away: lanes and Redis need more than a moment


class Answer(NamedTuple):
    """A whole HTTP answer. ``outcome`` is one fixed word for the metrics: a code, or ``ok``."""

    status: int
    body: bytes = b""
    headers: Headers = ()
    outcome: str = "ok"

    def with_header(self, name: bytes, value: bytes) -> Answer:
        """Return the same answer with one more header."""
        return self._replace(headers=(*self.headers, (name, value)))

    @property
    def asks_to_come_back(self) -> Answer:
        """The same answer with the time after which a sender may try again."""
        return self.with_header(b"retry-after", b"%d" % RETRY_AFTER_S)


@dataclass(eq=False)
class Problem(Exception):
    """Why a request is not served: what the door then puts into its own shape.

    ``text`` is a sentence for the sender; ``problems`` name fields, where there are some; ``headers`` go with the
    answer. Neither repeats what was sent.
    """

    status: int
    code: str
    text: str
    problems: Sequence[str] = ()
    headers: Headers = ()

    def answer(self) -> Answer:
        """Return it in the shape of every door that has no shape of its own."""
        content: dict[str, Any] = {"code": self.code, "error": self.text}
        if self.problems:
            content["problems"] = list(self.problems)
        return self.shaped(orjson.dumps(content))

    def shaped(self, body: bytes) -> Answer:
        """Return it with this body, which is JSON; a 503 says when to come back."""
        answer = Answer(self.status, body, (JSON, *self.headers), self.code)
        return answer.asks_to_come_back if self.status == 503 else answer


def json_answer(content: object, status: int = 200) -> Answer:
    """Return an answer whose body is JSON."""
    return Answer(status, orjson.dumps(content), (JSON,))


async def write(send: Send, answer: Answer, *, head_only: bool = False) -> None:
    """Send an answer. ``head_only`` leaves the body out, and keeps its length."""
    status, body, headers, _ = answer
    if status != 204:
        headers = (*headers, (b"content-length", b"%d" % len(body)))
    try:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head_only else body})
    except (RuntimeError, OSError):
        return  # the client hung up: uvloop says so, where asyncio would say nothing
