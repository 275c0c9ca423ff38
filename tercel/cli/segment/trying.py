"""``tercel segment test --send``: sends records to their deployment at once, past the lanes, and says how it answered.

Rendering, judging, audiences and the limiter are the workers' own, so what is seen is what a worker would do; each
request takes a slot of the shared limiter like any other. Nothing is queued, retried, counted or rejected.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tercel.cli.opening import Start, open_redis
from tercel.errors import DestinationUnavailable
from tercel.lanes import Claim
from tercel.messages import STREAM_RUN
from tercel.records import Record, Urgency
from tercel.settings import Settings
from workers.audiences import AudienceKeeper
from workers.call import Contents
from workers.destinations.base import Answer, Request
from workers.outcomes import (
    CreateAudience,
    Delivered,
    Halt,
    Hold,
    Next,
    Outcome,
    Pending,
    Reason,
    RejectItems,
    Retry,
    StripAttributes,
)
from workers.runtime import Runtime
from workers.sending import Sent

LARGEST_SHOWN: Final = 4_096  # bytes of an answer that are kept to be shown
PATIENCE_S: Final = 30.0  # seconds to wait for a slot before giving up


@dataclass(frozen=True, slots=True)
class Tried:
    """One record that was sent, or was to be. ``method`` is empty where no request was needed or possible.

    ``status`` is the answer's, 0 where none came. ``verdict`` says what a worker would make of it; ``code`` is known
    to ``tercel explain`` and empty where all is well.
    """

    ok: bool
    verdict: str
    code: str = ""
    method: str = ""
    path: str = ""
    body: bytes = b""
    status: int = 0
    answer: bytes = b""
    seconds: float = 0.0


@contextmanager
def trial(settings: Settings, deployment: str) -> Iterator[Trial]:
    """Give what sends records to a deployment. Raises the errors of Redis, store and settings."""
    with open_redis(settings, start=Start.ALWAYS) as redis, redis.guard():
        runtime = Runtime.build(settings)
        try:
            yield Trial(runtime, deployment)
        finally:
            runtime.shut()


class Trial:
    """Sends records to one deployment, each in a request of its own, in order."""

    def __init__(self, runtime: Runtime, deployment: str) -> None:
        self._rt = runtime
        self._name = deployment
        self._destination = runtime.destinations[deployment]
        self._deployment = runtime.settings.deployment(deployment)
        self._sent: tuple[Request, Sent] | None = None

    def send_all(self, records: Sequence[Record]) -> list[Tried]:
        """Send records one after the other; one that fails holds none of the others up."""
        return [self.send(record) for record in records]

    def send(self, record: Record) -> Tried:
        """Send one record. Raises DestinationUnavailable where no slot could be had, SettingsError for its key."""
        self._sent = None
        data = record.data()
        contents = Contents((), (data,), (0,))
        keeper = AudienceKeeper(self._rt, self._claim(record), self._destination)
        outcome = self._round(record, data)
        if isinstance(outcome, CreateAudience):
            hindered = keeper.create(outcome, contents, self._request)
            outcome = hindered if hindered is not None else self._round(record, data)
        match outcome:
            case Delivered():
                keeper.delivered(contents, outcome)
            case Hold():
                keeper.hold(outcome)
            case Retry(slow=True):
                self._rt.limiter.slow(self._name, self._rt.limits(self._name), after_s=outcome.after_s)
        return self._tried(outcome)

    def answer(self, request: Request) -> Answer:
        """Send one request when the limiter allows. Raises like :meth:`send`."""
        return self._request(request, 1).answer

    def _round(self, record: Record, data: dict[str, Any]) -> Outcome:
        rendered = self._destination.render(record.lane_kind, [data], self._rt.learned.about(self._name))
        if rendered.refused:
            return RejectItems(rendered.refused)
        if rendered.needs is not None:
            return rendered.needs
        if rendered.request is None:
            return Delivered()
        outcome: Outcome | Next = Next(rendered.request)
        while isinstance(outcome, Next):
            request = outcome.request
            sent = self._request(request, 1)
            outcome = self._destination.judge(record.lane_kind, [data], request, sent.answer)
        return outcome

    def _request(self, request: Request, records: int) -> Sent:
        """Send a request when the limiter allows."""
        headers = {}
        if request.idempotency_header:
            headers["Idempotency-Key"] = request.idempotency_key or secrets.token_hex(16)
        sent = self._rt.sender.send(
            self._deployment.url,
            self._destination.proved(request, self._deployment.credentials()),
            headers,
            at=time.monotonic() + self._slot_s(records, request.budget),
            timeout_s=self._deployment.timeout_s,
        )
        self._sent = (request, sent)
        return sent

    def _slot_s(self, records: int, budget: str) -> float:
        """Book a slot and return how many seconds away it is."""
        limits, ahead_s = self._rt.limits(self._name, budget), self._rt.settings.limiter.max_wait_s
        until = time.monotonic() + PATIENCE_S
        while True:
            booking = self._rt.limiter.book(self._name, limits, horizon_s=ahead_s, records=records, budget=budget)
            if booking.granted:
                return booking.wait_s
            if time.monotonic() + booking.wait_s > until:
                raise DestinationUnavailable(
                    f"No slot for {self._name} within {PATIENCE_S:g} s: it pauses after a 429, keeps failing, or its "
                    "limit is used up. `tercel status` says which; try again later."
                )
            time.sleep(max(booking.wait_s - ahead_s, ahead_s / 10))

    def _claim(self, record: Record) -> Claim:
        """Return what the workers' audience keeper wants to know about a call."""
        return Claim("", 0, self._name, record.lane_kind, Urgency.LIVE, 0, 1, 0, STREAM_RUN, ())

    def _tried(self, outcome: Outcome) -> Tried:
        ok, verdict, code = _verdict(outcome)
        if self._sent is None:
            return Tried(ok, verdict if not ok else "nothing had to be sent", code)
        request, sent = self._sent
        return Tried(
            ok,
            verdict,
            code,
            method=request.method,
            path=f"{request.path}{'?' + request.query if request.query else ''}",
            body=request.body,
            status=sent.answer.status,
            answer=sent.answer.body[:LARGEST_SHOWN],
            seconds=sent.seconds,
        )


def _verdict(outcome: Outcome) -> tuple[bool, str, str]:
    """Return whether it went through, what a worker would do now, and the code of why."""
    if isinstance(outcome, Delivered):
        return True, "delivered", ""
    if isinstance(outcome, CreateAudience):
        return False, f"the audience {outcome.name} is being created: try again in a moment", "T315"
    if isinstance(outcome, RejectItems):
        reason = next(iter(outcome.items.values()), Reason("T000", "no reason was given"))
    else:
        reason = outcome.reason
    return False, f"{_what_next(outcome)}: {reason.text}", reason.code


def _what_next(outcome: Outcome) -> str:
    """Say what a worker would do with a record that did not go through."""
    match outcome:
        case StripAttributes(names):
            attributes = ", ".join(sorted(name for _, name in names))
            return f"a worker would leave out {attributes} and send it again"
        case Retry():
            return "a worker would try again later"
        case Pending():
            return "it is under way; a worker would ask again"
        case Halt():
            return "a worker would halt the deployment"
        case Hold():
            return "it would wait until somebody binds the audience"
        case _:
            return "a worker would reject it"
