"""Answers as values, and the error bodies of the contract's section 8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from sandbox.wire import Reply

INVALID = "The submitted data was invalid"
BUSY = "Too many requests are updating this {} at the same time"


NO_CONTENT = Reply(HTTPStatus.NO_CONTENT)


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of an error body's ``errors``; exactly one of ``pointer`` and ``parameter`` is given."""

    title: str
    details: str
    pointer: str | None = None
    parameter: str | None = None

    def data(self) -> dict[str, Any]:
        """The problem as the API's ``APIError``."""
        source = {"pointer": self.pointer} if self.pointer is not None else {"parameter": self.parameter}
        return {"title": self.title, "details": self.details, "source": source}


class Refusal(Exception):
    """The request cannot be done. Carries the whole answer: ``status``, ``message`` and the single ``problems``."""

    def __init__(self, status: int, message: str = INVALID, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.problems = tuple(problems)

    def reply(self, *, with_status: bool = True) -> Reply:
        """The refusal as an answer; see :func:`error`."""
        return error(self.status, self.message, self.problems, with_status=with_status)


def ok(data: Any, status: int = HTTPStatus.OK) -> Reply:
    """A success with a JSON body."""
    return Reply(status, orjson.dumps(data))


def error(status: int, message: str, problems: Sequence[Problem] = (), *, with_status: bool = True) -> Reply:
    """An error body: ``ErrorResponseWithStatus``, or ``ErrorResponse`` where ``with_status`` is false."""
    body: dict[str, Any] = {"message": message}
    if problems:
        body["errors"] = [problem.data() for problem in problems]
    if with_status:
        body["StatusCode"] = status
    return Reply(status, orjson.dumps(body))


def bad(pointer: str, title: str, details: str) -> Refusal:
    """A 400 for one place in the body."""
    return Refusal(HTTPStatus.BAD_REQUEST, problems=(Problem(title, details, pointer),))


def escape(name: str) -> str:
    """One reference token of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
