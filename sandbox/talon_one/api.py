"""The way of one API request: the door, a fault, the key, the call, its turn, the answer. ASGI, on the raw path."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from time import time

import orjson
from starlette.types import Receive, Scope, Send

from sandbox.door import STATE
from sandbox.exchange import Ending, Exchange, retry_after
from sandbox.faults import Hang, Hit, Outright, Reset, Scripted, Status
from sandbox.talon_one import routes
from sandbox.talon_one.calls.base import Call, Request
from sandbox.talon_one.deployment import Deployment
from sandbox.talon_one.replies import BUSY, Refusal, error
from sandbox.talon_one.routes import Route
from sandbox.talon_one.traffic import Arrival
from sandbox.window import SECOND_NS
from sandbox.wire import Reply

TOO_MANY = "Rate limit of {} requests per second exceeded"
NO_CALL = "no such call"
_RELEASED = error(HTTPStatus.SERVICE_UNAVAILABLE, "Released without being applied")


@dataclass(slots=True)
class TalonOneExchange(Exchange):
    """One request while it is in hand: what came, and how counts and the log will name it."""

    arrival: Arrival
    body: bytes = b""
    label: str = NO_CALL
    items: int = 0
    idempotency_key: str = ""


class Api:
    """The Integration API of a deployment as an ASGI application. It runs under :mod:`sandbox.door`'s protocol only."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._ending = Ending(deployment.hanging, self._status, _RELEASED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or misbehave as the faults in force say."""
        arrival: Arrival = scope["state"][STATE]
        deployment = self._deployment
        deployment.in_hand += 1
        exchange = TalonOneExchange(scope, receive, send, arrival.transport, arrival)
        outcome = "error"
        try:
            body = await exchange.read_body()
            if body is None:
                outcome = "gone"
                return
            exchange.body = body
            outcome = await self._answer(exchange)
        finally:
            deployment.in_hand -= 1
            deployment.traffic.leave(arrival, exchange.label, outcome, exchange.items, exchange.idempotency_key)

    async def _answer(self, exchange: TalonOneExchange) -> str:
        """Bring the request to its end and say how it ended."""
        deployment, verdict = self._deployment, exchange.arrival.verdict
        found = routes.find(exchange.scope["method"], exchange.scope["raw_path"])
        if found is not None:
            exchange.label = found[0].label
        if not verdict.admitted:
            return await self._ending.end(exchange, None, self._too_many(verdict.free_in_ns))
        hit = deployment.faults.strike(exchange.scope["method"], exchange.scope["raw_path"].decode("latin-1"))
        try:
            if exchange.arrival.key is None:
                raise Refusal(HTTPStatus.UNAUTHORIZED, "Invalid API key")
            if found is None:
                raise Refusal(HTTPStatus.NOT_FOUND, "Not found")
            return await self._run(exchange, found[0], self._read(exchange, *found), hit)
        except Refusal as refusal:
            plain = found is not None and found[0].plain_400 and refusal.status == HTTPStatus.BAD_REQUEST
            return await self._ending.end(exchange, hit.outright, refusal.reply(with_status=not plain))

    def _read(self, exchange: TalonOneExchange, route: Route, encoded_id: bytes) -> Call:
        """Parse the request into its call.

        Raises:
            Refusal: 400, something about it is not as it must be.
        """
        rules, body = self._deployment.rules, None
        path_id = routes.decode_id(route, encoded_id)
        query = routes.parse_query(route, exchange.scope["query_string"], refuse_unknown=rules.refuse_unknown)
        if route.has_body:
            if exchange.header(b"content-type").partition(";")[0].strip().lower() != "application/json":
                raise Refusal(HTTPStatus.BAD_REQUEST, "The Content-Type must be application/json")
            try:
                body = orjson.loads(exchange.body)
            except orjson.JSONDecodeError:
                raise Refusal(HTTPStatus.BAD_REQUEST, "The body is not JSON in UTF-8") from None
        assert exchange.arrival.key is not None  # noqa: S101 - checked by the caller
        request = Request(query, body, exchange.arrival.key.application_id, path_id)
        call = route.read(request, rules, self._deployment.world)
        exchange.items = call.items
        if route.idempotent:
            exchange.idempotency_key = exchange.header(b"idempotency-key")
        return call

    async def _run(self, exchange: TalonOneExchange, route: Route, call: Call, hit: Hit) -> str:
        """Hold what the call needs while it runs, is answered, or hangs."""
        deployment = self._deployment
        scripted = deployment.faults.take_steps(call.profiles)
        hit = Hit(hit.delay_s, hit.outright or scripted.outright)
        overlap = deployment.overlap  # a reset at run time puts another one in its place
        overlap.enter(call.profiles)
        try:
            if call.guard is None:
                return await self._settle(exchange, route, call, hit, scripted)
            async with deployment.turns.turn(call.guard, deployment.config.parallel_per_id):
                return await self._settle(exchange, route, call, hit, scripted)
        finally:
            overlap.leave(call.profiles)

    async def _settle(self, exchange: TalonOneExchange, route: Route, call: Call, hit: Hit, scripted: Scripted) -> str:
        reply = None
        if self._applies(hit.outright):
            reply = await self._apply(exchange, route, call, hit.delay_s, scripted.bad)
            if reply is None:
                return "gone"
        elif hit.delay_s:
            await asyncio.sleep(hit.delay_s)
        return await self._ending.end(exchange, hit.outright, reply)

    def _applies(self, outright: Outright | None) -> bool:
        """Whether a request that ends like this is applied."""
        if isinstance(outright, Hang) and outright.apply is None:
            return self._deployment.config.assumptions.a15_timed_out == "applied"
        return outright.apply is True if isinstance(outright, Status | Reset | Hang) else True

    async def _apply(
        self, exchange: TalonOneExchange, route: Route, call: Call, delay_s: float, bad: frozenset[str]
    ) -> Reply | None:
        """The call's answer, fresh or stored; None where its client left before it was applied (A15)."""
        deployment = self._deployment
        assumptions = deployment.config.assumptions
        answers, world = deployment.answers, deployment.world
        assert exchange.arrival.key is not None  # noqa: S101 - checked before the call was read
        owner = (exchange.arrival.key.name, exchange.idempotency_key)
        remembers = owner[1] != "" and assumptions.a12_repeated_key != "ignored"
        if remembers:
            stored = await answers.begin(owner, exchange.body, assumptions.a12_repeated_key)
            if stored is not None:
                return stored
        reply: Reply | None = None
        try:
            if not await self._client_stays(exchange, delay_s):
                return None
            world.begin()
            reply = call.run(bad)
        except Refusal as refusal:
            plain = route.plain_400 and refusal.status == HTTPStatus.BAD_REQUEST
            reply = refusal.reply(with_status=not plain)
        finally:
            if remembers:
                answers.finish(owner, exchange.body, reply)
        return reply

    async def _client_stays(self, exchange: TalonOneExchange, delay_s: float) -> bool:
        """Let time pass. False: the client has left, and a request like that is not applied (A15)."""
        if self._deployment.config.assumptions.a15_timed_out == "applied":
            if delay_s:
                await asyncio.sleep(delay_s)
            return True
        return not await exchange.left_within(delay_s)

    def _status(self, rule: Status) -> Reply:
        if rule.status == HTTPStatus.TOO_MANY_REQUESTS and rule.retry_after is None:
            return self._too_many(SECOND_NS)
        text = BUSY.format("profile") if rule.status == HTTPStatus.CONFLICT else "A fault was asked for"
        return Reply(rule.status, error(rule.status, text).body, retry_after(rule))

    def _too_many(self, free_in_ns: int) -> Reply:
        """A 429 as assumption A3 wants it."""
        config = self._deployment.config
        wait_s = max(1, -(-free_in_ns // SECOND_NS))
        retry_after = {
            "none": None,
            "seconds": str(wait_s),
            "http_date": formatdate(time() + wait_s, usegmt=True),
        }[config.assumptions.a3_retry_after]
        headers = () if retry_after is None else ((b"retry-after", retry_after.encode()),)
        status = HTTPStatus.TOO_MANY_REQUESTS
        if config.assumptions.a3_body == "empty":
            return Reply(status, b"", headers)
        return Reply(status, error(status, TOO_MANY.format(config.rate.per_second)).body, headers)
