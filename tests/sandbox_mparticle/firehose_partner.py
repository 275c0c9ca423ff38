"""A partner that takes Firehose messages, with the answers it is told to give."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SUBSCRIPTION = "audience_subscription_request"
MEMBERSHIP = "audience_membership_change_request"


@dataclass
class Partner:
    """``answers`` are used up first, by message type; after them comes 202. ``came`` is what came, in order."""

    url: str
    answers: dict[str, list[tuple[int, Mapping[str, Any]]]] = field(default_factory=dict)
    came: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def types(self) -> list[str]:
        """The types of the messages that came."""
        return [message["type"] for _, message in self.came]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The messages of a type."""
        return [message for _, message in self.came if message["type"] == kind]


@contextmanager
def taking() -> Iterator[Partner]:
    """Run one while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["content-length"])))
            partner.came.append((self.headers.get("authorization", ""), message))
            waiting = partner.answers.get(message["type"])
            status, body = waiting.pop(0) if waiting else (202, {})
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        partner = Partner(f"http://127.0.0.1:{server.server_port}/mparticle")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield partner
        finally:
            server.shutdown()
            thread.join()
