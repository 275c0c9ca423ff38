"""A connection from mParticle leads to a deployment that its door is for."""

from __future__ import annotations

from typing import Any

import pytest

from tercel.errors import SettingsError
from tercel.settings import Settings

DEPLOYMENTS = {
    "prod": {"url": "http://127.0.0.1:9", "key": "hunter2-key"},
    "mail": {"destination": "sailthru", "key": "hunter2-key", "secret": "hunter2-secret"},
}
FEED = {"door": "feed", "key": "k-1", "secret": "s-1"}
FIREHOSE = {"token": "t-1"}


def loaded(**connection: Any) -> Settings:
    return Settings.load(environ={}, deployments=DEPLOYMENTS, mparticle={"in": connection})


@pytest.mark.parametrize(
    "connection",
    [
        {**FIREHOSE, "door": "talon_one", "deployment": "prod"},
        {**FIREHOSE, "door": "talon_one", "deployments": ["prod"]},
        {**FIREHOSE, "door": "talon_one", "deployment": "sandbox"},
        {**FIREHOSE, "door": "sailthru", "deployment": "mail"},
        {**FEED, "deployment": "prod"},
        {**FEED, "deployment": "mail"},
    ],
    ids=["talon_one", "talon_one, chosen", "a sandbox to come", "sailthru", "feed to talon_one", "feed to sailthru"],
)
def test_a_door_leads_to_a_deployment_of_its_kind(connection: dict[str, Any]) -> None:
    assert loaded(**connection).mparticle["in"].door == connection["door"]


@pytest.mark.parametrize(
    "connection",
    [
        {**FIREHOSE, "door": "talon_one", "deployment": "mail"},
        {**FIREHOSE, "door": "talon_one", "deployments": ["prod", "mail"]},
        {**FIREHOSE, "door": "sailthru", "deployment": "prod"},
    ],
    ids=["talon_one", "talon_one, chosen", "sailthru"],
)
def test_a_door_to_another_kind_of_deployment_is_refused(connection: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"mparticle\.in is for the door \w+, but deployments\.\w+ is at \w+"):
        loaded(**connection)
