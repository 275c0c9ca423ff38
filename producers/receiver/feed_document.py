"""mParticle's Events API as the receiver's OpenAPI document tells it."""

from __future__ import annotations

from typing import Any, Final

from producers.mparticle.feed import MOST_BATCHES
from producers.receiver.feed_door import BULK_EVENTS, EVENTS

Json = dict[str, Any]

SECURITY: Final[Json] = {"FeedKey": {"type": "http", "scheme": "basic"}}
_BATCH: Final[Json] = {
    "type": "object",
    "description": "One batch of one user, as mParticle documents it.",
    "additionalProperties": True,
}
_ERRORS: Final[Json] = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
            },
        }
    },
}
_ANSWERS: Final = {
    400: "Malformed, or more than the Events API takes; the message names the field.",
    401: "There is no Authorization.",
    403: "The key or the secret is wrong.",
    408: "The body did not come in time.",
    503: "Not now: Redis or the database is away, or a queue is full. Nothing is lost if it is sent again.",
}


def paths(counts: Json) -> Json:
    """Return the two paths; ``counts`` is the schema of what a good answer tells."""
    many = {"type": "array", "maxItems": MOST_BATCHES, "items": _BATCH}
    return {
        EVENTS: {"post": _operation("mparticle_events", "Take one batch of mParticle's Events API", _BATCH, counts)},
        BULK_EVENTS: {"post": _operation("mparticle_bulkevents", "Take a list of such batches", many, counts)},
    }


def _operation(name: str, summary: str, body: Json, counts: Json) -> Json:
    taken = "Taken: the records are queued. What could not be used is told, and kept as a rejection."
    return {
        "operationId": name,
        "tags": ["mParticle Events API"],
        "summary": summary,
        "security": [{"FeedKey": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "202": _answer(taken, counts),
            **{str(status): _answer(text, _ERRORS) for status, text in _ANSWERS.items()},
        },
    }


def _answer(text: str, schema: Json) -> Json:
    return {"description": text, "content": {"application/json": {"schema": schema}}}
