"""A load client for HTTP: requests made beforehand, over raw sockets, so that it costs less than what it measures.

    requests = [request("POST", "/segment/webhook/web", body, {"X-Signature": signature}) for ...]
    result = asyncio.run(load("127.0.0.1", 8480, requests, connections=64))

A closed loop by default: each connection sends its next request when the last one is answered. With ``rate`` requests
leave at that rate however long answers take, and latency counts from when a request should have left: a slow server
then cannot hide behind its own slowness.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of it. ``latencies_s`` are sorted; ``statuses`` counts answers, 0 for a lost connection.

    ``begun_ns`` is when each request left, or should have left, in monotonic ns, in the order of the requests.
    """

    seconds: float
    latencies_s: Sequence[float]
    statuses: Mapping[int, int]
    begun_ns: Sequence[int] = ()

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies_s) / self.seconds

    def percentile_ms(self, percent: float) -> float:
        """Return a latency that so many percent of the requests stayed below, in milliseconds."""
        last = len(self.latencies_s) - 1
        return self.latencies_s[min(last, int(last * percent / 100))] * 1000

    def __str__(self) -> str:
        p50, p99 = self.percentile_ms(50), self.percentile_ms(99)
        return f"{self.per_second:,.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms, {dict(self.statuses)}"


def request(method: str, path: str, body: bytes, headers: Mapping[str, str], *, host: str = "localhost") -> bytes:
    """Return the bytes of one HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + HEAD_END + body


async def load(
    host: str, port: int, requests: Sequence[bytes], *, connections: int = 32, rate: float | None = None
) -> Loaded:
    """Send all requests and return how that went. ``rate`` is in requests a second; None: as fast as answers come."""
    started = time.monotonic()
    latencies: list[float] = []
    begun_ns = [0] * len(requests)
    statuses: Counter[int] = Counter()
    plan = iter(enumerate(requests))

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for number, payload in _due(plan):
            begun = time.monotonic()
            if rate is not None:
                due = started + number / rate
                await asyncio.sleep(max(0.0, due - begun))
                begun = due
            begun_ns[number] = int(begun * 1e9)
            try:
                writer.write(payload)
                status = await _answer(reader)
            except (OSError, EOFError):
                statuses[0] += 1
                reader, writer = await asyncio.open_connection(host, port)
                continue
            latencies.append(time.monotonic() - begun)
            statuses[status] += 1
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(connections)))
    return Loaded(time.monotonic() - started, sorted(latencies), statuses, begun_ns)


def _due(plan: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Hand out what is left of a plan that several connections share."""
    yield from plan


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer and return its status."""
    head = await reader.readuntil(HEAD_END)
    at = head.lower().find(LENGTH)
    if at >= 0:
        await reader.readexactly(int(head[at + len(LENGTH) : head.index(b"\r\n", at)]))
    return int(head[9:12])
