"""An account's API and admin endpoints on a listening socket."""

from __future__ import annotations

import asyncio
import socket

from sandbox import server
from sandbox.door import Headers
from sandbox.sailthru.account import Account
from sandbox.sailthru.admin import Admin
from sandbox.sailthru.api import Api
from sandbox.sailthru.config import Config
from sandbox.sailthru.traffic import Arrival


def serve(config: Config, sock: socket.socket) -> None:
    """Answer on a listening socket until a signal ends it."""
    account = Account(config)

    def arrive(method: str, path: bytes, _headers: Headers, transport: asyncio.Transport) -> Arrival:
        return account.traffic.arrive(method, path, transport)

    def let_go() -> None:
        account.faults.clear()
        account.hanging.release()

    server.serve(server.StandInApp(Api(account), Admin(account)), sock, arrive=arrive, before_shutdown=let_go)
