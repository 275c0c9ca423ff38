"""The form of a request, and its signature (contract: Sailthru, section 1).

Every request has four parameters: the key, the format, the arguments as one JSON text, and the signature over these
three. The text is signed as it is sent, before it is encoded for the address or the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b, md5
from typing import Final
from urllib.parse import urlencode

from tercel.settings.keys import Credentials
from workers.destinations.base import Request

FORMAT: Final = "json"
FORM_HEADERS: Final[Mapping[str, str]] = {"Content-Type": "application/x-www-form-urlencoded"}
FILE_NAME: Final = "update.jsonl"


def signature(secret: str, api_key: str, arguments: str) -> str:
    """Return the signature of a request whose arguments are this JSON text.

    The three values are sorted as bytes, so where the key stands depends on its first character.
    """
    values = sorted(value.encode() for value in (api_key, FORMAT, arguments))
    return md5(secret.encode() + b"".join(values), usedforsecurity=False).hexdigest()  # the vendor's choice


def proved(request: Request, credentials: Credentials) -> Request:
    """Return a request whose body is its arguments as it leaves: in the query, as a form, or in parts with its file."""
    api_key, secret = credentials.key.get_secret_value(), credentials.secret.get_secret_value()
    arguments = request.body.decode()
    parameters = {
        "api_key": api_key,
        "format": FORMAT,
        "json": arguments,
        "sig": signature(secret, api_key, arguments),
    }
    if request.method != "POST":
        return replace(request, body=b"", query=urlencode(parameters))
    if not request.file:
        return replace(request, body=urlencode(parameters).encode(), headers={**request.headers, **FORM_HEADERS})
    boundary = _boundary(request.file)
    return replace(
        request,
        body=_parts(parameters, request.file, boundary),
        file=b"",
        headers={**request.headers, "Content-Type": f"multipart/form-data; boundary={boundary}"},
    )


def _parts(parameters: Mapping[str, str], file: bytes, boundary: str) -> bytes:
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in parameters.items()
    ]
    head = f'Content-Disposition: form-data; name="file"; filename="{FILE_NAME}"\r\nContent-Type: text/plain\r\n\r\n'
    mark = f"--{boundary}".encode()
    return b"".join(mark + b"\r\n" + part + b"\r\n" for part in (*parts, head.encode() + file)) + mark + b"--\r\n"


def _boundary(file: bytes) -> str:
    """Return a line that the file cannot hold: it is made of all of the file."""
    return f"tercel-{blake2b(file, digest_size=16).hexdigest()}"
