"""An answer as a value, before it goes onto a connection."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its status, its body as sent with its type, and further headers."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()
    content_type: bytes = b"application/json"

    @property
    def wire_headers(self) -> list[Header]:
        """The headers as they go out; a 204 has neither a body nor a length."""
        if self.status == HTTPStatus.NO_CONTENT:
            return list(self.headers)
        length = (b"content-length", str(len(self.body)).encode())
        return [length, *([(b"content-type", self.content_type)] if self.body else ()), *self.headers]
