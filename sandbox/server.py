"""A stand-in as a program: one uvicorn server on a socket that is already bound."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.door import ADMIN_PATH, Arrive, protocol_at

GRACE_S = 5  # seconds that requests in hand get when the server stops
KEEP_ALIVE_S = 75  # seconds an idle connection is kept; longer than the pause between a client's calls

GARBAGE_AFTER = 100_000  # objects made before Python looks for cycles; its own 700 is less than one bulk call


class StandInApp:
    """The API and, beside it, its admin endpoints."""

    def __init__(self, api: ASGIApp, admin: ASGIApp) -> None:
        self._api, self._admin = api, admin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to whom it is for. The API routes on the raw path, so nothing else may look at it."""
        app = self._admin if scope["path"].startswith(ADMIN_PATH) else self._api
        await app(scope, receive, send)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, before_shutdown: Callable[[], None]) -> None:
        super().__init__(config)
        self._before_shutdown = before_shutdown

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._before_shutdown()
        await super().shutdown(sockets)


def serve(app: ASGIApp, sock: socket.socket, *, arrive: Arrive, before_shutdown: Callable[[], None]) -> None:
    """Answer on a listening socket until a signal ends it.

    ``arrive`` decides at the door; ``before_shutdown`` lets go of the requests that would never end by themselves.
    """
    # What is held only grows and has no cycles: walking all of it again and again would take half of the time.
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER, 50, 1_000)
    config = uvicorn.Config(
        app,
        http=protocol_at(arrive),
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    _Server(config, before_shutdown).run(sockets=[sock])
