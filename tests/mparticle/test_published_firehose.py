"""Every published message, every instance of the published schemas and every damaged one is taken, and none is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mparticle.firehose import ENGAGE_TOKEN, TOKEN, post
from tests.mparticle.published_firehose import REQUESTS, SAMPLES, instances
from tests.receiver.open_doors import OpenDoors

DOORS = {"/mparticle": (TOKEN, "other"), "/mparticle/sailthru": (ENGAGE_TOKEN, "engage")}
over_the_wire = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def parts(body: dict[str, Any]) -> int:
    """How many things a message asks for, each of which must be counted somewhere: changes of audiences, or events."""
    match body["type"]:
        case "audience_membership_change_request":
            users = body.get("user_profiles")
            return sum(len(one.get("audiences") or ()) for one in users or ())
        case "event_processing_request":
            return len(body.get("events") or ())
        case "module_registration_request":
            return 0
    return 1


def received(doors: OpenDoors, deployment: str) -> int:
    """What a deployment has counted so far: records, and what was filtered or rejected instead."""
    return doors.lanes.totals(deployment)["received"]


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_published_message_is_taken(doors: OpenDoors, name: str, path: str) -> None:
    token, deployment = DOORS[path]
    sample = SAMPLES[name]
    answer = post(doors, sample, token=token, path=path)

    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["type"]) == (sample["id"], sample["type"].replace("request", "response"))
    counted = doors.counted(deployment)
    assert sum(n for what, n in counted.items() if what != "received") == counted.get("received", 0)
    assert (counted.get("received", 0) > 0) == (parts(sample) > 0)


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("name", REQUESTS)
@over_the_wire
@given(data=st.data())
def test_whatever_the_schemas_allow_is_taken_and_nothing_is_lost(
    doors: OpenDoors, data: st.DataObject, name: str, path: str
) -> None:
    body = data.draw(instances(name))
    token, deployment = DOORS[path]
    before = received(doors, deployment)
    answer = post(doors, body, token=token, path=path)

    assert answer.status_code == 200, answer.text
    if parts(body):
        assert received(doors, deployment) > before


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("name", REQUESTS)
@over_the_wire
@given(data=st.data())
def test_whatever_is_damaged_is_answered_and_never_with_a_5xx(
    doors: OpenDoors, data: st.DataObject, name: str, path: str
) -> None:
    body = data.draw(instances(name, fuzzed=True))
    answer = post(doors, body, token=DOORS[path][0], path=path)

    assert answer.status_code == 200, answer.text
