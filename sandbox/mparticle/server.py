"""A workspace's Events API and admin endpoints on a listening socket."""

from __future__ import annotations

import socket

from sandbox import server
from sandbox.mparticle.app import admin, events_api
from sandbox.mparticle.config import Config
from sandbox.mparticle.workspace import Workspace


def serve(config: Config, sock: socket.socket) -> None:
    """Answer on a listening socket until a signal ends it."""
    workspace = Workspace(config)
    app = server.StandInApp(events_api(workspace), admin(workspace))
    server.serve(app, sock, arrive=lambda *_: None, before_shutdown=lambda: None)
