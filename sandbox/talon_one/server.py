"""A deployment's API and admin endpoints on a listening socket."""

from __future__ import annotations

import asyncio
import socket

from sandbox import server
from sandbox.door import Headers
from sandbox.talon_one.admin import admin
from sandbox.talon_one.api import Api
from sandbox.talon_one.config import Config
from sandbox.talon_one.deployment import Deployment
from sandbox.talon_one.traffic import Arrival


def serve(config: Config, sock: socket.socket) -> None:
    """Answer on a listening socket until a signal ends it."""
    deployment = Deployment(config)
    traffic = deployment.traffic

    def arrive(_method: str, _path: bytes, headers: Headers, transport: asyncio.Transport) -> Arrival:
        authorization = next((value for name, value in headers if name == b"authorization"), b"")
        return traffic.arrive(authorization, transport)

    def let_go() -> None:
        deployment.faults.clear()
        deployment.hanging.release()

    app = server.StandInApp(Api(deployment), admin(deployment))
    server.serve(app, sock, arrive=arrive, before_shutdown=let_go)
