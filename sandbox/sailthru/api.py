"""The way of one API request: the door, a fault, the signature, the call, the answer. ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.types import Receive, Scope, Send

from sandbox.door import STATE
from sandbox.exchange import Ending, Exchange, retry_after
from sandbox.faults import Hang, Hit, Outright, Reset, Status
from sandbox.sailthru import parameters
from sandbox.sailthru.account import Account
from sandbox.sailthru.calls import event, job, lists, settings, user
from sandbox.sailthru.calls.base import Call, Reader, Request
from sandbox.sailthru.replies import BAD_METHOD, OTHER, Refusal, of_status
from sandbox.sailthru.traffic import Arrival
from sandbox.sailthru.window import told
from sandbox.wire import Reply

NO_CALL: Final = "no such call"
CALLS: Final[Mapping[str, Mapping[str, Reader]]] = {
    "user": {"GET": user.read_get, "POST": user.read_post, "DELETE": user.read_delete},
    "event": {"POST": event.read_post},
    "list": {"GET": lists.read_get, "POST": lists.read_post, "DELETE": lists.read_delete},
    "job": {"GET": job.read_get, "POST": job.read_post},
    "settings": {"GET": settings.read_get},
}
_RELEASED: Final = of_status(HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(slots=True)
class SailthruExchange(Exchange):
    """One request while it is in hand: what came, and how counts and the log will name it."""

    arrival: Arrival
    body: bytes = b""
    label: str = NO_CALL
    items: int = 0
    key: str = ""


class Api:
    """The API of an account as an ASGI application. It runs under :mod:`sandbox.door`'s protocol only."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or misbehave as the faults in force say."""
        arrival: Arrival = scope["state"][STATE]
        account = self._account
        account.in_hand += 1
        exchange = SailthruExchange(scope, receive, send, arrival.transport, arrival, told=arrival.place.headers)
        outcome = "error"
        try:
            body = await exchange.read_body()
            if body is None:
                outcome = "gone"
                return
            exchange.body = body
            account.catch_up()
            outcome = await self._answer(exchange)
        finally:
            account.in_hand -= 1
            account.traffic.leave(arrival, exchange.label, outcome, exchange.items, exchange.key)

    async def _answer(self, exchange: SailthruExchange) -> str:
        """Bring the request to its end and say how it ended."""
        method, path = exchange.scope["method"], exchange.scope["raw_path"].decode("latin-1")
        by_method = CALLS.get(path.removeprefix("/"))
        if by_method is not None and method in by_method:
            exchange.label = f"{method} {path}"
        if not exchange.arrival.place.admitted:
            return await self._end(exchange, None, of_status(HTTPStatus.TOO_MANY_REQUESTS))
        hit = self._account.faults.strike(method, path)
        try:
            if by_method is None:
                raise Refusal(OTHER, f"Unknown endpoint: {path}", HTTPStatus.NOT_FOUND)
            if method not in by_method:
                raise Refusal(BAD_METHOD, f"Unsupported method: {method}", HTTPStatus.METHOD_NOT_ALLOWED)
            return await self._run(exchange, self._read(exchange, by_method[method]), hit)
        except Refusal as refusal:
            return await self._end(exchange, hit.outright, refusal.reply())

    def _read(self, exchange: SailthruExchange, read: Reader) -> Call:
        account, scope = self._account, exchange.scope
        arguments = parameters.read(
            scope["method"],
            scope["query_string"],
            exchange.body,
            exchange.header(b"content-type"),
            account.config.keys,
        )
        exchange.key = arguments.key.name
        call = read(Request(arguments.json, arguments.file, account.config, account.world, account.jobs))
        exchange.items = call.items
        return call

    async def _run(self, exchange: SailthruExchange, call: Call, hit: Hit) -> str:
        account = self._account
        scripted = account.faults.take_steps(call.profiles)
        outright = hit.outright or scripted.outright
        overlap = account.overlap  # a reset at run time puts another one in its place
        overlap.enter(call.profiles)
        try:
            if not await self._client_stays(exchange, hit.delay_s + call.pause_s):
                return "gone"
            reply = None
            if self._applies(outright):
                account.world.begin()
                try:
                    reply = call.run(scripted.bad)
                except Refusal as refusal:
                    reply = refusal.reply()
            return await self._end(exchange, outright, reply)
        finally:
            overlap.leave(call.profiles)

    async def _client_stays(self, exchange: SailthruExchange, delay_s: float) -> bool:
        """Let time pass. False: the client has left, and a request like that is not applied."""
        if self._account.config.assumptions.timed_out == "applied":
            if delay_s:
                await asyncio.sleep(delay_s)
            return True
        return not await exchange.left_within(delay_s)

    def _applies(self, outright: Outright | None) -> bool:
        """Whether a request that ends like this is applied."""
        if isinstance(outright, Hang) and outright.apply is None:
            return self._account.config.assumptions.timed_out == "applied"
        return outright.apply is True if isinstance(outright, Status | Reset | Hang) else True

    async def _end(self, exchange: SailthruExchange, outright: Outright | None, reply: Reply | None) -> str:
        def status(rule: Status) -> Reply:
            if rule.status == HTTPStatus.TOO_MANY_REQUESTS:  # it looks as if others had used up what there is
                window = exchange.arrival.window
                exchange.told = told(window.limit, 0, window.reset(self._account.traffic.now()))
            made = of_status(rule.status)
            return Reply(made.status, made.body, retry_after(rule))

        return await Ending(self._account.hanging, status, _RELEASED).end(exchange, outright, reply)
