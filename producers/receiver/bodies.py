"""Reads a request's body: whole, no larger than allowed, unpacked, and in time."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from producers.receiver import reasons
from producers.receiver.answers import Problem

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

BODY_TIMEOUT_S: Final = 30.0  # seconds a client may take with a body; senders themselves give up after 10
_GZIP: Final = 16 + zlib.MAX_WBITS  # zlib's word for "with gzip's head and tail"


async def read_body(
    receive: Receive, headers: Mapping[bytes, bytes], *, most_bytes: int, timeout_s: float = BODY_TIMEOUT_S
) -> bytes:
    """Return the body, unpacked. Raises :class:`Problem` for one that is too large, incomplete or cannot be unpacked.

    ``most_bytes`` holds for what is sent as well as for what it unpacks to, also where no length is given.
    """
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > most_bytes:
        raise _too_large(most_bytes)
    message = await receive()
    body = message.get("body", b"")
    if message.get("more_body") or message["type"] != "http.request":
        body = await _rest(receive, message, body, most_bytes, timeout_s)
    if len(body) > most_bytes:
        raise _too_large(most_bytes)
    encoding = headers.get(b"content-encoding", b"").strip().lower()
    if encoding in (b"", b"identity"):
        return bytes(body)
    if encoding not in (b"gzip", b"x-gzip"):
        raise Problem(415, reasons.NOT_JSON, "The body is compressed in a way that is not known; gzip is.")
    return _unpacked(body, most_bytes)


async def _rest(
    receive: Receive, message: MutableMapping[str, Any], body: bytes, most_bytes: int, timeout_s: float
) -> bytes:
    parts, size = [body], len(body)
    try:
        async with asyncio.timeout(timeout_s):
            while message["type"] == "http.request" and message.get("more_body"):
                if size > most_bytes:
                    raise _too_large(most_bytes)
                message = await receive()
                parts.append(message.get("body", b""))
                size += len(parts[-1])
    except TimeoutError:
        raise Problem(
            408,
            reasons.INCOMPLETE,
            f"The body did not come within {timeout_s:g} s.",
            headers=((b"connection", b"close"),),
        ) from None
    if message["type"] != "http.request":
        raise Problem(408, reasons.INCOMPLETE, "The client went away before its body was complete.")
    return b"".join(parts)


def _unpacked(body: bytes, most_bytes: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        plain = unpacker.decompress(body, most_bytes + 1)
    except zlib.error:
        raise Problem(400, reasons.NOT_JSON, "The body is not gzip, although Content-Encoding says so.") from None
    if len(plain) > most_bytes or unpacker.unconsumed_tail:
        raise _too_large(most_bytes)
    if not unpacker.eof or unpacker.unused_data:
        raise Problem(400, reasons.NOT_JSON, "The gzip body is cut off, or something follows it.")
    return plain


def _too_large(most_bytes: int) -> Problem:
    return Problem(413, reasons.TOO_LARGE, f"The body is larger than {most_bytes} bytes: send less at once.")
