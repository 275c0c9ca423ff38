"""A counting sink: answers 204 to every PUT and POST as fast as it can, and counts. ``python -m sandbox.sink``.

``GET /_count`` answers ``{"requests", "items", "body_bytes", "first_ns", "last_ns"}`` (monotonic ns of the first and
last request), ``POST /_reset`` starts again. Items are counted by the bytes ``"integrationId"`` in the body, so the
counting costs microseconds where parsing would cost milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import httptools
import orjson
import uvloop

from sandbox.serving import announce, die_with_parent, leave_quietly_on_signals, listen
from tercel.errors import TercelError

ITEM = b'"integrationId"'
_NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass(slots=True)
class Counts:
    """What came in. Times are monotonic nanoseconds, 0 before the first request."""

    requests: int = 0
    items: int = 0
    body_bytes: int = 0
    first_ns: int = 0
    last_ns: int = 0

    def add(self, body: bytes) -> None:
        """Count one request."""
        self.last_ns = time.monotonic_ns()
        self.first_ns = self.first_ns or self.last_ns
        self.requests += 1
        self.items += body.count(ITEM)
        self.body_bytes += len(body)

    def reset(self) -> None:
        """Start again."""
        self.requests = self.items = self.body_bytes = self.first_ns = self.last_ns = 0


class SinkProtocol(asyncio.Protocol):
    """One connection; the methods that begin with ``on_`` are called by the parser."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.WriteTransport | None = None
        self._url = b""
        self._body: list[bytes] = []
        self._keep_alive = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio's protocol."""
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is one in all but ancestry

    def data_received(self, data: bytes) -> None:
        """Part of asyncio's protocol."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._write(_BAD_REQUEST)
            self._close()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._url = b""
        self._body = []

    def on_url(self, url: bytes) -> None:
        """Some of its target."""
        self._url += url

    def on_headers_complete(self) -> None:
        """Its head is all there; the parser knows only now whether the connection is to stay."""
        self._keep_alive = self._parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        """Some of its body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """It is all there: count and answer."""
        method = self._parser.get_method()
        if method == b"GET":
            self._write(self._counted() if self._url == b"/_count" else _NOT_FOUND)
        elif self._url == b"/_reset":
            self._counts.reset()
            self._write(_NO_CONTENT)
        elif method in (b"PUT", b"POST"):
            self._counts.add(self._body[0] if len(self._body) == 1 else b"".join(self._body))
            self._write(_NO_CONTENT)
        else:
            self._write(_NOT_FOUND)
        if not self._keep_alive:
            self._close()

    def _counted(self) -> bytes:
        body = orjson.dumps(asdict(self._counts))
        return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def _serve(sock: socket.socket, file: Path | None) -> None:
    counts = Counts()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SinkProtocol(counts), sock=sock)
    # Not an exception from a signal handler: uvloop may swallow that where a connection is just closing.
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    announce(sock, file)  # who hears of it may end it at once
    await stop.wait()
    server.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal ends it; the exit status comes back."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.sink", description="A counting HTTP sink.")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--announce", type=Path, help="write where it listens to this file instead of to stdout")
    parser.add_argument("--die-with-parent", nargs="?", type=int, const=0, metavar="PID", help="end with it (Linux)")
    options = parser.parse_args(arguments)
    if options.die_with_parent is not None:
        die_with_parent(options.die_with_parent or None)
    try:
        sock = listen(options.host, options.port)
    except TercelError as error:
        print(f"sink: {error}", file=sys.stderr)
        return error.exit_status
    leave_quietly_on_signals()
    uvloop.run(_serve(sock, options.announce))
    return 0


if __name__ == "__main__":
    sys.exit(main())
