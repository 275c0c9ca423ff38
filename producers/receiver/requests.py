"""A request as the doors see it."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from producers.receiver import reasons
from producers.receiver.answers import Problem
from producers.receiver.bodies import Receive, read_body


class Request:
    """One HTTP request. Header names are in lower case; what is seldom asked for is decoded when it is asked for.

    It may hold secrets and personal data, and its ``repr`` shows nothing of it.
    """

    __slots__ = ("_receive", "_scope", "headers", "method", "path")

    def __init__(self, scope: MutableMapping[str, Any], receive: Receive) -> None:
        self._scope, self._receive = scope, receive
        self.method: str = scope["method"]
        self.path: str = scope["path"]  # decoded
        self.headers: dict[bytes, bytes] = dict(scope["headers"])

    @property
    def raw_path(self) -> str:
        """The path as it came."""
        return str(self._scope["raw_path"], "latin-1")

    @property
    def query(self) -> str:
        """What follows the question mark, as it came."""
        return str(self._scope["query_string"], "latin-1")

    async def body(self, most_bytes: int) -> bytes:
        """Return the whole body, unpacked. Raises :class:`Problem`."""
        return await read_body(self._receive, self.headers, most_bytes=most_bytes)

    def require_json(self) -> None:
        """Raise :class:`Problem` (415) where the body is said to be something other than JSON."""
        given = self.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if given and given not in (b"application/json", b"text/json") and not given.endswith(b"+json"):
            raise Problem(415, reasons.NOT_JSON, "The body is not JSON, says its Content-Type: send application/json.")
