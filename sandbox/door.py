"""The stand-ins' HTTP protocol: uvicorn's, which tells us of a request the moment its headers are complete."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

STATE = "tercel.arrival"
"""The key in a scope's ``state`` under which the application finds what the door decided about a request."""
ADMIN_PATH = "/_admin/"

Headers = list[tuple[bytes, bytes]]
Arrive = Callable[[str, bytes, Headers, asyncio.Transport], Any]
"""Decides about a request from its method, raw path and headers (names in lower case), and its connection."""


def protocol_at(arrive: Arrive) -> type[HttpToolsProtocol]:
    """A protocol class whose requests pass ``arrive`` at the door; admin requests are not traffic.

    The decision is made here and not in the application, because tasks may start later than requests arrive
    (pipelining, a busy loop), and faults need the connection's transport, which ASGI does not hand on.
    """

    class DoorProtocol(HttpToolsProtocol):
        def on_headers_complete(self) -> None:
            super().on_headers_complete()
            if not self.scope["path"].startswith(ADMIN_PATH):
                arrival = arrive(self.scope["method"], self.scope["raw_path"], self.headers, self.transport)
                self.cycle.scope["state"][STATE] = arrival

    return DoorProtocol
