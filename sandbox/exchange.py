"""One request while it is in hand: reading it, and bringing it to the end that an answer or a fault asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from sandbox import misbehaviour
from sandbox.faults import Drip, Hang, Malformed, Outright, Reset, Status
from sandbox.hanging import Hanging
from sandbox.wire import Header, Reply


@dataclass(slots=True)
class Exchange:
    """One request on its connection, under :func:`sandbox.door.protocol_at`'s protocol.

    ``told`` are headers that every proper answer to it carries.
    """

    scope: Scope
    receive: Receive
    send: Send
    transport: asyncio.Transport
    told: tuple[Header, ...] = field(default=(), kw_only=True)

    def header(self, name: bytes) -> str:
        """A header's value, empty where there is none."""
        return next((value.decode("latin-1") for key, value in self.scope["headers"] if key == name), "")

    async def read_body(self) -> bytes | None:
        """The whole body; None where the client left before it was there."""
        chunks = []
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return None
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def left_within(self, seconds: float | None) -> bool:
        """Whether the client leaves within ``seconds`` (None: wait until it does)."""
        try:
            async with asyncio.timeout(seconds):
                while (await self.receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True

    async def answer(self, reply: Reply) -> None:
        """Send a proper answer."""
        headers = [*reply.wire_headers, *self.told]
        await self.send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": reply.body})


@dataclass(frozen=True, slots=True)
class Ending:
    """How requests end. ``status`` makes the answer of a status rule, ``released`` is what a hung request gets."""

    hanging: Hanging
    status: Callable[[Status], Reply]
    released: Reply

    async def end(self, exchange: Exchange, outright: Outright | None, reply: Reply | None) -> str:
        """Send the answer, or do what ``outright`` says instead; the word for the counts comes back."""
        transport = exchange.transport
        match outright:
            case Reset():
                misbehaviour.reset(transport)
                await exchange.left_within(None)
                return "reset"
            case Hang(hang_s=hang_s):
                await self._hang(exchange, hang_s)
                await exchange.answer(reply or self.released)
                return "hang"
            case Drip(interval_s=interval_s) if reply is not None:
                await misbehaviour.drip(transport, misbehaviour.raw(reply), interval_s)
            case Malformed(form=form) if reply is not None:
                transport.write(misbehaviour.malformed(form, reply))
            case Status():
                reply = own_body(outright) or self.status(outright)
                await exchange.answer(reply)
                return str(reply.status)
            case _ if reply is not None:
                await exchange.answer(reply)
                return str(reply.status)
        transport.close()
        await exchange.left_within(None)
        return "drip" if isinstance(outright, Drip) else "malformed"

    async def _hang(self, exchange: Exchange, hang_s: float | None) -> None:
        """Wait until released, for ``hang_s`` seconds, or until the client leaves."""
        waits = [
            asyncio.ensure_future(self.hanging.wait()),
            asyncio.ensure_future(exchange.left_within(hang_s)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


def own_body(rule: Status) -> Reply | None:
    """The answer of a status rule that has a body of its own, None where it has none."""
    if rule.body is None:
        return None
    return Reply(rule.status, rule.body.encode(), retry_after(rule), rule.content_type.encode())


def retry_after(rule: Status) -> tuple[Header, ...]:
    """The header a status rule asks for."""
    return () if rule.retry_after is None else ((b"retry-after", rule.retry_after.encode()),)
