"""Sending messages to the partner, one after the other, and again where it says that this may help."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson

from sandbox.mparticle.config import Config
from sandbox.mparticle.firehose import Message

GOOD: Final = frozenset({200, 202})
AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
TIMEOUT_S: Final = 10.0
WAITING, DELIVERED, LOST, SUSPENDED = "waiting", "delivered", "lost", "suspended"


@dataclass(slots=True)
class Sent:
    """One message on its way: its ``state``, how often it was sent, and the last answer (a status, or what failed)."""

    message: Message
    state: str = WAITING
    tries: int = 0
    answer: str = ""
    body: dict[str, Any] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """For the live stream; the account's settings hold a key and are left out."""
        told = {name: value for name, value in self.message.items() if name != "account"}
        return {"message": told, "state": self.state, "tries": self.tries, "answer": self.answer, "body": self.body}


class Forwarder:
    """Sends messages in order. A connection that has failed for good, or was told to stop, sends nothing more."""

    def __init__(
        self,
        config: Config,
        answered: Callable[[Sent], None],
        client: Callable[[], httpx.AsyncClient] = lambda: httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False),
    ) -> None:
        """``answered`` is called with every message that was delivered."""
        self._config, self._answered, self._client = config, answered, client
        self.all: list[Sent] = []
        self.stopped: str | None = None
        self._queue: asyncio.Queue[Sent] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def send(self, message: Message) -> Sent:
        """Send a message after those before it. Call it in the event loop."""
        sent = Sent(message)
        self.all.append(sent)
        self._queue.put_nowait(sent)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._forward())
        return sent

    async def _forward(self) -> None:
        async with self._client() as client:
            while True:
                sent = await self._queue.get()
                if self.stopped is None:
                    await self._deliver(client, sent)
                else:
                    sent.state = SUSPENDED

    async def _deliver(self, client: httpx.AsyncClient, sent: Sent) -> None:
        retries, pause_s = self._config.retries, self._config.retries.first_s
        while True:
            again = await self._try(client, sent)
            if not again:
                return
            if sent.tries >= retries.tries:
                sent.state, self.stopped = LOST, "faulted: the retries are exhausted"
                return
            await asyncio.sleep(pause_s)
            pause_s = min(retries.most_s, pause_s * 2)

    async def _try(self, client: httpx.AsyncClient, sent: Sent) -> bool:
        """Send once; whether to send again."""
        sent.tries += 1
        headers = {"content-type": "application/json"}
        output = self._config.output
        if output.token is not None and "account" in sent.message:
            headers["authorization"] = f"Token {output.token}"
        try:
            answer = await client.post(output.url, content=orjson.dumps(sent.message), headers=headers)
        except httpx.HTTPError as error:
            sent.answer = type(error).__name__
            return True
        sent.answer, sent.body = str(answer.status_code), _object(answer.content)
        if answer.status_code in AGAIN:
            return True
        if answer.status_code not in GOOD:
            sent.state = LOST
            return False
        sent.state = DELIVERED
        if sent.body.get("suspend_subscription") is True:
            self.stopped = "suspended by the partner"
        self._answered(sent)
        return False


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return data if isinstance(data, dict) else {}
