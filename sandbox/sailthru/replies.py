"""Answers as values, and the error bodies of the contract's section 3: exactly a number and a technical text."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson

from sandbox.wire import Reply

BAD_METHOD: Final = 1
MISSING: Final = 2
BAD_KEY: Final = 3
BAD_IP: Final = 4
BAD_SIGNATURE: Final = 5
BAD_UTF8: Final = 6
INTERNAL: Final = 9
BAD_EMAIL: Final = 11
UNKNOWN_LIST: Final = 15
BAD_TIME: Final = 18
TOO_MANY: Final = 43
OTHER: Final = 99

_ERRORS: Final[Mapping[int, tuple[int, str]]] = {  # what a fault's status looks like
    HTTPStatus.UNAUTHORIZED: (BAD_KEY, "Invalid API key"),
    HTTPStatus.FORBIDDEN: (BAD_IP, "Disallowed IP"),
    HTTPStatus.METHOD_NOT_ALLOWED: (BAD_METHOD, "Unsupported method"),
    HTTPStatus.TOO_MANY_REQUESTS: (TOO_MANY, "Too many requests this minute to this endpoint"),
}


class Refusal(Exception):
    """The request cannot be done. Carries the HTTP ``status``, the ``error`` number and its ``text``."""

    def __init__(self, error: int, text: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(text)
        self.status, self.error, self.text = status, error, text

    def data(self) -> dict[str, Any]:
        """The body."""
        return {"error": self.error, "errormsg": self.text}

    def reply(self) -> Reply:
        """The refusal as an answer."""
        return Reply(self.status, orjson.dumps(self.data()))


def ok(data: Mapping[str, Any]) -> Reply:
    """A success."""
    return Reply(HTTPStatus.OK, orjson.dumps(data))


def of_status(status: int) -> Reply:
    """The error that goes with a status which a fault asks for; a good status gets ``{"ok": true}``."""
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return Reply(status, orjson.dumps({"ok": True}))
    number, text = _ERRORS.get(
        status, (INTERNAL if status >= HTTPStatus.INTERNAL_SERVER_ERROR else OTHER, "A fault was asked for")
    )
    return Refusal(number, text, status).reply()
