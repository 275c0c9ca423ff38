"""The audience entity: create, rename, delete, empty (contract section 4)."""

from __future__ import annotations

from http import HTTPStatus

from sandbox.talon_one.calls.base import MAX_ID_LENGTH, Call, Request, Rules, refuse
from sandbox.talon_one.fields import Field, Shape, boolean, integer, listing, moment, problems, text
from sandbox.talon_one.replies import NO_CONTENT, Refusal, ok
from sandbox.talon_one.world import Audience, World
from sandbox.wire import Reply

_RENAMED: Shape = {
    "name": Field(text(least=1), required=True),
    "subscribedApplicationsIds": Field(listing(integer(), unique=True)),
}
_NEW: Shape = {
    **_RENAMED,
    "sandbox": Field(boolean),
    "description": Field(text()),
    "integration": Field(text(least=1)),
    "integrationId": Field(text(least=1, most=MAX_ID_LENGTH)),
    "createdIn3rdParty": Field(boolean),
    "lastUpdate": Field(moment),
}


def read_create(request: Request, rules: Rules, world: World) -> Call:
    """``POST /v2/audiences``. Names may repeat (A14); an ``integrationId`` may not within its ``integration``."""

    def run(_: frozenset[str]) -> Reply:
        body = request.body
        refuse(problems(body, _NEW, "", refuse_unknown=rules.refuse_unknown))
        external = body.get("integrationId")
        if external is not None and world.find_audience(body.get("integration"), external) is not None:
            raise Refusal(HTTPStatus.CONFLICT, "An Audience with this ID already exists for this integration")
        world.applied["audience"] += 1
        return ok(world.add_audience(body).fields, HTTPStatus.CREATED)

    return Call(run)


def read_rename(request: Request, rules: Rules, world: World) -> Call:
    """``PUT /v2/audiences/{audienceId}``."""

    def run(_: frozenset[str]) -> Reply:
        audience = _find(request, world)
        refuse(problems(request.body, _RENAMED, "", refuse_unknown=rules.refuse_unknown))
        audience.fields.update(request.body)
        world.applied["audience"] += 1
        return ok(audience.fields)

    return Call(run)


def read_delete(request: Request, rules: Rules, world: World) -> Call:
    """``DELETE /v2/audiences/{audienceId}``: the audience with all its associations."""

    def run(_: frozenset[str]) -> Reply:
        if not _is_number(request.path_id):
            raise Refusal(HTTPStatus.BAD_REQUEST, "The audience id must be an integer")
        del world.audiences[_find(request, world).fields["id"]]
        world.applied["audience"] += 1
        return NO_CONTENT

    return Call(run)


def read_empty(request: Request, rules: Rules, world: World) -> Call:
    """``DELETE /v2/audiences/{audienceId}/memberships``."""

    def run(_: frozenset[str]) -> Reply:
        _find(request, world).members.clear()
        world.applied["audience"] += 1
        return NO_CONTENT

    return Call(run)


def _is_number(path_id: str) -> bool:
    return path_id.isascii() and path_id.isdigit()


def _find(request: Request, world: World) -> Audience:
    audience = world.audiences.get(int(request.path_id)) if _is_number(request.path_id) else None
    if audience is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "Audience not found")
    return audience
