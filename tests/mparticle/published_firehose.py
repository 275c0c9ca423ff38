"""The Firehose's published messages and schemas, and instances of the schemas.

The files in ``published/`` are unchanged copies from mParticle/mparticle-firehose-java-sdk at commit
f819a5be4a5ee5934160a4166bc9b1de4311ff96 (Apache-2.0, see the LICENSE beside them). The schemas are draft-03: each
property says by itself whether it is required, and refers to others by their ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

FOLDER: Final = Path(__file__).with_name("published")
SAMPLES: Final = {
    path.stem: json.loads(path.read_text())
    for path in sorted(FOLDER.glob("*.json"))
    if not path.stem.endswith("_schema")
}
_SCHEMAS: Final = {
    path.stem.removesuffix("_schema"): json.loads(path.read_text()) for path in sorted(FOLDER.glob("*_schema.json"))
}
_EVENTS: Final = tuple(name for name in _SCHEMAS if name.endswith("Event"))
REQUESTS: Final = tuple(name for name in _SCHEMAS if name.endswith("Request"))
_TYPES: Final = {
    "AudienceMembershipChangeRequest": "audience_membership_change_request",
    "AudienceSubscriptionRequest": "audience_subscription_request",
    "DsrProcessingRequest": "dsr_processing_request",
    "EventProcessingRequest": "event_processing_request",
    "ModuleRegistrationRequest": "module_registration_request",
}
_EVENT_TYPES: Final = {
    "CustomEvent": "custom_event",
    "SessionStartEvent": "session_start",
    "SessionEndEvent": "session_end",
    "UserAttributeChangeEvent": "user_attribute_change",
    "UserIdentityChangeEvent": "user_identity_change",
    "ScreenViewEvent": "screen_view",
    "ProductActionEvent": "product_action",
}
_NOT_READ: Final = frozenset(
    {  # large, and looked at by no door: anything stands for them
        "runtime_environment",
        "consent_state",
        "system_notifications",
        "platform_fields",
        "device_identities",
        "partner_identities",
        "location",
        "products",
    }
)
_LEFT_OUT: Final = frozenset({"request"})  # a back-reference that never appears in JSON


def _with_ids(schema: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        if isinstance(schema.get("id"), str):
            yield schema["id"], schema
        for inner in schema.values():
            yield from _with_ids(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _with_ids(inner)


_BY_ID: Final = {name: found for schema in _SCHEMAS.values() for name, found in _with_ids(schema)}

_NO_SCHEMA: Final[dict[str, Any]] = {}
_ANYTHING: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def instances(name: str, *, fuzzed: bool = False) -> SearchStrategy[dict[str, Any]]:
    """Return what a request's schema allows; ``fuzzed``, with parts that it does not allow."""
    return _allowed(_SCHEMAS[name], fuzzed).map(lambda made: {**made, "type": _TYPES[name]})


def _of(schema: dict[str, Any], fuzzed: bool) -> SearchStrategy[Any]:
    made = _allowed(schema, fuzzed)
    # One in eight is damaged. (A choice among copies would grow with every level of the schema.)
    return st.integers(0, 7).flatmap(lambda n: made if n else _ANYTHING) if fuzzed else made


def _allowed(schema: dict[str, Any], fuzzed: bool) -> SearchStrategy[Any]:
    if "$ref" in schema:
        schema = _BY_ID[schema["$ref"]]
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "string":
            return st.uuids().map(str) if schema.get("format") == "uuid" else st.text(max_size=30)
        case "integer":
            return st.integers(-(2**63), 2**63 - 1)
        case "number":
            return st.floats(allow_nan=False, allow_infinity=False)
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(_item(schema["items"], fuzzed), max_size=3)
        case "object":
            return _object(schema, fuzzed)
    return _ANYTHING


def _item(schema: dict[str, Any], fuzzed: bool) -> SearchStrategy[Any]:
    """Return an element of a list; where the schema has only what all events share, an event of some type."""
    if not str(schema.get("id", "")).endswith(":Event"):
        return _of(schema, fuzzed)
    return st.one_of(
        [
            _of(_SCHEMAS[name], fuzzed).map(
                lambda made, kind=_EVENT_TYPES[name]: {**made, "type": kind} if isinstance(made, dict) else made
            )
            for name in _EVENTS
        ]
    )


def _object(schema: dict[str, Any], fuzzed: bool) -> SearchStrategy[dict[str, Any]]:
    properties = {name: one for name, one in schema.get("properties", {}).items() if name not in _LEFT_OUT}
    if not properties and isinstance(schema.get("additionalProperties"), dict):
        return st.dictionaries(st.text(max_size=12), _of(schema["additionalProperties"], fuzzed), max_size=3)
    properties = {name: _NO_SCHEMA if name in _NOT_READ else one for name, one in properties.items()}
    required = {} if fuzzed else {name: _of(one, fuzzed) for name, one in properties.items() if one.get("required")}
    optional = {name: _of(one, fuzzed) for name, one in properties.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)
