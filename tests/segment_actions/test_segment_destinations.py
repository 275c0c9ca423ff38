"""Segment destinations as they are configured, of each type, and what is said of those that cannot work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from producers.segment.destinations import SegmentTarget, load_destinations
from producers.segment.mappings_file import MappingsError
from tercel.records import Event, Membership, Profile, Session
from tercel.settings import Settings

DEPLOYMENT = """
[deployments.prod]
url = "https://shop.europe-west1.talon.one"
key = "0123456789abcdef0123456789abcdef"
"""
INLINE = """
[segment.shop]
deployment = "prod"

[[segment.shop.mappings]]
name = "Paid"
trigger = 'type = "track" and event = "Paid"'
action = "Track event"

[segment.shop.mappings.fields]
attributes = { Total = { "@path" = "$.properties.total" } }
"""
PAID: dict[str, Any] = {
    "type": "track",
    "userId": "ada",
    "messageId": "m-1",
    "event": "Paid",
    "properties": {"total": 12},
}
IDENTIFY: dict[str, Any] = {
    "type": "identify",
    "userId": "ada",
    "messageId": "m-2",
    "traits": {"plan": "pro", "vips": True},
    "context": {
        "personas": {"computation_class": "audience", "computation_key": "vips", "external_audience_id": "aud_1"}
    },
}


def loaded(folder: Path, text: str) -> dict[str, SegmentTarget]:
    path = folder / "tercel.toml"
    path.write_text(DEPLOYMENT + text, encoding="utf-8")
    return load_destinations(Settings.load(path, environ={}))


def test_mappings_stand_in_the_settings_file(tmp_path: Path) -> None:
    shop = loaded(tmp_path, INLINE)["shop"]

    (event,) = shop.take(PAID, sender="web").records

    assert (shop.name, shop.type, shop.deployment, shop.warnings) == ("shop", "actions", "prod", ())
    assert isinstance(event, Event)
    assert event.attributes == {"Total": 12}


def test_mappings_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "mappings.json"
    file.write_text(json.dumps([{"subscribe": 'type = "track"', "partnerAction": "trackEventV2", "mapping": {}}]))

    shop = loaded(tmp_path, f'[segment.shop]\ndeployment = "prod"\nmappings_file = "{file}"\n')["shop"]

    assert [type(one) for one in shop.take(PAID, sender="web").records] == [Event]


def test_the_request_of_a_step_names_the_deployment(tmp_path: Path) -> None:
    (step,) = loaded(tmp_path, INLINE)["shop"].explain(PAID)

    assert step.request is not None
    assert step.request.headers["destination-hostname"] == "https://shop.europe-west1.talon.one"


def test_a_classic_destination_sends_the_listed_attributes(tmp_path: Path) -> None:
    text = '[segment.old]\ntype = "classic"\ndeployment = "prod"\ncustom_attributes = ["plan"]\n'

    old = loaded(tmp_path, text)["old"]

    assert old.take(IDENTIFY, sender="web").records == (
        Profile(profile_id="ada", attributes={"plan": "pro", "vips": True}),
    )
    assert (old.type, old.deployment) == ("classic", "prod")


def test_an_engage_destination_makes_memberships(tmp_path: Path) -> None:
    engage = loaded(tmp_path, '[segment.engage]\ntype = "engage"\ndeployment = "prod"\n')["engage"]

    (membership,) = engage.take(IDENTIFY, sender="web").records

    assert isinstance(membership, Membership)
    assert (membership.action, membership.audience_external_id) == ("add", "aud_1")


def test_a_destination_without_mappings_explains_itself_in_one_step(tmp_path: Path) -> None:
    text = '[segment.old]\ntype = "classic"\ndeployment = "prod"\ncustom_attributes = ["plan"]\n'
    old = loaded(tmp_path, text)["old"]

    (matched,), (left_out,) = old.explain(IDENTIFY), old.explain(PAID)

    assert (matched.action, matched.matched, len(matched.records)) == ("classic", True, 1)
    assert (left_out.matched, left_out.why_not) == (False, "A destination of type classic leaves this message out.")
    assert left_out.notes


def test_a_callback_is_made_only_to_hosts_that_the_settings_allow(tmp_path: Path) -> None:
    action = 'action = "updateCustomerSessionV2"'
    fields = 'customerSessionId = "s"\ncallbackDestination = "https://hooks.example.com/t1"'
    text = f"""
[segment.shop]
deployment = "prod"

[[segment.shop.mappings]]
trigger = 'type = "track"'
{action}

[segment.shop.mappings.fields]
{fields}
"""
    allowed = '[receiver]\ncallback_hosts = ["hooks.example.com"]\n'

    (with_callback,) = loaded(tmp_path, allowed + text)["shop"].take(PAID, sender="web").records
    without = loaded(tmp_path, text)["shop"].take(PAID, sender="web")

    assert isinstance(with_callback, Session)
    assert with_callback.callback is not None
    assert with_callback.callback.fields == ("effects",)
    (session,) = without.records
    assert isinstance(session, Session)
    assert session.callback is None
    assert without.notes == ("callback_not_allowed",)


def test_everything_wrong_with_all_destinations_is_said_at_once(tmp_path: Path) -> None:
    wrong = """
[segment.a]
deployment = "prod"
mappings = [{ trigger = 'type = "track"', action = "Trak event" }]

[segment.b]
deployment = "prod"
mappings = [{ trigger = 'type = ', action = "Track event", name = "Paid" }]

[segment.c]
deployment = "prod"
mappings_file = "/nowhere/mappings.json"
"""
    with pytest.raises(MappingsError) as error:
        loaded(tmp_path, wrong)

    first, second, third = str(error.value).splitlines()
    assert first.startswith("segment.a.mappings, mapping 1: there is no action 'Trak event'; did you mean ")
    assert second.startswith("segment.b.mappings, mapping 1 (Paid), trigger: ")
    assert third.startswith("The mappings /nowhere/mappings.json cannot be read")
