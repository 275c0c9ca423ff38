"""Sends one HTTP request, at its time, within its time. One client with one pool for all threads of a process.

httpx has no total time-out: a server that drips its answer holds any of its time-outs off for as long as it likes. So
the requests of a process run on one event loop in a thread of its own, and each is cancelled when its time is up.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import math
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import httpx

from workers.destinations.base import Answer, Request

MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024  # what is read of an answer; more of it is cut off


@lru_cache(maxsize=64)
def _url(base_url: str, path: str, query: str) -> httpx.URL:
    """Parse an address; bulk calls have the same one again and again, and parsing is slow."""
    return httpx.URL(f"{base_url}{path}{'?' + query if query else ''}")


def _nothing(_late_s: float) -> None:
    pass


class Stopped(Exception):
    """The process is shutting down: the request was not sent, or its answer not waited for."""


class Missed(Exception):
    """The request could not leave at its time."""


class _Door:
    """Where requests wait for their time. Closed for good when the process is told to end. For the loop's thread."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Task[object]] = set()
        self._closed = False

    def close(self) -> None:
        """Send everybody back who waits, and who comes to wait from now on."""
        self._closed = True
        for task in self._waiting:
            task.cancel()

    async def wait(self, seconds: float) -> None:
        """Wait. Raises :class:`Stopped`, or is cancelled, where the door is closed."""
        task = asyncio.current_task()
        if self._closed or task is None:
            raise Stopped
        self._waiting.add(task)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._waiting.discard(task)


class _Departure:
    """Holds a request at the door until its time: connected, but with nothing sent.

    Opening a connection takes several times as long as the request's own way. Were it part of the way, requests would
    arrive far less evenly than they leave, and the destination would see more of them in a second than allowed.
    """

    def __init__(self, at: float, late_s: float, door: _Door, gone: Callable[[float], None]) -> None:
        self._at = at
        self._late_s = late_s
        self._door = door
        self._gone = gone
        self.left_at = 0.0

    async def __call__(self, event: str, info: object) -> None:
        """Called by httpcore at every step of a request."""
        if event.endswith("send_request_headers.started"):
            wait = self._at - time.monotonic()
            if wait > 0:
                await self._door.wait(wait)
            self.left_at = time.monotonic()
            if self.left_at - self._at > self._late_s:
                raise Missed
        elif event.endswith("send_request_headers.complete"):
            self._gone(time.monotonic() - self._at)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a request. ``missed``: it was not sent, its slot had passed. ``seconds`` is its travel time."""

    answer: Answer
    seconds: float = 0.0
    missed: bool = False


class Sender:
    """The HTTP client of a process. Thread-safe."""

    def __init__(self, *, connections: int, verify: ssl.SSLContext | bool = True) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tercel-http", daemon=True)
        self._thread.start()
        self._client = httpx.AsyncClient(
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30
            ),
            timeout=None,  # noqa: S113 the whole request has one, see _send
            verify=verify,
            follow_redirects=False,
            trust_env=False,
        )
        self._futures: set[concurrent.futures.Future[Sent]] = set()
        self._door = _Door()
        self._lock = threading.Lock()

    def send(
        self,
        base_url: str,
        request: Request,
        headers: Mapping[str, str],
        *,
        at: float,
        timeout_s: float,
        late_s: float = math.inf,
        gone: Callable[[float], None] = _nothing,
    ) -> Sent:
        """Send at ``at`` (``time.monotonic`` seconds) and wait for the answer, ``timeout_s`` seconds at most.

        A request that cannot go out within ``late_s`` of its time is not sent. ``gone`` is told, on the loop's thread,
        how many seconds after its time its head had left (how long a body takes is no lateness); it must not block. An
        answer that never came has status 0. Raises :class:`Stopped` when :meth:`cancel` is called meanwhile, or
        :meth:`release` before its time.
        """
        departure = _Departure(at, late_s, self._door, gone)
        future = asyncio.run_coroutine_threadsafe(
            self._send(base_url, request, headers, departure, at, timeout_s), self._loop
        )
        with self._lock:
            self._futures.add(future)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise Stopped from None
        finally:
            with self._lock:
                self._futures.discard(future)

    def release(self) -> None:
        """Give up the requests whose time has not come, from now on. Those on their way go on."""
        self._loop.call_soon_threadsafe(self._door.close)

    def cancel(self) -> None:
        """Give up every request in progress."""
        with self._lock:
            futures = list(self._futures)
        for future in futures:
            future.cancel()

    def close(self) -> None:
        """Close the connections and end the thread."""
        self.cancel()
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop).result(timeout=5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        if not self._thread.is_alive():
            self._loop.close()

    async def _send(  # noqa: PLR0917 handed on as it came
        self,
        base_url: str,
        request: Request,
        headers: Mapping[str, str],
        departure: _Departure,
        at: float,
        timeout_s: float,
    ) -> Sent:
        prepared = self._client.build_request(
            request.method,
            _url(base_url, request.path, request.query),
            content=request.body,
            headers={**request.headers, **headers},
            extensions={"trace": departure},
        )
        error = ""
        try:
            async with asyncio.timeout(max(0.0, at - time.monotonic()) + timeout_s):
                response = await self._client.send(prepared, stream=True)
                try:
                    body = bytearray()
                    async for chunk in response.aiter_bytes():
                        body += chunk[: MAX_ANSWER_BYTES - len(body)]
                        if len(body) >= MAX_ANSWER_BYTES:
                            break
                finally:
                    await response.aclose()
        except Missed:
            return Sent(Answer(0, error="late"), missed=True)
        except TimeoutError:
            error = "timeout"
        except httpx.ConnectError:
            error = "connect"
        except (httpx.HTTPError, ssl.SSLError, OSError):
            error = "reset"
        seconds = time.monotonic() - max(at, departure.left_at)
        if error:
            return Sent(Answer(0, error=error), max(0.0, seconds))
        headers_in = {name.lower(): value for name, value in response.headers.items()}
        return Sent(Answer(response.status_code, headers_in, bytes(body)), seconds)
