"""What is posted to a callback, how often it is tried, and what is said where it does not work.

A session that was delivered stays delivered, whatever becomes of its callback. A callback may come twice: a worker that
dies after posting and before settling leaves a call that is delivered, and answered, again.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import orjson

from tercel.callback_hosts import NotAllowed, Target, target_of
from workers.callbacks.posting import Posted, Poster
from workers.watching import events, instruments

TIMEOUT_S: Final = 5.0  # seconds for one attempt, from looking its host up to the answer's head
PAUSES_S: Final = (0.5, 1.5)  # seconds between attempts: there is one more of those
SILENCE_S: Final = 10.0  # seconds a host is left alone that gave no answer: each try holds a thread of the worker
MOST_SILENT: Final = 1_000  # hosts remembered
AGAIN_STATUSES: Final = frozenset({408, 425, 429})  # beside 5xx and no answer: worth another attempt
CORRELATION_HEADER: Final = "X-Correlation-ID"
FAILED: Final = "T331"
REFUSED: Final = "T332"

ERRORS: Final[Mapping[str, str]] = {
    "timeout": "no answer came in time",
    "connect": "no connection could be made",
    "name": "its host has no address",
    "silent": "its host has given no answer of late, so it is left alone for a while",
    "reset": "the connection broke, or what came back is no HTTP answer",
}
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, a header's name
_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_RESERVED: Final = frozenset(  # headers of the request itself
    {"host", "connection", "content-length", "content-type", "expect", "te", "trailer", "transfer-encoding", "upgrade"}
)


class Callbacks:
    """Posts answers for the threads of a process. Thread-safe."""

    def __init__(
        self,
        hosts: Sequence[str],
        *,
        allow_http: bool,
        poster: Poster,
        stopping: threading.Event,
        pauses_s: Sequence[float] = PAUSES_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what ``receiver.callback_hosts`` and ``callback_allow_http`` say, and the process's end.

        ``stopping`` ends the pauses: a process that is told to end begins no further attempt.
        """
        self._hosts = hosts
        self._allow_http = allow_http
        self._clock = clock
        self._poster = poster
        self._stopping = stopping
        self._pauses_s = pauses_s
        self._silent: dict[str, float] = {}  # host -> until when, in seconds of the clock

    def answered(self, deployment: str, call: str, record: Mapping[str, Any], answer: bytes) -> None:
        """Post the API's answer where a session record asks for it. Never raises; says in the log where it failed.

        Takes 17 seconds at most; a host that gave no answer three times over is left alone for a while. ``answer`` is
        the body of a 2xx.
        """
        callback = record.get("callback")
        if not isinstance(callback, Mapping):
            return
        try:
            outcome, code, why = self._posted(callback, answer)
        except NotAllowed as refusal:
            outcome, code, why = "refused", REFUSED, str(refusal)
        except Exception as error:  # whatever a stranger's address and headers lead to, the session was delivered
            outcome, code, why = "failed", FAILED, f"it could not be made ({type(error).__name__})"
        instruments.callback_done(deployment, outcome)
        if why:
            events.emit(events.CallbackFailed(deployment, call, code, f"A session's callback was not made: {why}."))

    def close(self) -> None:
        """Close the connections."""
        self._poster.close()

    def _posted(self, callback: Mapping[str, Any], answer: bytes) -> tuple[str, str, str]:
        """Return outcome, code and why it failed ("" where it did not). Raises :class:`NotAllowed`."""
        target = target_of(callback.get("uri", ""), self._hosts, allow_http=self._allow_http)
        headers = _headers(callback)
        if headers is None:
            return "failed", FAILED, "its key's header or its correlation id cannot be sent as a header"
        body = content(answer, callback.get("fields", ()))
        if body is None:
            return "failed", FAILED, "the API's answer is no JSON object"
        posted = self._attempts(target, body, headers)
        if 200 <= posted.status < 300:
            return "posted", "", ""
        return "failed", FAILED, f"it answered HTTP {posted.status}" if posted.status else ERRORS[posted.error]

    def _attempts(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Posted:
        posted = Posted(0, "silent")
        for attempt in range(len(self._pauses_s) + 1):
            if attempt and self._stopping.wait(self._pauses_s[attempt - 1]):
                return posted
            if self._silent.get(target.host, 0.0) > self._clock():
                return Posted(0, "silent")
            posted = self._poster.post(target, body, headers, attempt=attempt, timeout_s=TIMEOUT_S)
            if 0 < posted.status < 500 and posted.status not in AGAIN_STATUSES:
                return posted
        if not posted.status:
            self._note_silent(target.host)
        return posted

    def _note_silent(self, host: str) -> None:
        if len(self._silent) >= MOST_SILENT:
            self._silent.clear()
        self._silent[host] = self._clock() + SILENCE_S


def content(answer: bytes, fields: Collection[str]) -> bytes | None:
    """Return the JSON that is posted: the answer's top-level ``fields`` as far as it has them, or all of it.

    An empty answer becomes ``{}``; None where it is no JSON object.
    """
    if not answer.strip():
        return b"{}"
    try:
        found = orjson.loads(answer)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    return orjson.dumps({name: found[name] for name in fields if name in found}) if fields else answer


def _headers(callback: Mapping[str, Any]) -> dict[str, str] | None:
    """Return a callback's headers; None where one of them cannot be sent, or would change the request itself."""
    headers = {"Content-Type": "application/json"}
    name, key, correlation_id = callback.get("header"), callback.get("key"), callback.get("correlation_id")
    if name is not None and key is not None:
        if not _NAME.fullmatch(name) or name.lower() in _RESERVED or not _VALUE.fullmatch(key):
            return None
        headers[name] = key
    if correlation_id is not None:
        if not _VALUE.fullmatch(correlation_id):
            return None
        headers[CORRELATION_HEADER] = correlation_id
    return headers
