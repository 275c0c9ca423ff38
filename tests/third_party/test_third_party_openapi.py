"""The OpenAPI page of the doors says what they really take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from producers.third_party import Route, paths, route, security_schemes

PATHS = paths()
OPERATIONS = [(method, path, operation) for path, item in PATHS.items() for method, operation in item.items()]
each_operation = pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=[operation["operationId"] for _, _, operation in OPERATIONS]
)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "$ref":
                yield inner
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def body_of(path: str) -> Any:
    return PATHS[path]["put"]["requestBody"]["content"]["application/json"]["schema"]


@each_operation
def test_every_operation_is_served(method: str, path: str, operation: Any) -> None:
    in_path = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
    for name in in_path:
        path = path.replace(f"{{{name}}}", "an-id")

    assert isinstance(route(method.upper(), path, ""), Route)
    assert "{" not in path


@each_operation
def test_every_operation_says_what_goes_wrong(method: str, path: str, operation: Any) -> None:
    assert {"400", "401", "404", "413", "429", "503"} < operation["responses"].keys()
    assert "Retry-After" in operation["responses"]["503"]["headers"]


@each_operation
def test_every_operation_names_known_security_schemes(method: str, path: str, operation: Any) -> None:
    assert {name for choice in operation["security"] for name in choice} == security_schemes().keys()


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]

    assert len(ids) == len(set(ids)) == 21


def test_the_page_is_json_and_complete_in_itself() -> None:
    assert list(references(json.loads(json.dumps(PATHS)))) == []


def test_deprecated_calls_are_marked() -> None:
    deprecated = {path for _, path, operation in OPERATIONS if operation.get("deprecated")}

    assert deprecated == {
        "/segment/customer_profile/{customerProfileId}",
        "/segment/customer_profile_v2/{customerProfileId}",
        "/segment/customer_profiles/attributes",
        "/segment/customer_sessions/{customerSessionId}",
        "/segment/event",
    }


def test_a_body_is_described_down_to_its_items() -> None:
    [items, _] = body_of("/segment/customer_profiles/audiences")["properties"]["data"]["anyOf"]

    assert items["items"]["required"] == ["customerProfileId"]
    assert items["items"]["properties"]["adds"]["anyOf"][0]["items"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 2**63 - 1,
    }


def test_a_state_that_no_call_may_set_is_not_offered() -> None:
    [states, _] = body_of("/segment/v2/customer_sessions/{customerSessionId}")["properties"]["state"]["anyOf"]

    assert states["enum"] == ["open", "closed", "cancelled"]
