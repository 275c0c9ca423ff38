"""Doing a fault to a connection: resets, raw bytes, bytes that drip. Everything below bypasses HTTP on purpose."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from http import HTTPStatus
from typing import Literal

from sandbox.wire import Reply

Form = Literal["not_http", "bad_status", "not_json", "cut_short"]

_LINGER_NOTHING = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 seconds: close() sends RST instead of FIN


def reset(transport: asyncio.Transport) -> None:
    """End the connection with a TCP reset."""
    own = transport.get_extra_info("socket")
    if own is not None:
        twin = socket.socket(fileno=os.dup(own.fileno()))  # the option belongs to what both descriptors share
        twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOTHING)
        twin.close()
    transport.abort()


def raw(reply: Reply) -> bytes:
    """A whole answer as it stands on the wire, on a connection that closes after it."""
    head = f"HTTP/1.1 {reply.status} {_phrase(reply.status)}\r\n".encode()
    headers = b"".join(name + b": " + value + b"\r\n" for name, value in reply.wire_headers)
    return head + headers + b"connection: close\r\n\r\n" + reply.body


def malformed(form: Form, reply: Reply) -> bytes:
    """What is sent in the place of ``reply``: an answer that is none."""
    match form:
        case "not_http":
            return b"\x00\x01\x02 this is no HTTP\r\n\r\n"
        case "bad_status":
            return b"HTTP/1.1 banana\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        case "not_json":
            return raw(Reply(reply.status if reply.body else HTTPStatus.OK, b'{"message": "unfinished'))
        case "cut_short":
            return raw(Reply(reply.status if reply.body else HTTPStatus.OK, b'{"message": "cut short"}'))[:-9]


async def drip(transport: asyncio.Transport, data: bytes, interval_s: float) -> None:
    """Write ``data`` one byte at a time, ``interval_s`` seconds apart, until it is out or the client has left."""
    for place in range(len(data)):
        if transport.is_closing():
            return
        transport.write(data[place : place + 1])
        await asyncio.sleep(interval_s)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
