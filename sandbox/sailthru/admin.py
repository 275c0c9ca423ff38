"""The admin endpoints under ``/_admin/``: faults and settings in, everything the stand-in knows out."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.admin import admin_app, lines, shows, streams
from sandbox.sailthru import holdings
from sandbox.sailthru.account import Account


class Admin:
    """The admin endpoints of an account. Jobs that are due are done before anything is shown."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._app = _app(account)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self._account.catch_up()
        await self._app(scope, receive, send)


def _app(account: Account) -> ASGIApp:
    async def arrivals(request: Request) -> Response:
        since_ns = request.query_params.get("since_ns", "0")
        if not since_ns.isdecimal():
            raise HTTPException(HTTPStatus.BAD_REQUEST, "since_ns must be a number of nanoseconds")
        return lines(holdings.arrivals(account, int(since_ns)))

    async def order(request: Request) -> Response:
        return lines(holdings.order(account.world, request.query_params.get("id")))

    async def history(request: Request) -> Response:
        asked = request.query_params
        return lines(holdings.history(account.world, asked.get("key", "email"), asked.get("id", "")))

    return admin_app(
        account,
        holdings.ready,
        (
            Route("/_admin/stats", shows(lambda: holdings.stats(account))),
            Route("/_admin/overlap", shows(lambda: account.overlap.peaks)),
            Route("/_admin/arrivals", arrivals),
            Route("/_admin/order", order),
            Route("/_admin/history", history),
            Route("/_admin/requests", streams(lambda: holdings.requests(account))),
            Route("/_admin/profiles", streams(lambda: holdings.profiles(account.world))),
            Route("/_admin/lists", streams(lambda: holdings.lists(account.world))),
            Route("/_admin/events", streams(lambda: list(account.world.events))),
            Route("/_admin/repeats", streams(lambda: holdings.repeats(account.world))),
            Route("/_admin/jobs", streams(lambda: holdings.jobs(account))),
        ),
    )
