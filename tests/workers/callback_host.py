"""A host that sessions' answers are posted to: a real server, which keeps what comes and answers as it is told."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass(frozen=True)
class Came:
    """One request. ``headers`` by lower-case name."""

    path: str
    headers: dict[str, str]
    content: Any


@dataclass
class CallbackHost:
    """``statuses`` are answered in turn, the last one again and again; ``hangs`` answers nothing until the end."""

    port: int = 0
    statuses: list[int] = field(default_factory=lambda: [204])
    location: str = ""
    hangs: bool = False
    came: list[Came] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def url(self, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}/answers?of=sessions"


@contextmanager
def callback_host(certificate: ssl.SSLContext | None = None) -> Iterator[CallbackHost]:
    host = CallbackHost()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            host.came.append(Came(self.path, headers, orjson.loads(body)))
            if host.hangs:
                host.ended.wait()
                return
            status = host.statuses.pop(0) if len(host.statuses) > 1 else host.statuses[0]
            self.send_response(status)
            if host.location:
                self.send_header("Location", host.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        server.socket = certificate.wrap_socket(server.socket, server_side=True)
    host.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        host.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
