"""The admin endpoints under ``/_admin/``: faults and settings in, everything the stand-in knows out."""

from __future__ import annotations

from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.admin import admin_app, answer, lines, shows, streams
from sandbox.talon_one import holdings
from sandbox.talon_one.deployment import Deployment


def admin(deployment: Deployment) -> Starlette:
    """The admin endpoints of a deployment."""

    async def arrivals(request: Request) -> Response:
        since_ns = request.query_params.get("since_ns", "0")
        if not since_ns.isdecimal():
            raise HTTPException(HTTPStatus.BAD_REQUEST, "since_ns must be a number of nanoseconds")
        return answer(holdings.arrivals(deployment, int(since_ns)))

    async def order(request: Request) -> Response:
        return lines(holdings.order(deployment.world, request.query_params.get("profile")))

    return admin_app(
        deployment,
        lambda: holdings.ready(deployment),
        (
            Route("/_admin/stats", shows(lambda: holdings.stats(deployment))),
            Route("/_admin/digest", shows(lambda: holdings.digests(deployment))),
            Route("/_admin/overlap", shows(lambda: deployment.overlap.peaks)),
            Route("/_admin/arrivals", arrivals),
            Route("/_admin/order", order),
            Route("/_admin/requests", streams(lambda: holdings.requests(deployment))),
            Route("/_admin/profiles", streams(lambda: holdings.profiles(deployment.world))),
            Route("/_admin/memberships", streams(lambda: holdings.memberships(deployment.world))),
            Route("/_admin/audiences", streams(lambda: holdings.audiences(deployment.world))),
            Route("/_admin/events", streams(lambda: list(deployment.world.events))),
            Route("/_admin/coupons", streams(lambda: list(deployment.world.coupons))),
            Route("/_admin/sessions", streams(lambda: list(deployment.world.sessions.values()))),
        ),
    )
