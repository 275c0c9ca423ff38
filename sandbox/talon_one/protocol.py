"""The stand-in's HTTP protocol: uvicorn's, which tells us of a request the moment its headers are complete."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.talon_one.traffic import Traffic

STATE = "tercel.arrival"
"""The key in a scope's ``state`` under which the application finds the request's :class:`Arrival`."""
ADMIN_PATH = "/_admin/"


def protocol_at(traffic: Traffic) -> type[HttpToolsProtocol]:
    """A protocol class whose requests pass ``traffic`` at the door; admin requests are not traffic.

    The decision is made here and not in the application, because tasks may start later than requests arrive
    (pipelining, a busy loop), and faults need the connection's transport, which ASGI does not hand on.
    """

    class DoorProtocol(HttpToolsProtocol):
        def on_headers_complete(self) -> None:
            super().on_headers_complete()
            if not self.scope["path"].startswith(ADMIN_PATH):
                authorization = next((value for name, value in self.headers if name == b"authorization"), b"")
                arrival = traffic.arrive(authorization, self.transport)
                self.cycle.scope["state"][STATE] = arrival

    return DoorProtocol
