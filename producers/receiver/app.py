"""The receiver as an ASGI application: finds the door, and turns whatever happens behind it into an answer.

Plain ASGI, because a framework's routing and request objects cost as much as everything else a request needs.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from producers.receiver import log, observing, reasons
from producers.receiver.answers import Answer, Problem, Send, write
from producers.receiver.bodies import Receive
from producers.receiver.health import HEALTHY, Readiness
from producers.receiver.requests import Request
from producers.receiver.webhook import METHODS as WEBHOOK_METHODS
from producers.receiver.webhook import Webhook

WEBHOOK: Final = "/segment/webhook"
THIRD_PARTY: Final = ("/segment/", "/cdp/")
MPARTICLE: Final = "mparticle"  # the name of its doors in metrics
PAGE_METHODS: Final = ("GET", "HEAD")

Scope = MutableMapping[str, Any]
Serve = Callable[[Request], Awaitable[Answer]]
ThirdParty = Serve
_NO_DOORS: Final[Mapping[str, Serve]] = {}


class App:
    """The doors of one process. ``webhook`` and ``third_party`` are None while nobody may use them: then they are shut.

    ``mparticle`` are mParticle's doors by path. ``pages`` are what is read rather than posted to, by path; whatever
    they answer is not counted. ``close`` gives back what the doors hold on the event loop, once it serves no more.
    """

    def __init__(
        self,
        *,
        webhook: Webhook | None,
        third_party: ThirdParty | None,
        readiness: Readiness,
        pages: dict[str, Answer],
        close: Callable[[], Awaitable[None]],
        mparticle: Mapping[str, Serve] = _NO_DOORS,
    ) -> None:
        self.close = close
        self._webhook, self._third_party, self._readiness, self._pages = webhook, third_party, readiness, pages
        self._mparticle = mparticle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Other kinds of ASGI connections are not used."""
        if scope["type"] != "http":
            return
        method, path = scope["method"], scope["path"]
        door = self._door(path)
        if door is None:
            answer = await self._read(method, path)
            await write(send, answer, head_only=method == "HEAD")
            return
        started = time.perf_counter()
        answer = await self._served(door, Request(scope, receive))
        observing.request_done(door, answer.outcome, time.perf_counter() - started)
        await write(send, answer, head_only=method == "HEAD")

    def _door(self, path: str) -> str | None:
        """Return the door that a path leads to; None where it is shut, or no door at all.

        Slashes in front of the drop-in's paths count as one: a base URL that ends with one makes two.
        """
        if path == WEBHOOK or path.startswith(f"{WEBHOOK}/"):
            return "segment" if self._webhook is not None else None
        path = _one_slash(path)
        if self._third_party is not None and path.startswith(THIRD_PARTY):
            return "third_party"
        return MPARTICLE if path.rstrip("/") in self._mparticle else None

    async def _served(self, door: str, request: Request) -> Answer:
        try:
            if door == "third_party" and self._third_party is not None:
                return await self._third_party(request)
            if door == MPARTICLE:
                return await self._mparticle[_one_slash(request.path).rstrip("/")](request)
            return await self._post(request)
        except Problem as problem:
            return problem.answer()
        except Exception as error:
            log.unforeseen(f"a request to the door {door} failed", error)
            return Problem(503, reasons.UNFORESEEN, "The receiver met an error that it does not know.").answer()

    async def _post(self, request: Request) -> Answer:
        if self._webhook is None:
            raise _no_door()
        sender = self._webhook.sender(request.path[len(WEBHOOK) + 1 :])
        if request.method not in WEBHOOK_METHODS:
            raise _wrong_method(WEBHOOK_METHODS)
        return await self._webhook.take(sender, request)

    async def _read(self, method: str, path: str) -> Answer:
        """Answer for the pages, and for what does not exist."""
        if path not in ("/healthz", "/readyz", "/metrics") and path not in self._pages:
            return _no_door().answer()
        if method not in PAGE_METHODS:
            return _wrong_method(PAGE_METHODS).answer()
        if path == "/healthz":
            return HEALTHY
        if path == "/metrics":
            return observing.exposition()
        return self._pages[path] if path in self._pages else await self._readiness.answer()


def _one_slash(path: str) -> str:
    return "/" + path.lstrip("/") if path.startswith("//") else path


def _no_door() -> Problem:
    return Problem(404, reasons.NO_DOOR, "Nothing is served here, or nobody may send to it yet.")


def _wrong_method(methods: tuple[str, ...]) -> Problem:
    allowed = ", ".join(methods)
    return Problem(
        405,
        reasons.WRONG_METHOD,
        f"The method is not served here: {allowed} is.",
        headers=((b"allow", allowed.encode()),),
    )
