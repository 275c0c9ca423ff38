"""The pages that describe the open doors: ``/openapi.json``, and ``/docs``, which loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from importlib.metadata import version
from typing import Any, Final

import orjson

from producers.receiver import feed_document
from producers.receiver.answers import JSON, Answer
from producers.third_party import paths as third_party_paths
from producers.third_party import security_schemes

Json = dict[str, Any]

_HTML: Final = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
    (b"x-content-type-options", b"nosniff"),
)
_MESSAGE: Final[Json] = {"type": "object", "description": "One of Segment's messages.", "additionalProperties": True}
_COUNTS: Final[Json] = {
    "type": "object",
    "required": ["accepted", "duplicate", "filtered", "rejected"],
    "properties": {
        **{name: {"type": "integer", "minimum": 0} for name in ("accepted", "duplicate", "filtered", "rejected")},
        "problems": {"type": "array", "items": {"type": "object"}},
    },
}
_PROBLEM: Final[Json] = {
    "type": "object",
    "required": ["code", "error"],
    "properties": {
        "code": {"type": "string", "pattern": "^T[0-9]{3}$"},
        "error": {"type": "string"},
        "problems": {"type": "array", "items": {"type": "string"}},
    },
}
_WEBHOOK_ERRORS: Final = {
    400: "Nothing of the request can be used; problems name each field.",
    401: "The signature or key is missing or wrong.",
    404: "No sender of that name may use this door.",
    408: "The body did not come in time.",
    413: "The body or the batch is too large.",
    415: "The body is not JSON, or is compressed in a way that is not known.",
    503: "Not now: Redis or the database is away, or a queue is full. Nothing is lost if it is sent again.",
}
_MORE_ERRORS: Final = {405: "The path has other methods.", 408: "The body did not come in time.", 415: "Not JSON."}
_METHODS: Final = ("get", "put", "post", "patch", "delete")


def openapi(*, webhook: bool, third_party: bool, feed: bool = False) -> Json:
    """Return the OpenAPI 3.1 document of the doors that are open."""
    document: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "Tercel's receiver",
            "version": version("tercel"),
            "description": "A request is answered 2xx once its records are in Redis; from then on they are not lost.",
        },
        "paths": {},
        "components": {"securitySchemes": {}},
    }
    if webhook:
        document["paths"] |= _webhook_paths()
        document["components"]["securitySchemes"] |= {
            "Signature": {"type": "apiKey", "in": "header", "name": "X-Signature"},
            "WriteKey": {"type": "http", "scheme": "bearer"},
            "WriteKeyBasic": {"type": "http", "scheme": "basic"},
        }
    if third_party:
        document["paths"] |= _with_more_errors(third_party_paths())
        document["components"]["securitySchemes"] |= security_schemes()
    if feed:
        document["paths"] |= feed_document.paths(_COUNTS)
        document["components"]["securitySchemes"] |= feed_document.SECURITY
    return document


def pages(*, webhook: bool, third_party: bool, feed: bool = False) -> dict[str, Answer]:
    """Return the pages by path."""
    document = openapi(webhook=webhook, third_party=third_party, feed=feed)
    return {
        "/openapi.json": Answer(200, orjson.dumps(document), (JSON,)),
        "/docs": Answer(200, _page(document).encode(), _HTML),
    }


def _webhook_paths() -> Json:
    name = {"name": "sender", "in": "path", "required": True, "schema": {"type": "string"}}
    operations = {method: _webhook_operation(method) for method in ("post", "put", "patch")}
    return {"/segment/webhook/{sender}": {"parameters": [name], **operations}}


def _webhook_operation(method: str) -> Json:
    return {
        "operationId": f"segment_webhook_{method}",
        "tags": ["Segment webhook"],
        "summary": "Take a message, or a batch of them",
        "security": [{"Signature": []}, {"WriteKey": []}, {"WriteKeyBasic": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"anyOf": [_MESSAGE, {"type": "array", "items": _MESSAGE}]}},
            },
        },
        "responses": {
            "200": {
                "description": "Taken: the records are queued. Bad messages of a batch are kept as rejections.",
                "content": {"application/json": {"schema": _COUNTS}},
            },
            **{str(status): _error(text, _PROBLEM) for status, text in _WEBHOOK_ERRORS.items()},
        },
    }


def _error(text: str, schema: Json) -> Json:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _with_more_errors(paths: Mapping[str, Json]) -> Json:
    """Add the answers that the server gives, in the shape of the door's own."""
    for _, operation in _operations(paths):
        answers = operation["responses"]
        schema = answers["400"]["content"]["application/json"]["schema"]
        for status, text in _MORE_ERRORS.items():
            answers.setdefault(str(status), _error(text, schema))
    return dict(paths)


def _operations(paths: Mapping[str, Json]) -> Iterable[tuple[str, Json]]:
    for path, item in paths.items():
        for method in _METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def _page(document: Json) -> str:
    """Return the document as one plain page: every door, its answers, and nothing loaded from elsewhere."""
    rows = "".join(
        f"<h2><code>{escape(place)}</code></h2><p>{escape(operation['summary'])}</p>"
        f"<table>{''.join(_row(status, answer) for status, answer in operation['responses'].items())}</table>"
        for place, operation in _operations(document["paths"])
    )
    style = "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}td{padding:0 1em .2em 0}"
    info = document["info"]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(info['title'])}</title><style>{style}</style>"
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info['description'])}</p>"
        f'<p>For programs: <a href="/openapi.json">openapi.json</a></p>{rows or "<p>Every door is shut.</p>"}</html>'
    )


def _row(status: str, answer: Json) -> str:
    return f"<tr><td>{escape(status)}<td>{escape(answer['description'])}</tr>"
