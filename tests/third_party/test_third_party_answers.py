"""What callers are answered: the declared status with the smallest valid body."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from producers.third_party import Call, CallName, Platform, error, success, translate
from producers.third_party.answers import tercel_audience_id

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
STATE: dict[str, list[Any]] = {"effects": [], "createdCoupons": [], "createdReferrals": []}
EVENT = {"customerProfileId": "c", "eventType": "e", "type": "string"}
AUDIENCE = {"audienceId": "a-1", "audienceName": "Gold"}


def answered(name: CallName, body: Any, platform: Platform = Platform.SEGMENT) -> tuple[int, Any]:
    call = Call(name, "a-1", body, platform=platform)
    status, content = success(call, translate(call), now=lambda: NOON)
    return status, json.loads(content) if content else None


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (CallName.PROFILE, {}),
        (CallName.PROFILE_AUDIENCES, {}),
        (CallName.EVENT, EVENT),
        (CallName.EVENT_V1, EVENT),
        (CallName.SESSION, {}),
        (CallName.SESSION_V1, {"customerSession": {}}),
    ],
)
def test_calls_with_effects_are_answered_with_none(name: CallName, body: Any) -> None:
    assert answered(name, body) == (200, STATE)


def test_deprecated_profile_calls_created_no_attributes() -> None:
    assert answered(CallName.PROFILE_V1, {}) == (200, {"createdAttributes": []})
    assert answered(CallName.PROFILE_NAMED, {}) == (200, {"createdAttributes": [], "audiences": []})


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (CallName.PROFILES_AUDIENCES, {"data": []}),
        (CallName.PROFILES_AUDIENCES_V2, {"data": []}),
        (CallName.PROFILES_ATTRIBUTES, {"data": []}),
        (CallName.AUDIENCE_DELETE, {}),
    ],
)
def test_calls_for_many_and_a_delete_are_answered_with_nothing(name: CallName, body: Any) -> None:
    assert answered(name, body) == (204, None)


@pytest.mark.parametrize(("name", "status"), [(CallName.AUDIENCE_CREATE, 201), (CallName.AUDIENCE_RENAME, 200)])
def test_an_audience_is_answered_with_a_number_of_tercels_own(name: CallName, status: int) -> None:
    found, body = answered(name, AUDIENCE)

    assert found == status
    assert (
        body.items()
        >= {
            "id": tercel_audience_id("a-1"),
            "created": "2026-01-02T12:00:00+00:00",
            "accountId": 1,
            "name": "Gold",
            "integrationId": "a-1",
        }.items()
    )


def test_a_new_audience_says_which_integration_made_it() -> None:
    assert answered(CallName.AUDIENCE_CREATE, AUDIENCE)[1]["integration"] == "segment"
    assert "integration" not in answered(CallName.AUDIENCE_CREATE, AUDIENCE, Platform.CDP)[1]


def test_an_audiences_number_is_always_the_same_and_another_for_another() -> None:
    assert tercel_audience_id("a-1") == tercel_audience_id("a-1") != tercel_audience_id("a-2")
    assert 1 <= tercel_audience_id("a-1") < 2**53


def test_an_error_has_the_published_shape() -> None:
    assert json.loads(error(400, "No Deployment URL specified", "fd2f7c55-d064-46e1-ab87-a39cb877cd82")) == {
        "StatusCode": 400,
        "Error": "No Deployment URL specified",
        "RequestUUID": "fd2f7c55-d064-46e1-ab87-a39cb877cd82",
    }
