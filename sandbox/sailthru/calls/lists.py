"""``/list``: lists of profiles. Making one takes a moment, in which another of the same name can be made [O]."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from sandbox.sailthru.calls.base import Call, Request, choice, mapping, needed, only, text
from sandbox.sailthru.people import check_list_name
from sandbox.sailthru.replies import MISSING, OTHER, UNKNOWN_LIST, Refusal, ok
from sandbox.sailthru.world import NATURAL, SMART, MailList
from sandbox.wire import Reply

_READ_AS: Final = {NATURAL: "normal", SMART: "smart"}  # the word differs between making and reading [O]


def read_get(request: Request) -> Call:
    """One list, or all of them."""
    only(request.arguments, "list", "list_id")
    if not request.arguments:
        return Call(lambda _: ok({"lists": [_shown(one, request) for one in request.world.lists.values()]}))
    return Call(lambda _: ok(_shown(_named(request), request)))


def read_post(request: Request) -> Call:
    """Make or change a list."""
    arguments = request.arguments
    only(arguments, "list", "primary", "public_name", "vars", "type", "query")
    name = needed(arguments, "list")
    check_list_name(name)
    kind = choice(arguments, "type", (NATURAL, "normal", SMART)) or NATURAL
    kind = SMART if kind == SMART else NATURAL
    if kind == SMART and "query" not in arguments:
        raise Refusal(MISSING, "Missing required parameter: query")
    if "primary" in arguments and arguments["primary"] not in (0, 1, True, False):
        raise Refusal(OTHER, "primary must be 1 or 0")
    text(arguments, "public_name")
    mapping(arguments, "vars")
    fields = {key: arguments[key] for key in ("primary", "public_name", "vars", "query") if key in arguments}
    found = request.world.list_named(name)

    def run(_: frozenset[str]) -> Reply:
        made = found
        if made is None:
            made = request.world.add_list(name, kind, fields)
        else:
            made.fields.update(fields)
        return ok({"list": made.name, "type": made.type, "list_id": made.list_id})

    return Call(run, pause_s=0.0 if found else request.config.list_race_s)


def read_delete(request: Request) -> Call:
    """Remove a list."""
    only(request.arguments, "list", "list_id")
    if not request.arguments:
        raise Refusal(MISSING, "Missing required parameter: list")

    def run(_: frozenset[str]) -> Reply:
        gone = _named(request)
        members = list(request.world.members(gone))
        request.world.remove_list(gone)
        for profile in members:
            request.world.publish(profile)
        return ok({"list": gone.name, "type": gone.type, "list_id": gone.list_id})

    return Call(run)


def _named(request: Request) -> MailList:
    arguments = request.arguments
    if "list_id" in arguments:
        found, said = request.world.lists.get(arguments["list_id"]), arguments["list_id"]
    else:
        said = needed(arguments, "list")
        found = request.world.list_named(said)
    if found is None:
        raise Refusal(UNKNOWN_LIST, f"List not found: {said}", HTTPStatus.NOT_FOUND)
    return found


def _shown(one: MailList, request: Request) -> dict[str, Any]:
    return {
        "list_id": one.list_id,
        "name": one.name,
        "list": one.name,
        "type": _READ_AS[one.type],
        "email_count": sum(1 for _ in request.world.members(one)),
        **one.fields,
    }
