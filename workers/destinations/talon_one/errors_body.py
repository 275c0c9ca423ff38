"""The body of an error answer, read leniently: whatever comes, something usable and no exception (contract, 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class ApiError:
    """One entry of ``errors``. ``title`` is in lower case; ``pointer`` is a JSON pointer into the sent body, or ''."""

    title: str
    pointer: str

    @property
    def says_unknown(self) -> bool:
        """Whether what the pointer names does not exist. Published examples use this title for it."""
        return self.title == "unknown"


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What an error answer says. ``is_api`` is False where something other than the API must have answered."""

    message: str = ""
    errors: tuple[ApiError, ...] = ()
    is_api: bool = True


def parse_error_body(body: bytes) -> ErrorBody:
    """Read an error answer. An empty body may be the API's; one that is not a JSON object is not."""
    if not body.strip():
        return ErrorBody()
    try:
        parsed = orjson.loads(body)
    except ValueError:
        return ErrorBody(is_api=False)
    if not isinstance(parsed, dict):
        return ErrorBody(is_api=False)
    listed = parsed.get("errors")
    entries = listed if isinstance(listed, list) else []
    return ErrorBody(
        message=_text(parsed.get("message")),
        errors=tuple(_api_error(entry) for entry in entries if isinstance(entry, dict)),
    )


def created_id(body: bytes) -> int | None:
    """Return the ``id`` a created audience was given, or None where the answer holds no usable one."""
    try:
        parsed = orjson.loads(body)
    except ValueError:
        return None
    found = parsed.get("id") if isinstance(parsed, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 1 else None


def is_web_page(body: bytes) -> bool:
    """Say whether an answer is markup: the API never sends any, but log-in pages and proxies do."""
    return body[:100].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _api_error(entry: dict[str, Any]) -> ApiError:
    source = entry.get("source")
    pointer = source.get("pointer") if isinstance(source, dict) else None
    return ApiError(_text(entry.get("title")).strip().lower(), _text(pointer))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
