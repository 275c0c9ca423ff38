"""The drop-in for ``integration.talon.one``: ``/segment/...`` and ``/cdp/...``, answered as the original answers.

(Contract: talon-one-third-party-api, section 1.)
"""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from producers.intake import Taken
from producers.receiver import log, observing, reasons
from producers.receiver.answers import JSON, Answer, Problem
from producers.receiver.desk import Desk
from producers.receiver.gathering import MOST_TOGETHER
from producers.receiver.json_text import parse
from producers.receiver.keeping import Input
from producers.receiver.requests import Request
from producers.receiver.senders import Addressed, ThirdPartySenders
from producers.third_party import (
    BadCall,
    CallbackPolicy,
    MethodNotAllowed,
    NotFound,
    Route,
    error,
    route,
    success,
    translate,
)
from tercel.settings.receiving import ReceiverSettings

NO_CONTENT: Final = 204


class ThirdPartyDoor:
    """Serves the calls of the third-party API for those senders that may use it."""

    def __init__(self, senders: ThirdPartySenders, desk: Desk, settings: ReceiverSettings) -> None:
        self._senders, self._desk, self._settings = senders, desk, settings
        self._callbacks = CallbackPolicy(settings.callback_hosts, settings.callback_allow_http)

    async def serve(self, request: Request) -> Answer:
        """Answer one request; what is wrong with it is told in the original's shape."""
        try:
            return await self._serve(request)
        except Problem as problem:
            return problem.shaped(error(problem.status, problem.text, str(uuid4())))
        except Exception as mistake:
            log.unforeseen("a call of the third-party API failed", mistake)
            text = "The receiver met an error that it does not know"
            return Problem(503, reasons.UNFORESEEN, text).shaped(error(503, text, str(uuid4())))

    async def _serve(self, request: Request) -> Answer:
        found = route(request.method, request.raw_path, request.query)
        if isinstance(found, NotFound):
            raise Problem(404, reasons.NO_DOOR, "Not Found")
        if isinstance(found, MethodNotAllowed):
            allowed = ", ".join(found.allow)
            raise Problem(
                405, reasons.WRONG_METHOD, f"Method Not Allowed: {allowed} is", headers=((b"allow", allowed.encode()),)
            )
        headers = request.headers
        who = self._senders.addressed(headers.get(b"authorization", b""), headers.get(b"destination-hostname", b""))
        body = await self._body(request)
        try:
            return await self._take(who, found, request, body)
        except BadCall as bad:
            observing.inputs_done(who.name, "refused")
            raise Problem(400, bad.code, str(bad)) from None

    async def _body(self, request: Request) -> Any:
        """Return what the body says; none at all is an empty object, as no call's body is marked as required."""
        raw = await request.body(self._settings.max_body_bytes)
        if not raw.strip():
            return {}
        request.require_json()
        return parse(raw, most_depth=self._settings.max_depth)

    async def _take(self, who: Addressed, found: Route, request: Request, body: Any) -> Answer:
        texts = {key.decode("latin-1"): value.decode("latin-1") for key, value in request.headers.items()}
        call = found.call(body, texts)
        made = translate(call, split_large=who.sender.split_large, callbacks=self._callbacks)
        taken = Taken(
            who.deployment, made.records, made.refused, int(not made.records and not made.refused), made.notes
        )
        await self._desk.take(_inputs(who.name, call.name.value, taken, body))
        observing.inputs_done(who.name, _outcome(taken))
        status, content = success(call, made)
        return Answer(status, content, () if status == NO_CONTENT else (JSON,))


def _inputs(name: str, call: str, taken: Taken, body: Any) -> list[Input]:
    """Return what goes to the desk: in several parts where one enqueue would hold Redis up.

    A call has no id of its own, so nothing is lost by that: what was enqueued of a call that is answered 503 comes once
    more, and is harmless.
    """
    records = taken.records
    first = Taken(taken.deployment, records[:MOST_TOGETHER], taken.refused, taken.filtered, taken.notes)
    rest = [
        Taken(taken.deployment, records[start : start + MOST_TOGETHER])
        for start in range(MOST_TOGETHER, len(records), MOST_TOGETHER)
    ]
    return [Input(part, name, call, data=body) for part in (first, *rest)]


def _outcome(taken: Taken) -> str:
    if taken.records:
        return "accepted"
    return "rejected" if taken.refused else "filtered"
