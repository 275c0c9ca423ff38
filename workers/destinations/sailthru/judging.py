"""Answers become outcomes (contract, section 3): an answer is good only where it is 2xx and holds no ``error``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from workers.destinations.base import Answer, Request
from workers.destinations.sailthru import wire
from workers.destinations.sailthru.rates import reset_in_s
from workers.destinations.sailthru.reasons import (
    ACCOUNT_CLOSED,
    EMAIL_REFUSED,
    JOB_FAILED,
    KEY_REFUSED,
    LIST_UNKNOWN,
    NO_ANSWER,
    REFUSED,
    SERVER_FAILED,
    SUPPRESSED,
    TEXT_REFUSED,
    THROTTLED,
    WRONG_ADDRESS,
    reason,
)
from workers.outcomes import Halt, Outcome, Reason, RejectItems, Retry, Split

INTERNAL: Final = 9
TOO_MANY: Final = 43
UNKNOWN_LIST: Final = 15
OTHER: Final = 99
_HALTS: Final[Mapping[int, str]] = {
    **dict.fromkeys((3, 5, 17), KEY_REFUSED),
    **dict.fromkeys((4, 21, 22, 36), ACCOUNT_CLOSED),
}
_OF_THE_RECORD: Final[Mapping[int, str]] = {
    6: TEXT_REFUSED,
    42: TEXT_REFUSED,
    11: EMAIL_REFUSED,
    UNKNOWN_LIST: LIST_UNKNOWN,
    **dict.fromkeys((32, 33, 34, 35, 37), SUPPRESSED),
}
_TRANSIENT: Final = frozenset({408, 425})  # statuses below 500 that say nothing about the request
_NOT_THE_API: Final = frozenset({404, 405, 406, 407, 421})
_NOT_SENT: Final = frozenset({"connect", "late"})  # errors of requests that never reached Sailthru
_HAPPENED: Final[Mapping[str, str]] = {
    "timeout": "No answer came in time",
    "connect": "No connection could be made",
    "reset": "The connection broke before an answer came",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says. ``good``: it is one, and ``data`` what it holds; ``error`` is the API's number, or None.

    ``not_found``: there is no such profile, list or job.
    """

    good: bool
    data: Mapping[str, Any]
    error: int | None
    not_found: bool = False


def said(answer: Answer) -> Said:
    """Read an answer. Never raises, whatever it holds."""
    try:
        data = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return Said(False, {}, None)
    if not isinstance(data, dict):
        return Said(False, {}, None)
    number = data.get("error")
    if isinstance(number, str) and number.isascii() and number.isdecimal() and len(number) < 6:
        number = int(number)
    error = number if type(number) is int else None
    not_found = answer.status in (400, 404) and error in (OTHER, UNKNOWN_LIST)
    return Said(200 <= answer.status < 300 and "error" not in data, data, error, not_found)


def may_be_applied(answer: Answer) -> bool:
    """Whether a request that got this answer, or none, may have been applied all the same."""
    return (answer.status == 0 and answer.error not in _NOT_SENT) or answer.status >= 500


def judge_failure(request: Request, answer: Answer, found: Said, now: float) -> Outcome:
    """Say what an answer means that is no good one. ``now``: seconds since 1970."""
    status, body = answer.status, answer.body
    if status == 0:
        happened = _HAPPENED.get(answer.error, "The request failed before an answer came")
        return Retry(reason(NO_ANSWER, f"{happened}.", answer.error.encode("utf-8", "replace")), failing=True)
    if status == 429 or found.error == TOO_MANY:
        text = f"Sailthru says that the limit of {request.budget} is used up (HTTP {status})."
        return Retry(reason(THROTTLED, text, body), slow=True, after_s=_positive(reset_in_s(answer.headers, now)))
    if status >= 500 or found.error == INTERNAL or status in _TRANSIENT:
        text = f"Sailthru failed to process the request (HTTP {status})."
        return Retry(reason(SERVER_FAILED, text, body), failing=True)
    if found.error is not None and found.error in _HALTS:
        code = _HALTS[found.error]
        what = "the key or the signature" if code == KEY_REFUSED else "this account or machine"
        return Halt(reason(code, f"Sailthru refuses {what} (error {found.error}); see tercel explain {code}.", body))
    if found.error is not None:
        return _refused(request, _of_error(found.error, status, body))
    return _without_error(request, answer)


def _without_error(request: Request, answer: Answer) -> Outcome:
    """Judge an answer that is not in the API's own words."""
    status, body = answer.status, answer.body
    if b"unable to stream" in body[:4_096].lower():
        return _refused(request, reason(TEXT_REFUSED, "Sailthru cannot read a text of the record.", body))
    if status in (401, 403):
        return Halt(reason(KEY_REFUSED, f"Sailthru refuses the API key (HTTP {status}); check key and secret.", body))
    text = f"The address does not answer as Sailthru's API does (HTTP {status}); check the deployment's url."
    if status < 300:
        return Retry(reason(WRONG_ADDRESS, text, body), failing=True)
    if status < 400 or status in _NOT_THE_API:
        return Halt(reason(WRONG_ADDRESS, text, body))
    return _refused(request, reason(REFUSED, f"Sailthru refuses the record (HTTP {status}).", body))


def _of_error(error: int, status: int, body: bytes) -> Reason:
    code = _OF_THE_RECORD.get(error, REFUSED)
    return reason(code, f"Sailthru refuses the record (error {error}, HTTP {status}).", body)


def _refused(request: Request, why: Reason) -> Outcome:
    """Reject what the request carried; a job's file is halved instead, until the culprit is sent by itself."""
    if request.path == wire.JOB:
        return Split(reason(JOB_FAILED, f"The job was refused: {why.text}", why.answer.encode()))
    return RejectItems(dict.fromkeys(range(len(request.items)), why))


def _positive(seconds: float | None) -> float | None:
    return seconds if seconds is not None and seconds > 0 else None
