"""``GET /settings``: a check of the credentials; what it answers is of no use to anybody here."""

from __future__ import annotations

from sandbox.sailthru.calls.base import Call, Request, only
from sandbox.sailthru.replies import ok


def read_get(request: Request) -> Call:
    """Any good answer says that the key works."""
    only(request.arguments)
    return Call(lambda _: ok({"name": "sandbox"}))
