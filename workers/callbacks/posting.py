"""Posts one callback, within its time, to the address that was looked at and to no other.

Apart from the sender of requests to destinations: a slow callback must not take one of their connections. Requests run
on an event loop in a thread of their own, because only there all of a request can be given one time-out.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from tercel.callback_hosts import Target
from workers.callbacks.addresses import check_address

CONNECTIONS: Final = 32  # at once; as many threads of a worker may be posting
CLOSE_S: Final = 5.0  # seconds that closing may take

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a callback: the answer's status, or 0 and why there was none (``timeout``, ``connect``, ...)."""

    status: int
    error: str = ""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the IP addresses of a host, best first. Raises OSError where there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Poster:
    """The HTTP client for callbacks. Thread-safe. It starts with the first callback; most processes never have one."""

    def __init__(self, *, resolve: Resolve = resolve, verify: ssl.SSLContext | bool = True) -> None:
        """Take how names are resolved and certificates are checked."""
        self._resolve = resolve
        self._verify = verify
        self._lock = threading.Lock()
        self._running: tuple[asyncio.AbstractEventLoop, threading.Thread, httpx.AsyncClient] | None = None

    def post(
        self, target: Target, body: bytes, headers: Mapping[str, str], *, attempt: int, timeout_s: float
    ) -> Posted:
        """Post ``body`` and wait for the answer's status, ``timeout_s`` seconds at most in all.

        Redirects are not followed, and nothing of the answer but its head is read. Where the host has several
        addresses, each ``attempt`` (from 0) takes the next one. Raises :class:`NotAllowed`.
        """
        loop, client = self._started()
        sending = self._post(client, target, body, headers, attempt, timeout_s)
        return asyncio.run_coroutine_threadsafe(sending, loop).result()

    def close(self) -> None:
        """Close the client and end the thread, if they have started."""
        with self._lock:
            running, self._running = self._running, None
        if running is None:
            return
        loop, thread, client = running
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(client.aclose(), loop).result(timeout=CLOSE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=CLOSE_S)
        if not thread.is_alive():
            loop.close()

    def _started(self) -> tuple[asyncio.AbstractEventLoop, httpx.AsyncClient]:
        with self._lock:
            if self._running is None:
                client = httpx.AsyncClient(
                    # No connection is kept: one that was made for a name must not serve another of the same address.
                    limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=0),
                    timeout=None,  # noqa: S113 the whole request has one, see _post
                    verify=self._verify,
                    follow_redirects=False,
                    trust_env=False,
                )
                loop = asyncio.new_event_loop()
                thread = threading.Thread(target=loop.run_forever, name="tercel-callbacks", daemon=True)
                thread.start()
                self._running = loop, thread, client
            return self._running[0], self._running[2]

    async def _post(  # noqa: PLR0917 handed on as it came
        self,
        client: httpx.AsyncClient,
        target: Target,
        body: bytes,
        headers: Mapping[str, str],
        attempt: int,
        timeout_s: float,
    ) -> Posted:
        try:
            async with asyncio.timeout(timeout_s):
                addresses = await self._resolve(target.host, target.port)
                for address in addresses:
                    check_address(target, address)
                # The name is not resolved again, or it could lead elsewhere by then.
                request = client.build_request(
                    "POST",
                    target.url.copy_with(host=addresses[attempt % len(addresses)]),
                    content=body,
                    headers={**headers, "Host": target.url.netloc.decode("ascii")},
                    extensions={"sni_hostname": target.host},
                )
                response = await client.send(request, stream=True)
                await response.aclose()
        except TimeoutError:
            return Posted(0, "timeout")
        except httpx.ConnectError:
            return Posted(0, "connect")
        except socket.gaierror:
            return Posted(0, "name")
        except (httpx.HTTPError, ssl.SSLError, OSError):
            return Posted(0, "reset")
        return Posted(response.status_code)


__all__ = ["Posted", "Poster", "resolve"]
