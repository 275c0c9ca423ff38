"""The doors as OpenAPI 3.1 path items, made of the table of doors and the models of bodies."""

from __future__ import annotations

from typing import Any, Final

from producers.third_party.callbacks import CONTENT_FIELDS
from producers.third_party.calls import CallName, Platform
from producers.third_party.doors import DOORS, ID, NO_CONTENT, STATUS, Door
from producers.third_party.routes import SKIP
from producers.third_party.translation import BODIES
from tercel.records import MAX_ID_LENGTH

Json = dict[str, Any]

API_KEY: Final = "ApiKeyAuth"
API_KEY_BASIC: Final = "ApiKeyBasicAuth"
_TAGS: Final = {Platform.SEGMENT: "Segment", Platform.CDP: "Customer data platforms"}
_ERRORS: Final = {
    400: "The request is wrong; the text names each field. Or this key may not address the deployment.",
    401: "No key, or a wrong one.",
    404: "No such path.",
    413: "The body is too large.",
    429: "Too many requests.",
    503: "The records cannot be taken right now; send the request again after the time in Retry-After.",
}
_RETRY_LATER: Final = (429, 503)
_ERROR_BODY: Final[Json] = {
    "type": "object",
    "required": ["StatusCode", "Error", "RequestUUID"],
    "properties": {
        "StatusCode": {"type": "integer"},
        "Error": {"type": "string"},
        "RequestUUID": {"type": "string", "format": "uuid"},
    },
}
_LIST: Final[Json] = {"type": "array"}
_STATE: Final[Json] = {
    "type": "object",
    "required": ["effects", "createdCoupons", "createdReferrals"],
    "properties": {"effects": _LIST, "createdCoupons": _LIST, "createdReferrals": _LIST},
}
_AUDIENCE: Final[Json] = {
    "type": "object",
    "required": ["id", "created", "accountId", "name"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "created": {"type": "string", "format": "date-time"},
        "accountId": {"type": "integer", "minimum": 1},
        "name": {"type": "string"},
        "integration": {"type": "string"},
        "integrationId": {"type": "string"},
    },
}
_CREATED: Final[Json] = {"type": "object", "properties": {"createdAttributes": _LIST, "audiences": _LIST}}
_ANSWERS: Final[dict[CallName, Json]] = {
    CallName.PROFILE_V1: _CREATED,
    CallName.PROFILE_NAMED: _CREATED,
    CallName.AUDIENCE_CREATE: _AUDIENCE,
    CallName.AUDIENCE_RENAME: _AUDIENCE,
}
_CALLBACK_HEADERS: Final = (
    ("X-Callback-Destination-URI", "Where the answer is posted to; only hosts that the receiver allows."),
    ("X-Callback-API-Key", "The name of a header, a blank, and its value of at least 32 characters."),
    ("X-Content-Fields", f"Fields of the answer, with commas between: {', '.join(CONTENT_FIELDS)}."),
    ("X-Correlation-ID", "Sent along with the callback."),
)


def paths() -> dict[str, Json]:
    """Return the path items of all doors, each complete in itself: no references but to the security schemes."""
    items: dict[str, Json] = {}
    for door in DOORS:
        if not door.alias:
            path = door.path.replace(ID, f"{{{door.id_name}}}")
            items.setdefault(path, {})[door.method.lower()] = _operation(door)
    return items


def security_schemes() -> dict[str, Json]:
    """Return the security schemes that the operations name."""
    return {
        API_KEY: {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "ApiKey-v1, a blank, and the sender's key.",
        },
        API_KEY_BASIC: {
            "type": "http",
            "scheme": "basic",
            "description": "The text `ApiKey-v1 KEY` as the user, and no password.",
        },
    }


def _operation(door: Door) -> Json:
    operation: Json = {
        "operationId": f"{door.platform.value}_{door.name.value}",
        "summary": door.title,
        "tags": [_TAGS[door.platform]],
        "security": [{API_KEY: []}, {API_KEY_BASIC: []}],
        "parameters": _parameters(door),
        "responses": _responses(door),
    }
    body = BODIES[door.name]
    if body is not None:
        schema = body.model_json_schema(mode="validation")
        # Not required, as in the original; a call whose body has required fields is refused without one.
        operation["requestBody"] = {
            "required": bool(schema.get("required")),
            "content": {"application/json": {"schema": _inlined(schema, schema.get("$defs", {}))}},
        }
    if door.deprecated:
        operation["deprecated"] = True
    return operation


def _parameters(door: Door) -> list[Json]:
    found = [_header("destination-hostname", "The deployment: its host name, or its URL.", required=True)]
    if door.platform is Platform.CDP:
        found.append(
            _header("customer-data-platform-name", "Who calls. The original wants it; here it may be left out.")
        )
    if door.id_name:
        text = {"type": "string", "minLength": 1, "maxLength": MAX_ID_LENGTH}
        found.append({"name": door.id_name, "in": "path", "required": True, "schema": text})
    if door.takes_skip:
        flag = {"type": "boolean", "default": False}
        found.append({"name": SKIP, "in": "query", "schema": flag})
    if door.takes_callback:
        found += [_header(name, text) for name, text in _CALLBACK_HEADERS]
    return found


def _header(name: str, description: str, *, required: bool = False) -> Json:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
    }


def _responses(door: Door) -> Json:
    status = STATUS[door.name]
    taken: Json = {"description": "Taken: the records are queued and will be delivered."}
    if status != NO_CONTENT:
        taken["content"] = {"application/json": {"schema": _ANSWERS.get(door.name, _STATE)}}
    return {str(status): taken} | {str(code): _error(code, text) for code, text in _ERRORS.items()}


def _error(status: int, text: str) -> Json:
    answer: Json = {"description": text, "content": {"application/json": {"schema": _ERROR_BODY}}}
    if status in _RETRY_LATER:
        answer["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return answer


def _inlined(schema: Any, definitions: Json) -> Any:
    """Put definitions where they are referred to: their references would not be found in a larger document."""
    if isinstance(schema, list):
        return [_inlined(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {name: _inlined(part, definitions) for name, part in schema.items() if name not in {"$defs", "title"}}
