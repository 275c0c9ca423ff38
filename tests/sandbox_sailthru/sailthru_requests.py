"""A client of the Sailthru API for the stand-in's tests: it signs by the published rule, written down once more."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import httpx

KEY = "sandbox-key"
SECRET = "sandbox-secret"


def signed(arguments: Any, *, key: str = KEY, secret: str = SECRET) -> dict[str, str]:
    """The four parameters of a request."""
    text = json.dumps(arguments, ensure_ascii=False)
    sorted_values = "".join(sorted([key, "json", text], key=str.encode))
    sig = hashlib.md5((secret + sorted_values).encode()).hexdigest()
    return {"api_key": key, "format": "json", "json": text, "sig": sig}


@dataclass(frozen=True)
class Api:
    """The calls."""

    http: httpx.Client

    def get(self, action: str, **arguments: Any) -> httpx.Response:
        """GET with these arguments."""
        return self.http.get(f"/{action}", params=signed(arguments))

    def post(self, action: str, **arguments: Any) -> httpx.Response:
        """POST with these arguments."""
        return self.http.post(f"/{action}", data=signed(arguments))

    def delete(self, action: str, **arguments: Any) -> httpx.Response:
        """DELETE with these arguments."""
        return self.http.delete(f"/{action}", params=signed(arguments))

    def upload(self, file: bytes, **arguments: Any) -> httpx.Response:
        """A job with a file."""
        return self.http.post("/job", data=signed(arguments), files={"file": ("rows.json", file)})


def error(answer: httpx.Response) -> tuple[int, int]:
    """The HTTP status and the number of an error, whose body has nothing but the number and a text."""
    body = answer.json()
    assert sorted(body) == ["error", "errormsg"]
    return answer.status_code, body["error"]
