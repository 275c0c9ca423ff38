"""``/user``: profiles."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from sandbox.sailthru.calls.base import Call, Request, mapping, only, refuse_scripted
from sandbox.sailthru.people import apply_update, not_found, read_id, read_update
from sandbox.sailthru.replies import OTHER, Refusal, ok
from sandbox.sailthru.views import View
from sandbox.wire import Reply

DEFAULT_FIELDS: Final = ("keys", "vars", "lists", "engagement", "optout_email")
FURTHER_FIELDS: Final[Mapping[str, Any]] = {
    "activity": None,
    "device": None,
    "lifetime": None,
    "purchases": None,
    "purchase_incomplete": None,
    "smart_lists": None,
}
_UPDATE: Final = ("id", "key", "keys", "keysconflict", "vars", "lists", "optout_email", "fields")


def read_get(request: Request) -> Call:
    """``GET /user``: a profile as reads see it."""
    only(request.arguments, "id", "key", "fields")
    said, kind = read_id(request.arguments, request.config)
    fields = _fields(request.arguments) or DEFAULT_FIELDS

    def run(bad: frozenset[str]) -> Reply:
        refuse_scripted(bad)
        seen = request.world.views.see((kind, said))
        if seen is None:
            raise not_found(said, HTTPStatus.BAD_REQUEST)
        return ok(_shown(seen, fields))

    return Call(run, (said,))


def read_post(request: Request) -> Call:
    """``POST /user``: create or update a profile."""
    only(request.arguments, *_UPDATE)
    update = read_update(request.arguments, request.config)
    fields = _fields(request.arguments)

    def run(bad: frozenset[str]) -> Reply:
        refuse_scripted(bad)
        profile = apply_update(update, request.config, request.world)
        seen = request.world.views.see(("sid", profile.sid)) if fields else None
        return ok({"ok": True, **(_shown(seen, fields) if seen is not None else {})})

    return Call(run, (update.id,))


def read_delete(request: Request) -> Call:
    """``DELETE /user``: remove a profile."""
    only(request.arguments, "id", "key")
    said, kind = read_id(request.arguments, request.config)

    def run(bad: frozenset[str]) -> Reply:
        refuse_scripted(bad)
        profile = request.world.find(kind, said)
        if profile is None:
            raise not_found(said, HTTPStatus.NOT_FOUND)
        request.world.remove(profile)
        return ok({"ok": True})

    return Call(run, (said,))


def _fields(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    wanted = mapping(arguments, "fields")
    for name in wanted:
        if name not in (*DEFAULT_FIELDS, *FURTHER_FIELDS):
            raise Refusal(OTHER, f"Unknown field: {name}")
    return tuple(name for name, is_wanted in wanted.items() if is_wanted)


def _shown(seen: View, fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: seen[name] if name in seen else FURTHER_FIELDS[name] for name in fields}
