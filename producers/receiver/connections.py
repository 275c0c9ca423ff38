"""How the receiver's server writes to its connections: an answer is one piece, and one call of the system.

Uvicorn writes an answer's head and its body each on its own, and uvloop hands each of them to the system at once. The
second call, and the packet it makes, cost more than anything else that a request needs.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class OnePieceProtocol(HttpToolsProtocol):
    """Uvicorn's protocol on a transport that writes in one piece."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(OnePieceTransport(transport, self.loop))

    def eof_received(self) -> None:
        """Write what is gathered: the client sends no more, and the transport closes itself right after this."""
        if isinstance(self.transport, OnePieceTransport):
            self.transport.flush()


class OnePieceTransport(asyncio.Transport):
    """Gathers what is written within one turn of the loop, and then writes it at once; all else is the transport's."""

    __slots__ = ("_loop", "_pieces", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._pieces: list[bytes] = []

    def write(self, data: Any) -> None:
        """Write before this turn of the loop ends."""
        if not self._pieces:
            self._loop.call_soon(self.flush)
        self._pieces.append(data)

    def close(self) -> None:
        """Close once everything has been written."""
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Write what has been gathered."""
        if self._pieces:
            data = b"".join(self._pieces)
            self._pieces.clear()
            if not self._transport.is_closing():  # the client may have hung up meanwhile
                self._transport.write(data)

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what the transport knows of its connection."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Take nothing more from the client for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take from the client again."""
        self._transport.resume_reading()
