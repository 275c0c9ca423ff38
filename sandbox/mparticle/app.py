"""The Events API and the admin endpoints of a workspace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.admin import answer, bare_app, shows, streams
from sandbox.mparticle.batches import Refused, check_basic, read_batch
from sandbox.mparticle.workspace import Workspace

EVENTS_PATH = "/v2/events"


def events_api(workspace: Workspace) -> Starlette:
    """The Events API."""

    async def post(request: Request) -> Response:
        try:
            check_basic(request.headers.get("authorization", ""), workspace.config.feed)
            workspace.take(read_batch(await request.body()))
        except Refused as refused:
            return Response(refused.body(), refused.status, media_type="application/json")
        return Response(status_code=HTTPStatus.ACCEPTED)

    return Starlette(routes=[Route(EVENTS_PATH, post, methods=["POST"])])


def admin(workspace: Workspace) -> Starlette:
    """The admin endpoints: what a person does and sees on mParticle's pages."""

    async def connect(_: Request) -> Response:
        workspace.connect()
        return answer({})

    async def disconnect(_: Request) -> Response:
        workspace.disconnect()
        return answer({})

    def state() -> dict[str, Any]:
        return {
            "connected": workspace.connected,
            "stopped": workspace.forwarder.stopped,
            "subscription_settings": workspace.subscription_settings,
        }

    return bare_app(
        lambda: {"ready": True, "pid": os.getpid()},
        (
            Route("/_admin/connect", connect, methods=["POST"]),
            Route("/_admin/disconnect", disconnect, methods=["POST"]),
            Route("/_admin/state", shows(state)),
            Route("/_admin/batches", streams(lambda: _batches(workspace))),
            Route("/_admin/users", streams(lambda: _users(workspace))),
            Route("/_admin/sent", streams(lambda: [sent.data() for sent in workspace.forwarder.all])),
        ),
    )


def _batches(workspace: Workspace) -> Iterator[dict[str, Any]]:
    for batch in list(workspace.batches):
        yield {"environment": batch.environment, "identities": batch.identities, "events": batch.events}


def _users(workspace: Workspace) -> Iterator[dict[str, Any]]:
    for user in list(workspace.users.all.values()):
        yield {
            "mpid": str(user.mpid),
            "identities": user.identities,
            "attributes": user.attributes,
            "sessions": len(user.sessions),
            "in_audience": user.in_audience,
        }
