"""From a request's line to the call it asks for.

A correct caller percent-encodes ids. Segment does not: an id with ``/`` or ``?`` arrives split over path and query. At
Segment's door it is put together again wherever that can be told apart from a correct request; the CDP door takes ids
as they should come. (Contract: section 1, and segment.md, part (a), "Quirks".)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus, unquote_to_bytes

from producers.intake import Refusal
from producers.third_party import reasons
from producers.third_party.callbacks import HEADERS
from producers.third_party.calls import Call, CallName, Platform
from producers.third_party.doors import DOORS, ID, Door
from producers.third_party.problems import BadCall

SKIP: Final = "skipNonExistingAttributes"
_SKIP_TRUE: Final = f"{SKIP}=true"  # exactly what Segment sends
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False, "": False}
_AUDIENCES: Final = "/audiences"


@dataclass(frozen=True, slots=True)
class Route:
    """The call that a request asks for. ``path_id`` is decoded; ``problem`` is what is wrong with path or query."""

    name: CallName
    platform: Platform
    path_id: str = ""
    skip_unknown: bool = False
    takes_callback: bool = False
    problem: Refusal | None = None

    def call(self, body: Mapping[str, object], headers: Mapping[str, str], *, source_id: str = "") -> Call:
        """Return the call with a body and the request's headers (lower-case names; only the callback's are read).

        Raises BadCall where the id or the query of the request cannot be read.
        """
        if self.problem is not None:
            raise BadCall([self.problem])
        callback = {name: headers[name] for name in HEADERS if name in headers} if self.takes_callback else {}
        return Call(self.name, self.path_id, body, self.skip_unknown, callback, self.platform, source_id)


@dataclass(frozen=True, slots=True)
class NotFound:
    """No door has this path: answer 404."""


@dataclass(frozen=True, slots=True)
class MethodNotAllowed:
    """The path is a door's, the method is not: answer 405 with ``allow``."""

    allow: tuple[str, ...]


Methods = Mapping[str, Door]


def _table() -> tuple[dict[str, dict[str, Door]], dict[str, dict[str, dict[str, Door]]]]:
    """Return the doors by their whole path, and those with an id by what stands before and after it."""
    fixed: dict[str, dict[str, Door]] = {}
    with_id: dict[str, dict[str, dict[str, Door]]] = {}
    for door in DOORS:
        before, found, after = door.path.partition(ID)
        holder = with_id.setdefault(before, {}).setdefault(after, {}) if found else fixed.setdefault(before, {})
        holder[door.method] = door
    return fixed, with_id


_FIXED, _WITH_ID = _table()
_NOT_FOUND: Final = NotFound()


def route(method: str, raw_path: str, query: str) -> Route | NotFound | MethodNotAllowed:
    """Return what a request asks for. ``raw_path`` is as it came, percent-encoded; ``query`` without its ``?``.

    Slashes before the path count as one: a base URL with a slash at its end makes two.
    """
    path = "/" + raw_path.lstrip("/") if raw_path.startswith("//") else raw_path
    fixed = _FIXED.get(path)
    if fixed is not None:
        return _of_method(method, fixed, None, query)
    for before, by_end in _WITH_ID.items():
        if path.startswith(before):
            return _with_id(method, by_end, path[len(before) :], query)
    return _NOT_FOUND


def _with_id(method: str, by_end: Mapping[str, Methods], rest: str, query: str) -> Route | NotFound | MethodNotAllowed:
    """Route a path whose id is somewhere in ``rest``; ``by_end`` are the doors by what follows the id."""
    by_segment = next(iter(next(iter(by_end.values())).values())).platform is Platform.SEGMENT
    if by_segment:
        rest, query = _put_together(rest, query)
    if _AUDIENCES in by_end and rest.endswith(_AUDIENCES):
        rest, methods = rest.removesuffix(_AUDIENCES), by_end[_AUDIENCES]
    elif "" in by_end and not rest.endswith(_AUDIENCES):  # else: a path that only another version of the call has
        methods = by_end[""]
    else:
        return _NOT_FOUND
    if not rest or ("/" in rest and not by_segment):
        return _NOT_FOUND
    return _of_method(method, methods, rest, query)


def _put_together(rest: str, query: str) -> tuple[str, str]:
    """Return the raw id and the query of a request whose id may have held a ``?``.

    Segment sends no query, or exactly one parameter at its end. So what stands before a second ``?`` and that parameter
    is the id's, and so is a query that has no ``=``. Everything else is a query as it should be.
    """
    if not query or query == _SKIP_TRUE:
        return rest, query
    before, mark, last = query.rpartition("?")
    if mark and last == _SKIP_TRUE:
        return f"{rest}?{before}", last
    return (rest, query) if "=" in query or query == SKIP else (f"{rest}?{query}", "")


def _of_method(method: str, methods: Methods, raw_id: str | None, query: str) -> Route | MethodNotAllowed:
    door = methods.get(method)
    if door is None:
        return MethodNotAllowed(tuple(methods))
    skip = _skip_in(query) if door.takes_skip else False
    path_id = "" if raw_id is None else _decoded(raw_id)
    problem = None
    if path_id is None:
        problem = Refusal(reasons.NOT_UNICODE, door.id_name, "must be percent-encoded UTF-8")
    elif skip is None:
        problem = Refusal(reasons.WRONG_QUERY, SKIP, "must be true or false")
    return Route(door.name, door.platform, path_id or "", bool(skip), door.takes_callback, problem)


def _decoded(raw: str) -> str | None:
    """Percent-decode an id once; None where that gives no text. A ``%`` that encodes nothing stands for itself."""
    if raw.isascii() and "%" not in raw:
        return raw
    try:
        sent = raw.encode("latin-1")  # a server hands on the bytes of a path as the characters of these numbers
    except UnicodeEncodeError:
        sent = raw.encode("utf-8", "surrogatepass")
    try:
        return unquote_to_bytes(sent).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _skip_in(query: str) -> bool | None:
    """Return what a query says of skipping; the first mention counts. None where it is neither true nor false."""
    if not query:
        return False
    if query == _SKIP_TRUE:
        return True
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if unquote_plus(name) == SKIP:
            return _BOOLEANS.get(unquote_plus(value).strip().lower())
    return False
