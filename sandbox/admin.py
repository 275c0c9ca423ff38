"""What the stand-ins' admin endpoints have in common: no key is asked, and lists that can be long are JSON Lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any, Protocol, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sandbox.faults import FAULTS, SCRIPTS, FaultPlan
from sandbox.hanging import Hanging

LINES_AT_ONCE = 2_000  # lines written before other requests get a chance

Kind = TypeVar("Kind")
Model = TypeVar("Model")
Endpoint = Callable[[Request], Awaitable[Response]]


class Administered(Protocol):
    """What can be administered: a configuration that can be replaced, faults, requests that hang, all forgotten."""

    faults: FaultPlan
    hanging: Hanging

    @property
    def config(self) -> BaseModel:
        """The configuration in force."""

    def configure(self, config: Any) -> None:
        """Obey another configuration of the same class."""

    def reset(self) -> None:
        """Forget everything but the configuration."""


def admin_app(deployment: Administered, ready: Callable[[], Any], own: Iterable[Route]) -> Starlette:
    """The admin endpoints of a stand-in: the common ones, and its ``own``."""
    kind = type(deployment.config)

    async def configure(request: Request) -> Response:
        changed = merged(deployment.config.model_dump(mode="json"), await sent_json(request, dict))
        deployment.configure(valid(lambda: kind.model_validate(changed)))
        return answer(deployment.config.model_dump(mode="json"))

    async def replace_config(request: Request) -> Response:
        sent = await sent_json(request, dict)
        deployment.configure(valid(lambda: kind.model_validate(sent)))
        return answer({})

    async def set_faults(request: Request) -> Response:
        sent = await sent_json(request, list)
        deployment.faults.set(valid(lambda: FAULTS.validate_python(sent)))
        return answer(deployment.faults.report())

    async def clear_faults(_: Request) -> Response:
        deployment.faults.clear()
        return answer({})

    async def write_scripts(request: Request) -> Response:
        sent = await sent_json(request, dict)
        deployment.faults.write_scripts(valid(lambda: SCRIPTS.validate_python(sent)))
        return answer(deployment.faults.scripts_left())

    async def release(_: Request) -> Response:
        return answer({"released": deployment.hanging.release()})

    async def reset(_: Request) -> Response:
        deployment.reset()
        return answer({})

    return bare_app(
        ready,
        (
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
            *own,
        ),
    )


def bare_app(ready: Callable[[], Any], own: Iterable[Route]) -> Starlette:
    """The admin endpoints of a stand-in that has no faults: that it is ready, and its ``own``."""
    return Starlette(
        routes=[Route("/_admin/ready", shows(ready)), *own],
        exception_handlers={HTTPException: _refused},
    )


def shows(data: Callable[[], Any]) -> Endpoint:
    """An endpoint that answers data."""

    async def show(_: Request) -> Response:
        return answer(data())

    return show


def streams(rows: Callable[[], Iterable[Mapping[str, Any]]]) -> Endpoint:
    """An endpoint that answers rows, as JSON Lines."""

    async def stream(_: Request) -> Response:
        return lines(rows())

    return stream


def merged(held: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """``held`` with what was sent put on top, objects merged at every depth."""
    both = dict(held)
    for name, value in sent.items():
        old = both.get(name)
        both[name] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


async def sent_json(request: Request, kind: type[Kind]) -> Kind:
    """The body of an admin request. Raises HTTPException, 400: it is not a JSON value of this kind."""
    try:
        data = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"The body is not JSON: {error}") from None
    if not isinstance(data, kind):
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"The body must be a JSON {'object' if kind is dict else 'array'}")
    return data


def valid(validate: Callable[[], Model]) -> Model:
    """What ``validate`` makes of a body. Raises HTTPException, 400: it is wrong."""
    try:
        return validate()
    except ValidationError as error:
        places = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        raise HTTPException(HTTPStatus.BAD_REQUEST, "; ".join(places)) from None


def answer(data: Any) -> Response:
    """An answer with JSON."""
    return Response(orjson.dumps(data), media_type="application/json")


def lines(rows: Iterable[Mapping[str, Any]]) -> StreamingResponse:
    """An answer with JSON Lines."""

    async def chunks() -> AsyncIterator[bytes]:
        source = iter(rows)
        while some := list(islice(source, LINES_AT_ONCE)):
            yield b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in some)
            await asyncio.sleep(0)

    return StreamingResponse(chunks(), media_type="application/x-ndjson")


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for nothing else
    return Response(orjson.dumps({"message": error.detail}), error.status_code, media_type="application/json")
