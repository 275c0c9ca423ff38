"""From a request to its signed arguments: where parameters stand, which there must be, and the exact signature rule."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from sandbox.sailthru.config import ApiKey
from sandbox.sailthru.replies import BAD_KEY, BAD_SIGNATURE, BAD_UTF8, MISSING, OTHER, Refusal

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_ALWAYS = ("api_key", "format", "json", "sig")
_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)
_PART_NAME = re.compile(rb'content-disposition:[^\r\n]*?;\s*name="([^"]*)"', re.IGNORECASE)
_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a request asks for: its ``json``, who asks, and the uploaded file if there is one."""

    json: Mapping[str, Any]
    key: ApiKey
    file: bytes | None = None


def signature(secret: str, values: Iterable[str]) -> str:
    """MD5 over the secret and the values in the order of their bytes, as hex digits."""
    text = secret.encode() + b"".join(sorted(value.encode() for value in values))
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def read(method: str, query: bytes, body: bytes, content_type: str, keys: Sequence[ApiKey]) -> Arguments:
    """The arguments of a request that is signed as it must be.

    Raises:
        Refusal: something about it is not as the contract's section 1 says.
    """
    file = None
    if method == "POST":
        if query:
            raise Refusal(OTHER, "A POST has its parameters in the body, not in the query")
        given, file = _posted(body, content_type)
    else:
        given = _decoded(query)
    for name in _ALWAYS:
        if name not in given:
            raise Refusal(MISSING, f"Missing required parameter: {name}")
    for name in given:
        if name not in _ALWAYS:
            raise Refusal(OTHER, f"The stand-in takes arguments in json only, not {name} beside it")
    key = next((one for one in keys if one.key == given["api_key"]), None)
    if key is None:
        raise Refusal(BAD_KEY, "Invalid API key", HTTPStatus.UNAUTHORIZED)
    wanted = signature(key.secret, (given["api_key"], given["format"], given["json"]))
    if not hmac.compare_digest(wanted, given["sig"]):
        raise Refusal(BAD_SIGNATURE, "Authentication failed", HTTPStatus.UNAUTHORIZED)
    if given["format"] != "json":
        raise Refusal(OTHER, "The stand-in knows the format json only", HTTPStatus.NOT_ACCEPTABLE)
    try:
        arguments = orjson.loads(given["json"])
    except orjson.JSONDecodeError:
        raise Refusal(OTHER, "The parameter json is not JSON") from None
    if not isinstance(arguments, dict):
        raise Refusal(OTHER, "The parameter json must be an object")
    return Arguments(arguments, key, file)


def _posted(body: bytes, content_type: str) -> tuple[dict[str, str], bytes | None]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == FORM:
        return _decoded(body), None
    boundary = _BOUNDARY.search(content_type)
    if kind != MULTIPART or boundary is None:
        raise Refusal(OTHER, f"The Content-Type must be {FORM}, or {MULTIPART} with a file")
    parts = _parts(body, boundary[1].encode("latin-1"))
    file = parts.pop("file", None)
    return {name: _text(value) for name, value in parts.items()}, file


def _parts(body: bytes, boundary: bytes) -> dict[str, bytes]:
    """The parts of a multipart body by name (RFC 7578)."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise Refusal(OTHER, "The multipart body does not end with its boundary")
    parts: dict[str, bytes] = {}
    for piece in pieces[1:-1]:
        head, blank, value = piece.partition(b"\r\n\r\n")
        name = _PART_NAME.search(head)
        if not blank or name is None:
            raise Refusal(OTHER, "A part of the multipart body has no name")
        parts[_text(name[1])] = value
    return parts


def _decoded(encoded: bytes) -> dict[str, str]:
    """Parameters in the form of URLs; each once, with proper escapes, in UTF-8."""
    found: dict[str, str] = {}
    for pair in encoded.split(b"&") if encoded else ():
        name, _, value = (_text(_unescaped(part)) for part in pair.partition(b"="))
        if name in found:
            raise Refusal(OTHER, f"The parameter {name} is given twice")
        found[name] = value
    return found


def _unescaped(part: bytes) -> bytes:
    if _ESCAPE.search(part):
        raise Refusal(OTHER, "A parameter is not percent-encoded as it must be")
    return unquote_to_bytes(part.replace(b"+", b" "))


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Refusal(BAD_UTF8, "Invalid UTF-8 in a parameter") from None
