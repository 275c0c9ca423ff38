"""A request as the doors see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from producers.receiver import reasons
from producers.receiver.answers import Problem
from producers.receiver.bodies import Receive, read_body


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. ``path`` is decoded and ``raw_path`` is as it came; header names are in lower case.

    ``headers`` and ``receive`` may hold secrets and personal data, and are left out of ``repr``.
    """

    method: str
    path: str = field(repr=False)
    raw_path: str = field(repr=False)
    query: str = field(repr=False)
    headers: Mapping[bytes, bytes] = field(repr=False)
    receive: Receive = field(repr=False)

    async def body(self, most_bytes: int) -> bytes:
        """Return the whole body, unpacked. Raises :class:`Problem`."""
        return await read_body(self.receive, self.headers, most_bytes=most_bytes)

    def require_json(self) -> None:
        """Raise :class:`Problem` (415) where the body is said to be something other than JSON."""
        given = self.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if given and given not in (b"application/json", b"text/json") and not given.endswith(b"+json"):
            raise Problem(415, reasons.NOT_JSON, "The body is not JSON, says its Content-Type: send application/json.")
