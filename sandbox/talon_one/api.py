"""The way of one API request: the door, a fault, the key, the call, its turn, the answer. ASGI, on the raw path."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from time import time

import orjson
from starlette.types import Receive, Scope, Send

from sandbox.talon_one import misbehaviour, routes
from sandbox.talon_one.calls.base import Call, Request
from sandbox.talon_one.deployment import Deployment
from sandbox.talon_one.faults import Drip, Hang, Hit, Malformed, Outright, Reset, Scripted, Status
from sandbox.talon_one.protocol import STATE
from sandbox.talon_one.replies import BUSY, Header, Refusal, Reply, error
from sandbox.talon_one.routes import Route
from sandbox.talon_one.traffic import Arrival
from sandbox.talon_one.window import SECOND_NS

TOO_MANY = "Rate limit of {} requests per second exceeded"
NO_CALL = "no such call"


@dataclass(slots=True)
class Exchange:
    """One request while it is in hand: what came, and how counts and the log will name it."""

    scope: Scope
    receive: Receive
    send: Send
    arrival: Arrival
    body: bytes
    label: str = NO_CALL
    items: int = 0
    idempotency_key: str = ""

    def header(self, name: bytes) -> str:
        """A header's value, empty where there is none."""
        return next((value.decode("latin-1") for key, value in self.scope["headers"] if key == name), "")


class Api:
    """The Integration API of a deployment as an ASGI application. It runs under :mod:`protocol`'s server only."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or misbehave as the faults in force say."""
        arrival: Arrival = scope["state"][STATE]
        deployment = self._deployment
        deployment.in_hand += 1
        exchange = Exchange(scope, receive, send, arrival, b"")
        outcome = "error"
        try:
            body = await _read_body(receive)
            if body is None:
                outcome = "gone"
                return
            exchange.body = body
            outcome = await self._answer(exchange)
        finally:
            deployment.in_hand -= 1
            deployment.traffic.leave(arrival, exchange.label, outcome, exchange.items, exchange.idempotency_key)

    async def _answer(self, exchange: Exchange) -> str:
        """Bring the request to its end and say how it ended."""
        deployment, verdict = self._deployment, exchange.arrival.verdict
        found = routes.find(exchange.scope["method"], exchange.scope["raw_path"])
        if found is not None:
            exchange.label = found[0].label
        if not verdict.admitted:
            return await self._end(exchange, None, self._too_many(verdict.free_in_ns))
        hit = deployment.faults.strike(exchange.scope["method"], exchange.scope["raw_path"].decode("latin-1"))
        try:
            if exchange.arrival.key is None:
                raise Refusal(HTTPStatus.UNAUTHORIZED, "Invalid API key")
            if found is None:
                raise Refusal(HTTPStatus.NOT_FOUND, "Not found")
            return await self._run(exchange, found[0], self._read(exchange, *found), hit)
        except Refusal as refusal:
            plain = found is not None and found[0].plain_400 and refusal.status == HTTPStatus.BAD_REQUEST
            return await self._end(exchange, hit.outright, refusal.reply(with_status=not plain))

    def _read(self, exchange: Exchange, route: Route, encoded_id: bytes) -> Call:
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

    async def _run(self, exchange: Exchange, route: Route, call: Call, hit: Hit) -> str:
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

    async def _settle(self, exchange: Exchange, route: Route, call: Call, hit: Hit, scripted: Scripted) -> str:
        reply = None
        if self._applies(hit.outright):
            reply = await self._apply(exchange, route, call, hit.delay_s, scripted.bad)
            if reply is None:
                return "gone"
        elif hit.delay_s:
            await asyncio.sleep(hit.delay_s)
        return await self._end(exchange, hit.outright, reply)

    def _applies(self, outright: Outright | None) -> bool:
        """Whether a request that ends like this is applied."""
        if isinstance(outright, Hang) and outright.apply is None:
            return self._deployment.config.assumptions.a15_timed_out == "applied"
        return outright.apply is True if isinstance(outright, Status | Reset | Hang) else True

    async def _apply(
        self, exchange: Exchange, route: Route, call: Call, delay_s: float, bad: frozenset[str]
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

    async def _client_stays(self, exchange: Exchange, delay_s: float) -> bool:
        """Let time pass. False: the client has left, and a request like that is not applied (A15)."""
        if self._deployment.config.assumptions.a15_timed_out == "applied":
            if delay_s:
                await asyncio.sleep(delay_s)
            return True
        return not await _left_within(exchange.receive, delay_s)

    async def _end(self, exchange: Exchange, outright: Outright | None, reply: Reply | None) -> str:
        """Send the answer, or do what ``outright`` says instead; the word for the counts comes back."""
        transport = exchange.arrival.transport
        match outright:
            case Reset():
                misbehaviour.reset(transport)
                await _left_within(exchange.receive, None)
                return "reset"
            case Hang(hang_s=hang_s):
                await self._hang(exchange, hang_s)
                await _send(exchange, reply or error(HTTPStatus.SERVICE_UNAVAILABLE, "Released without being applied"))
                return "hang"
            case Drip(interval_s=interval_s) if reply is not None:
                await misbehaviour.drip(transport, misbehaviour.raw(reply), interval_s)
            case Malformed(form=form) if reply is not None:
                transport.write(misbehaviour.malformed(form, reply))
            case Status():
                reply = self._status(outright)
                await _send(exchange, reply)
                return str(reply.status)
            case _ if reply is not None:
                await _send(exchange, reply)
                return str(reply.status)
        transport.close()
        await _left_within(exchange.receive, None)
        return "drip" if isinstance(outright, Drip) else "malformed"

    async def _hang(self, exchange: Exchange, hang_s: float | None) -> None:
        """Wait until released, for ``hang_s`` seconds, or until the client leaves."""
        waits = [
            asyncio.ensure_future(self._deployment.hang()),
            asyncio.ensure_future(_left_within(exchange.receive, hang_s)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def _status(self, rule: Status) -> Reply:
        if rule.status == HTTPStatus.TOO_MANY_REQUESTS and rule.body is None and rule.retry_after is None:
            return self._too_many(SECOND_NS)
        text = BUSY.format("profile") if rule.status == HTTPStatus.CONFLICT else "A fault was asked for"
        headers: tuple[Header, ...] = ()
        if rule.retry_after is not None:
            headers = ((b"retry-after", rule.retry_after.encode()),)
        if rule.body is None:
            return Reply(rule.status, error(rule.status, text).body, headers)
        return Reply(rule.status, rule.body.encode(), headers, b"text/html")

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


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body; None where the client left before it was there."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _left_within(receive: Receive, seconds: float | None) -> bool:
    """Whether the client leaves within ``seconds`` (None: wait until it does)."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


async def _send(exchange: Exchange, reply: Reply) -> None:
    await exchange.send({"type": "http.response.start", "status": reply.status, "headers": reply.wire_headers})
    await exchange.send({"type": "http.response.body", "body": reply.body})
