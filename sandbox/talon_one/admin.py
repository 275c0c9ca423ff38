"""The admin endpoints under ``/_admin/``: faults and settings in, everything the stand-in knows out. No key is asked.

Lists that can be long come as JSON Lines (``application/x-ndjson``).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sandbox.talon_one import holdings
from sandbox.talon_one.config import Config
from sandbox.talon_one.deployment import Deployment
from sandbox.talon_one.faults import FAULTS, SCRIPTS

LINES_AT_ONCE = 2_000  # lines written before other requests get a chance

Kind = TypeVar("Kind")
Model = TypeVar("Model")
Endpoint = Callable[[Request], Awaitable[Response]]


def admin_app(deployment: Deployment) -> Starlette:
    """The admin endpoints of a deployment."""

    async def configure(request: Request) -> Response:
        changed = _merged(deployment.config.model_dump(mode="json"), await _json(request, dict))
        deployment.configure(_valid(lambda: Config.model_validate(changed)))
        return _answer(deployment.config.model_dump(mode="json"))

    async def replace_config(request: Request) -> Response:
        sent = await _json(request, dict)
        deployment.configure(_valid(lambda: Config.model_validate(sent)))
        return _answer({})

    async def set_faults(request: Request) -> Response:
        sent = await _json(request, list)
        deployment.faults.set(_valid(lambda: FAULTS.validate_python(sent)))
        return _answer(deployment.faults.report())

    async def clear_faults(_: Request) -> Response:
        deployment.faults.clear()
        return _answer({})

    async def write_scripts(request: Request) -> Response:
        sent = await _json(request, dict)
        deployment.faults.write_scripts(_valid(lambda: SCRIPTS.validate_python(sent)))
        return _answer(deployment.faults.scripts_left())

    async def release(_: Request) -> Response:
        let_go = deployment.hung
        deployment.release()
        return _answer({"released": let_go})

    async def reset(_: Request) -> Response:
        deployment.reset()
        return _answer({})

    async def arrivals(request: Request) -> Response:
        since_ns = request.query_params.get("since_ns", "0")
        if not since_ns.isdecimal():
            raise HTTPException(HTTPStatus.BAD_REQUEST, "since_ns must be a number of nanoseconds")
        return _answer(holdings.arrivals(deployment, int(since_ns)))

    async def order(request: Request) -> Response:
        return _lines(holdings.order(deployment.world, request.query_params.get("profile")))

    def shows(data: Callable[[], Any]) -> Endpoint:
        async def show(_: Request) -> Response:
            return _answer(data())

        return show

    def streams(rows: Callable[[], Iterable[Mapping[str, Any]]]) -> Endpoint:
        async def stream(_: Request) -> Response:
            return _lines(rows())

        return stream

    return Starlette(
        routes=[
            Route("/_admin/ready", shows(lambda: holdings.ready(deployment))),
            Route("/_admin/config", shows(lambda: deployment.config.model_dump(mode="json"))),
            Route("/_admin/config", configure, methods=["PATCH"]),
            Route("/_admin/config", replace_config, methods=["PUT"]),
            Route("/_admin/faults", shows(deployment.faults.report)),
            Route("/_admin/faults", set_faults, methods=["PUT"]),
            Route("/_admin/faults", clear_faults, methods=["DELETE"]),
            Route("/_admin/scripts", shows(deployment.faults.scripts_left)),
            Route("/_admin/scripts", write_scripts, methods=["PUT"]),
            Route("/_admin/release", release, methods=["POST"]),
            Route("/_admin/reset", reset, methods=["POST"]),
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
            Route("/_admin/sessions", streams(lambda: list(deployment.world.sessions.values()))),
        ],
        exception_handlers={HTTPException: _refused},
    )


def _merged(held: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """``held`` with what was sent put on top, objects merged at every depth."""
    both = dict(held)
    for name, value in sent.items():
        old = both.get(name)
        both[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


async def _json(request: Request, kind: type[Kind]) -> Kind:
    try:
        data = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"The body is not JSON: {error}") from None
    if not isinstance(data, kind):
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"The body must be a JSON {'object' if kind is dict else 'array'}")
    return data


def _valid(validate: Callable[[], Model]) -> Model:
    try:
        return validate()
    except ValidationError as error:
        places = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        raise HTTPException(HTTPStatus.BAD_REQUEST, "; ".join(places)) from None


def _answer(data: Any) -> Response:
    return Response(orjson.dumps(data), media_type="application/json")


def _lines(rows: Iterable[Mapping[str, Any]]) -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        source = iter(rows)
        while some := list(islice(source, LINES_AT_ONCE)):
            yield b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in some)
            await asyncio.sleep(0)

    return StreamingResponse(chunks(), media_type="application/x-ndjson")


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for nothing else
    return Response(orjson.dumps({"message": error.detail}), error.status_code, media_type="application/json")
