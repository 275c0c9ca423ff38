"""From a request's raw path to the call that reads it. The raw path matters: an id may hold an encoded slash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote_to_bytes

from sandbox.talon_one.calls import audiences, events, memberships, profiles, sessions
from sandbox.talon_one.calls.base import MAX_ID_LENGTH, Call, Reader, Request, Rules, bad_query
from sandbox.talon_one.replies import NO_CONTENT, Refusal
from sandbox.talon_one.world import World

_ENCODED_ID = re.compile(rb"(?:[A-Za-z0-9\-._~]|%[0-9A-Fa-f]{2})+")


def _read_ping(request: Request, rules: Rules, world: World) -> Call:
    return Call(lambda _: NO_CONTENT, items=0)


@dataclass(frozen=True, slots=True)
class Route:
    """One call of the API. ``path`` has ``{id}`` where an id stands; ``query`` names the values it takes."""

    method: str
    path: str
    read: Reader
    query: frozenset[str] = frozenset()
    has_body: bool = True
    idempotent: bool = False
    limited_id: bool = False
    plain_400: bool = False

    @property
    def label(self) -> str:
        """How counts and logs name the call."""
        return f"{self.method} {self.path}"


_EVENT_QUERY = frozenset({"silent", "dry", "forceCompleteEvaluation"})
ROUTES = (
    Route("PUT", "/v2/customer_profiles", profiles.read_bulk, frozenset({"silent"}), idempotent=True),
    Route(
        "PUT",
        "/v2/customer_profiles/{id}",
        profiles.read_one,
        frozenset({"runRuleEngine", "dry"}),
        idempotent=True,
        limited_id=True,
    ),
    Route("POST", "/v2/customer_audiences", memberships.read),
    Route("POST", "/v2/audiences", audiences.read_create),
    Route("PUT", "/v2/audiences/{id}", audiences.read_rename),
    Route("DELETE", "/v2/audiences/{id}", audiences.read_delete, has_body=False),
    Route("DELETE", "/v2/audiences/{id}/memberships", audiences.read_empty, has_body=False),
    Route("POST", "/v2/events", events.read_v2, _EVENT_QUERY, idempotent=True),
    Route("POST", "/v3/events", events.read_v3, _EVENT_QUERY),
    Route("GET", "/v3/events/{id}", events.read_look_up, has_body=False),
    Route(
        "PUT",
        "/v2/customer_sessions/{id}",
        sessions.read,
        frozenset({"dry", "now"}),
        idempotent=True,
        plain_400=True,
    ),
    Route("GET", "/v2/authping", _read_ping, has_body=False),
)
_EXACT = {(route.method, route.path.encode()): route for route in ROUTES if "{id}" not in route.path}
_WITH_ID = [
    (route, re.compile(route.path.replace("{id}", "([^/]+)").encode())) for route in ROUTES if "{id}" in route.path
]


def find(method: str, raw_path: bytes) -> tuple[Route, bytes] | None:
    """The route and the still encoded id of a path; None where the API has no such call."""
    exact = _EXACT.get((method, raw_path))
    if exact is not None:
        return exact, b""
    for route, pattern in _WITH_ID:
        if route.method == method and (match := pattern.fullmatch(raw_path)) is not None:
            return route, match[1]
    return None


def decode_id(route: Route, encoded: bytes) -> str:
    """The id that stands in a path.

    Raises:
        Refusal: 400, a character that must be percent-encoded is not, or the id is too long.
    """
    if not encoded:
        return ""
    if _ENCODED_ID.fullmatch(encoded) is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "The id in the path is not percent-encoded as it must be")
    try:
        decoded = unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        raise Refusal(HTTPStatus.BAD_REQUEST, "The id in the path is not UTF-8") from None
    if route.limited_id and len(decoded) > MAX_ID_LENGTH:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"The id in the path must not exceed {MAX_ID_LENGTH} characters")
    return decoded


def parse_query(route: Route, raw: bytes, *, refuse_unknown: bool) -> Mapping[str, str]:
    """The query's values by name.

    Raises:
        Refusal: 400, a name the call does not know, or one given twice.
    """
    if not raw:
        return {}
    pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True)
    for name, _ in pairs:
        if name not in route.query and refuse_unknown:
            raise bad_query(name, "is not a parameter of this request", "Unknown")
    if len(dict(pairs)) != len(pairs):
        raise bad_query(pairs[0][0], "a parameter is given twice")
    return dict(pairs)
