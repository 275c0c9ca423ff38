"""``/job``: imports and updates of many profiles, from a file or a text; asked for again until they are done."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson

from sandbox.sailthru.calls.base import Call, Request, mapping, needed, only, text
from sandbox.sailthru.people import apply_update, read_update
from sandbox.sailthru.replies import BAD_UTF8, MISSING, OTHER, UNKNOWN_LIST, Refusal, ok
from sandbox.sailthru.update import Update
from sandbox.sailthru.world import NATURAL
from sandbox.wire import Reply

_COMMON: Final = ("job", "report_email", "postback_url")
_SOURCES: Final = ("emails", "file", "url", "query")
_LINE: Final = ("email", "id", "key", "keys", "keysconflict", "vars", "lists", "optout", "optout_email")

Item = tuple[int, Update | Refusal]
"""A line's number, and what it asks for or what is wrong with it."""


def read_get(request: Request) -> Call:
    """How a job is getting on."""
    only(request.arguments, "job_id")
    job_id = needed(request.arguments, "job_id")

    def run(_: frozenset[str]) -> Reply:
        job = request.jobs.all.get(job_id)
        if job is None:
            raise Refusal(OTHER, f"Job not found: {job_id}", HTTPStatus.NOT_FOUND)
        return ok(job.data())

    return Call(run)


def read_post(request: Request) -> Call:
    """Take a job in."""
    kind = needed(request.arguments, "job")
    reader = _JOBS.get(kind)
    if reader is None:
        raise Refusal(OTHER, f"The stand-in does not do jobs of the kind {kind}")
    return reader(request)


def _read_update(request: Request) -> Call:
    arguments = request.arguments
    only(arguments, *_COMMON, *_SOURCES, "update")
    if _source(request) == "file":
        items = _file_lines(request)
    else:
        change = _renamed(mapping(arguments, "update"))
        only(change, "vars", "lists", "optout_email")
        items = [_item(n, {"id": one, **change}, request) for n, one in enumerate(_addresses(arguments), 1)]
    return _call("update", items, request)


def _read_import(request: Request) -> Call:
    arguments = request.arguments
    only(arguments, *_COMMON, "list", "emails", "file")
    name = needed(arguments, "list")
    if request.world.list_named(name) is None:
        request.world.add_list(name, NATURAL, {})
    if _source(request) == "emails":
        rows: list[dict[str, Any]] = [{"email": one} for one in _addresses(arguments)]
    else:
        rows = list(csv.DictReader(io.StringIO(_decoded(request.file or b""))))
    items = []
    for number, row in enumerate(rows, 1):
        columns = {column: value for column, value in row.items() if column != "email"}
        items.append(_item(number, {"id": row.get("email"), "vars": columns, "lists": {name: 1}}, request))
    return _call("import", items, request)


def _read_erase(request: Request) -> Call:
    only(request.arguments, *_COMMON, "lists")
    names = request.arguments.get("lists")
    if not isinstance(names, list) or not names:
        raise Refusal(MISSING, "Missing required parameter: lists")
    world = request.world
    for name in names:
        if not isinstance(name, str) or world.list_named(name) is None:
            raise Refusal(UNKNOWN_LIST, f"List not found: {name}", HTTPStatus.NOT_FOUND)

    def apply() -> list[dict[str, Any]]:
        for found in [world.list_named(name) for name in names]:
            for profile in list(world.members(found)) if found else ():
                assert found is not None  # noqa: S101 - or there are no members
                del profile.lists[found.list_id]
                world.publish(profile)
        return []

    return _taken("list_erase", len(names), lambda _: apply, request, ())


_JOBS: Final[Mapping[str, Callable[[Request], Call]]] = {
    "update": _read_update,
    "import": _read_import,
    "list_erase": _read_erase,
}


def _source(request: Request) -> str:
    """Where the profiles of a job come from: exactly one place."""
    given = [name for name in _SOURCES if name in request.arguments]
    if request.file is not None:
        given.append("file")
    if len(given) != 1:
        raise Refusal(OTHER, f"A job has exactly one of {', '.join(_SOURCES)}; this one has {len(given)}")
    if given[0] in ("url", "query"):
        raise Refusal(OTHER, f"The stand-in does not do jobs from a {given[0]}")
    if given[0] == "file" and request.file is None:
        raise Refusal(OTHER, "file is a part of a multipart body, not an argument")
    return given[0]


def _addresses(arguments: Mapping[str, Any]) -> list[str]:
    emails = text(arguments, "emails", required=True) or ""
    return [one.strip() for one in emails.split(",") if one.strip()]


def _file_lines(request: Request) -> list[Item]:
    items: list[Item] = []
    for number, line in enumerate((request.file or b"").splitlines(), 1):
        if not line.strip():
            continue
        try:
            data = orjson.loads(line)
        except orjson.JSONDecodeError:
            data = None
        if not isinstance(data, dict):
            items.append((number, Refusal(OTHER, "The line is not a JSON object")))
            continue
        items.append(_item(number, data, request))
    return items


def _item(number: int, data: Mapping[str, Any], request: Request) -> Item:
    try:
        only(data, *_LINE)
        if "email" in data:
            if "id" in data:
                raise Refusal(OTHER, "A line has an email or an id, not both")
            data = {"id": data["email"], **{name: value for name, value in data.items() if name != "email"}}
        return number, read_update(_renamed(data), request.config)
    except Refusal as refusal:
        return number, refusal


def _call(job: str, items: list[Item], request: Request) -> Call:
    profiles = tuple(dict.fromkeys(item.id for _, item in items if isinstance(item, Update)))

    def applying(bad: frozenset[str]) -> Callable[[], list[dict[str, Any]]]:
        return lambda: _apply(items, bad, request)

    return _taken(job, len(items), applying, request, profiles)


def _taken(
    job: str,
    lines: int,
    applying: Callable[[frozenset[str]], Callable[[], list[dict[str, Any]]]],
    request: Request,
    profiles: tuple[str, ...],
) -> Call:
    def run(bad: frozenset[str]) -> Reply:
        taken = request.jobs.take(job, f"{job} {lines}", lines, applying(bad))
        return ok({"job_id": taken.job_id, "name": taken.name, "status": taken.status})

    return Call(run, profiles, items=lines)


def _apply(items: list[Item], bad: frozenset[str], request: Request) -> list[dict[str, Any]]:
    errors = []
    for number, item in items:
        try:
            if isinstance(item, Refusal):
                raise item
            if item.id in bad:
                raise Refusal(OTHER, "A script of the stand-in refuses this line")
            apply_update(item, request.config, request.world)
        except Refusal as refusal:
            errors.append({"line": number, **refusal.data()})
    return errors


def _renamed(change: Mapping[str, Any]) -> dict[str, Any]:
    """A change as ``/user`` names its parts: a job's ``optout`` is a profile's ``optout_email``."""
    return {"optout_email" if name == "optout" else name: value for name, value in change.items()}


def _decoded(file: bytes) -> str:
    try:
        return file.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal(BAD_UTF8, "The file is not UTF-8") from None
