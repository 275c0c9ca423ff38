"""Sends one HTTP request, at its time, within its time. One client with one pool for all threads of a process.

httpx has no total time-out: a server that drips its answer holds any of its time-outs off for as long as it likes. So
the requests of a process run on one event loop in a thread of its own, and each is cancelled when its time is up.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import httpx

from workers.destinations.base import Answer, Request

MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024  # what is read of an answer; more of it is cut off
LATE_S: Final = 0.004  # seconds after its slot at which a request has missed it: sent now, it could come too close


@lru_cache(maxsize=64)
def _url(base_url: str, path: str, query: str) -> httpx.URL:
    """Parse an address; bulk calls have the same one again and again, and parsing is slow."""
    return httpx.URL(f"{base_url}{path}{'?' + query if query else ''}")


class Stopped(Exception):
    """The process is shutting down: the request was not sent, or its answer not waited for."""


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
        self._lock = threading.Lock()

    def send(
        self,
        base_url: str,
        request: Request,
        headers: Mapping[str, str],
        *,
        at: float,
        timeout_s: float,
        late_s: float = LATE_S,
    ) -> Sent:
        """Send at ``at`` (``time.monotonic`` seconds) and wait for the answer, ``timeout_s`` seconds at most.

        A request that cannot go out within ``late_s`` of its time is not sent. An answer that never came has status 0.
        Raises :class:`Stopped` when :meth:`cancel` is called meanwhile.
        """
        future = asyncio.run_coroutine_threadsafe(
            self._send(base_url, request, headers, at, timeout_s, late_s), self._loop
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

    async def _send(  # noqa: PLR0917 handed on as it came
        self,
        base_url: str,
        request: Request,
        headers: Mapping[str, str],
        at: float,
        timeout_s: float,
        late_s: float,
    ) -> Sent:
        url = _url(base_url, request.path, request.query)
        prepared = self._client.build_request(
            request.method, url, content=request.body, headers={**request.headers, **headers}
        )
        wait = at - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        started = time.monotonic()
        if started - at > late_s:
            return Sent(Answer(0, error="late"), missed=True)
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._client.send(prepared, stream=True)
                try:
                    body = bytearray()
                    async for chunk in response.aiter_bytes():
                        body += chunk[: MAX_ANSWER_BYTES - len(body)]
                        if len(body) >= MAX_ANSWER_BYTES:
                            break
                finally:
                    await response.aclose()
        except TimeoutError:
            return Sent(Answer(0, error="timeout"), time.monotonic() - started)
        except httpx.ConnectError:
            return Sent(Answer(0, error="connect"), time.monotonic() - started)
        except (httpx.HTTPError, ssl.SSLError, OSError):
            return Sent(Answer(0, error="reset"), time.monotonic() - started)
        headers_in = {name.lower(): value for name, value in response.headers.items()}
        return Sent(Answer(response.status_code, headers_in, bytes(body)), time.monotonic() - started)
