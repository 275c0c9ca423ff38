"""Answers become outcomes: every row of the outcomes table (contract, sections 7 and 8), and what it leaves open.

What the contract leaves open is decided so that nothing good is lost: an answer that cannot come from the API halts or
retries; an answer about the request rejects only what it leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tercel.records import LaneKind
from workers.destinations.base import Answer, Request
from workers.destinations.talon_one.attributes import item_skips
from workers.destinations.talon_one.errors_body import ErrorBody, created_id, is_web_page, parse_error_body
from workers.destinations.talon_one.events import V3_PATH
from workers.destinations.talon_one.reasons import (
    AUDIENCE_EXISTS,
    AUDIENCE_ID_UNREAD,
    AUDIENCE_NOT_THERE,
    CONFLICT,
    ID_NOT_ADDRESSABLE,
    KEY_REFUSED,
    NO_ANSWER,
    PARALLEL_REQUESTS,
    SERVER_FAILED,
    THROTTLED,
    TOO_LARGE,
    WRONG_ADDRESS,
    reason,
)
from workers.destinations.talon_one.refusals import (
    judge_refusal,
    judge_unknown_audience,
    reject_all,
    split_or_reject,
    unknown_event_type,
)
from workers.destinations.talon_one.retry_after import retry_after_s
from workers.destinations.talon_one.urls import is_fragile
from workers.outcomes import Delivered, Halt, Hold, Outcome, Retry

ERRORS: Final[Mapping[str, str]] = {
    "timeout": "No answer came in time",
    "connect": "No connection could be made",
    "reset": "The connection broke before an answer came",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One request and what came back."""

    kind: LaneKind
    records: Sequence[Mapping[str, Any]]
    request: Request
    answer: Answer
    now: float
    error: ErrorBody = field(default_factory=ErrorBody)

    @property
    def creates_audience(self) -> bool:
        """Whether this is the call that creates an audience."""
        return self.kind is LaneKind.AUDIENCE and self.request.method == "POST"


def judge_answer(
    kind: LaneKind,
    records: Sequence[Mapping[str, Any]],
    request: Request,
    answer: Answer,
    *,
    skip_unknown_attributes: bool,
    now: float,
) -> Outcome:
    """Say what an answer means. Never raises, whatever the answer holds. ``now``: seconds since 1970."""
    status = answer.status
    if 200 <= status < 300:
        return _judge_success(Sent(kind, records, request, answer, now))
    sent = Sent(kind, records, request, answer, now, parse_error_body(answer.body))
    handler = _HANDLERS.get(status)
    if handler is not None:
        return handler(sent)
    if 300 <= status < 400:
        return _wrong_address(sent)
    if 400 <= status < 500:
        skipping = [item_skips(records, item, skip_unknown_attributes) for item in request.items]
        return judge_refusal(kind, request, answer, sent.error, skipping)
    return _judge_failure(sent)


def _judge_success(sent: Sent) -> Outcome:
    answer = sent.answer
    if is_web_page(answer.body):
        text = "The address answered with a web page, not as the Integration API; check the deployment's url."
        return _retry(sent, WRONG_ADDRESS, text, failing=True)
    if not sent.creates_audience:
        return Delivered()
    audience_id = created_id(answer.body)
    if audience_id is not None:
        return Delivered(created=audience_id)
    return _hold(sent, AUDIENCE_ID_UNREAD, "The audience was created, but the answer does not carry its id")


def _throttled(sent: Sent) -> Outcome:
    return _retry(sent, THROTTLED, "Talon.One says that the rate limit was exceeded (HTTP 429).", slow=True)


def _key_refused(sent: Sent) -> Outcome:
    text = f"Talon.One refuses the API key (HTTP {sent.answer.status}); check the deployment's key."
    return Halt(reason(KEY_REFUSED, text, sent.answer.body))


def _too_large(sent: Sent) -> Outcome:
    text = "The request is too large for Talon.One (HTTP 413); send fewer or shorter values."
    return split_or_reject(sent.request, reason(TOO_LARGE, text, sent.answer.body))


def _judge_not_found(sent: Sent) -> Outcome:
    """404 is about the record where a record can cause one; else no deployment has this path: the address is wrong."""
    if not sent.error.is_api:
        return _wrong_address(sent)
    request, answer = sent.request, sent.answer
    if sent.kind is LaneKind.MEMBERSHIP:
        return judge_unknown_audience(request, answer, sent.error)
    if sent.kind is LaneKind.EVENT:
        return reject_all(request, unknown_event_type(answer))
    if sent.kind is LaneKind.AUDIENCE and request.method == "DELETE":
        return Delivered()
    changes_audience = sent.kind is LaneKind.RULES and _names_audiences(sent.records)
    if changes_audience or (sent.kind is LaneKind.AUDIENCE and request.method == "PUT"):
        text = "Talon.One has no audience with this id (HTTP 404); the Campaign Manager shows the ids of those it has."
        return reject_all(request, reason(AUDIENCE_NOT_THERE, text, answer.body))
    return _wrong_address(sent)


def _judge_conflict(sent: Sent) -> Outcome:
    """409 has three meanings; the message and the call tell them apart (contract, section 7)."""
    message = sent.error.message.lower()
    if "too many requests" in message or "at the same time" in message:
        text = "Too many requests for this profile or session at the same time (HTTP 409)."
        return _retry(sent, PARALLEL_REQUESTS, text)
    if sent.creates_audience:
        return _hold(sent, AUDIENCE_EXISTS, "The audience exists already, and its Talon.One id is not known here")
    limit_reached = "limit" in message and "exist" not in message
    if sent.request.path == V3_PATH and not limit_reached:
        return Delivered()
    return _retry(sent, CONFLICT, "Talon.One reports a conflict or a reached limit (HTTP 409).")


def _judge_failure(sent: Sent) -> Outcome:
    """The API failed, or nothing came that could be called an answer: the same call is tried again."""
    if sent.answer.status == 0:
        happened = ERRORS.get(sent.answer.error, "The request failed before an answer came")
        why = reason(NO_ANSWER, f"{happened}.", sent.answer.body or sent.answer.error.encode("utf-8", "replace"))
        return Retry(why, failing=True)
    text = f"Talon.One failed to process the request (HTTP {sent.answer.status})."
    return _retry(sent, SERVER_FAILED, text, failing=True)


def _wrong_address(sent: Sent) -> Outcome:
    status, body = sent.answer.status, sent.answer.body
    if is_fragile(sent.request.path):  # one odd id in a path must not stop the deployment
        text = f"The id cannot be used in an address (HTTP {status}): it holds a slash, a backslash or a percent sign."
        return reject_all(sent.request, reason(ID_NOT_ADDRESSABLE, text, body))
    text = f"The address does not answer as the Integration API does (HTTP {status}); check the deployment's url."
    return Halt(reason(WRONG_ADDRESS, text, body))


def _hold(sent: Sent, code: str, what: str) -> Hold:
    audience = sent.records[0]
    text = f"{what}; find it in the Campaign Manager and run tercel audiences bind NAME ID."
    return Hold(reason(code, text, sent.answer.body), audience["name"], audience.get("external_id"))


def _retry(sent: Sent, code: str, text: str, *, slow: bool = False, failing: bool = False) -> Retry:
    after_s = retry_after_s(sent.answer.headers, sent.now)
    return Retry(reason(code, text, sent.answer.body), slow=slow, failing=failing, after_s=after_s)


def _names_audiences(records: Sequence[Mapping[str, Any]]) -> bool:
    return any(record.get("audiences_add") or record.get("audiences_delete") for record in records)


_HANDLERS: Final[Mapping[int, Callable[[Sent], Outcome]]] = {
    401: _key_refused,
    402: _key_refused,  # the account is suspended: as with a bad key, no record is to blame
    403: _key_refused,
    404: _judge_not_found,
    405: _wrong_address,  # a path that exists, but not as the Integration API has it
    407: _wrong_address,  # a proxy's log-in
    408: _judge_failure,  # the server waited too long: transient, though below 500
    409: _judge_conflict,
    410: _judge_not_found,
    413: _too_large,
    421: _wrong_address,  # another host's server
    425: _judge_failure,  # too early: transient as well
    429: _throttled,
}
