"""`tercel segment`: the event tester and the list of destinations, on the example and on Segment's own test payload."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.talon_one import Config, StandIn, start
from sandbox.talon_one.config import AttributeType, Schema
from tercel.cli.segment.samples import SAMPLES
from tests.cli.conftest import Tercel
from tests.support.seed_payload import SEEDS_PAYLOAD

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/segment"
CALLBACK_KEY = "X-Key 0123456789abcdef0123456789abcdef"
TRACK = {
    "name": "Track",
    "trigger": 'type = "track"',
    "action": "trackEventV2",
    "fields": {
        "customerProfileId": {"@path": "$.properties.customerProfileId"},
        "eventType": {"@path": "$.properties.eventType"},
    },
}
SESSION = {
    "trigger": 'type = "page"',
    "action": "updateCustomerSessionV2",
    "fields": {
        "customerSessionId": "s-1",
        "callbackDestination": "https://hooks.example.com/x",
        "callbackAPIKey": CALLBACK_KEY,
    },
}
BAD_AUDIENCE = {
    "name": "Audiences",
    "trigger": 'type = "identify"',
    "action": "updateCustomerProfileV3",
    "fields": {"addAudienceIds": {"@path": "$.traits.audience"}},
}

Configure = Callable[..., None]


@pytest.fixture
def configure(home: Path, prod: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Write mappings and say that the destination ``web`` has them."""

    def write(*mappings: Mapping[str, Any], name: str = "WEB") -> None:
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(mappings))
        monkeypatch.setenv(f"TERCEL_SEGMENT__{name}__DEPLOYMENT", "prod")
        monkeypatch.setenv(f"TERCEL_SEGMENT__{name}__MAPPINGS_FILE", str(file))

    return write


@pytest.fixture
def message(tmp_path: Path) -> Callable[[Any], str]:
    def write(content: Any) -> str:
        file = tmp_path / "message.json"
        file.write_text(json.dumps(content))
        return str(file)

    return write


@pytest.fixture
def standin(shared_redis: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    config = Config(
        attributes=Schema(event={"language": AttributeType.STRING}), event_types=frozenset({"mySegmentEvent"})
    )
    with start(config) as running:
        monkeypatch.setenv("TERCEL_DEPLOYMENTS__PROD__URL", running.url)
        monkeypatch.setenv("TERCEL_DEPLOYMENTS__PROD__KEY", config.keys[0].key)
        yield running


def test_segments_own_test_payload_is_explained_from_trigger_to_record(
    tercel: Tercel, configure: Configure, message: Callable[[Any], str]
) -> None:
    configure(TRACK)

    ran = tercel("segment", "test", "web", message(SEEDS_PAYLOAD))

    assert ran.status == 0
    assert "1. Track (trackEventV2) matches" in ran.out
    assert "request   PUT /segment/v2/events" in ran.out
    assert '"eventType": "mySegmentEvent"' in ran.out
    assert '"kind": "event"' in ran.out


def test_segments_own_test_payload_is_sent_and_its_answer_shown(
    tercel: Tercel, configure: Configure, message: Callable[[Any], str], standin: StandIn
) -> None:
    configure(TRACK)

    ran = tercel("segment", "test", "web", message(SEEDS_PAYLOAD), "--send", "--json")

    assert ran.status == 0
    [sent] = json.loads(ran.out)["steps"][0]["sent"]
    assert sent["ok"]
    assert sent["verdict"] == "delivered"
    assert [update.kind for update in standin.admin.order("a_customer_id")] == ["event"]


def test_an_answer_that_refuses_it_is_shown_and_is_the_exit_status(
    tercel: Tercel, configure: Configure, message: Callable[[Any], str], standin: StandIn
) -> None:
    configure({**TRACK, "fields": {**TRACK["fields"], "eventType": "no-such-event"}})  # type: ignore[dict-item]

    ran = tercel("segment", "test", "web", message(SEEDS_PAYLOAD), "--send")

    assert ran.status == 1
    assert "answer    HTTP 400" in ran.out
    assert "a worker would reject it" in ran.out


def test_without_send_nothing_is_sent(
    tercel: Tercel, configure: Configure, message: Callable[[Any], str], standin: StandIn
) -> None:
    configure(TRACK)

    tercel("segment", "test", "web", message(SEEDS_PAYLOAD))

    assert standin.admin.requests() == []


def test_a_trigger_that_does_not_match_says_so(tercel: Tercel, configure: Configure) -> None:
    configure(TRACK)

    ran = tercel("segment", "test", "web", "--sample", "identify")

    assert ran.status == 0
    assert "is not for it: The trigger does not match" in ran.out
    assert "Nothing becomes of this message" in ran.out


def test_a_field_that_is_wrong_is_named_and_is_the_exit_status(
    tercel: Tercel, configure: Configure, message: Callable[[Any], str]
) -> None:
    configure(BAD_AUDIENCE)

    ran = tercel("segment", "test", "web", message({"type": "identify", "userId": "u", "traits": {"audience": "q"}}))

    assert ran.status == 1
    assert "refused   T622" in ran.out
    assert "addAudienceIds" in ran.out


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["lines", "json"])
def test_the_key_of_a_callback_is_never_shown(tercel: Tercel, configure: Configure, form: list[str]) -> None:
    configure(SESSION)

    ran = tercel("segment", "test", "web", "--sample", "page", *form)

    assert "s-1" in ran.out
    assert CALLBACK_KEY.partition(" ")[2] not in ran.out + ran.err


def test_control_characters_of_a_message_do_not_reach_the_terminal(
    tercel: Tercel, configure: Configure, message: Callable[[Any], str]
) -> None:
    configure(TRACK)

    ran = tercel("segment", "test", "web", message({**SEEDS_PAYLOAD, "event": "\x1b[2J\x9b"}))

    assert not {"\x1b", "\x9b"} & set(ran.out)


def test_a_destination_that_does_not_exist_names_those_that_do(tercel: Tercel, configure: Configure) -> None:
    configure(TRACK)

    ran = tercel("segment", "test", "wbe")

    assert ran.status == 2
    assert "There is no Segment destination 'wbe'" in ran.err
    assert "Configured: web" in ran.err


def test_without_any_destination_it_says_how_to_add_one(tercel: Tercel, prod: str) -> None:
    ran = tercel("segment", "test", "web")

    assert ran.status == 2
    assert "Add [segment.web]" in ran.err


def test_a_destination_that_cannot_work_hides_none_of_the_others_in_the_list(
    tercel: Tercel, configure: Configure
) -> None:
    configure(TRACK)
    configure({**TRACK, "trigger": "type ="}, name="BROKEN")

    ran = tercel("segment", "list")

    assert ran.status == 1
    assert "web (actions) -> prod; sent to by nobody yet\n  1. Track: trackEventV2" in ran.out
    assert "T629: " in ran.out
    assert "BROKEN.json, mapping 1 (Track), trigger:" in ran.out


def test_one_destination_can_be_tried_while_another_cannot_work(tercel: Tercel, configure: Configure) -> None:
    configure(TRACK)
    configure({**TRACK, "action": "noSuchAction"}, name="BROKEN")

    assert tercel("segment", "test", "web", "--sample", "page").status == 0
    assert tercel("segment", "test", "broken").status == 2


def test_a_trigger_with_a_trap_is_warned_of_in_the_list(tercel: Tercel, configure: Configure) -> None:
    configure({**TRACK, "trigger": 'type = "page" or type = "track" and event = "X"'})

    ran = tercel("segment", "list", "--json")

    assert ran.status == 0
    assert json.loads(ran.out)["warnings"]


@pytest.mark.parametrize("destination", ["web", "audiences", "classic"])
@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_goes_through_every_destination_of_the_example(
    tercel: Tercel, destination: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(EXAMPLE)

    ran = tercel("segment", "test", destination, "--sample", name)

    assert ran.status == 0, ran.out + ran.err


@pytest.mark.parametrize(
    ("destination", "file", "kinds"),
    [
        ("web", "identify", ["profile"]),
        ("web", "order-completed", ["event", "session"]),
        ("audiences", "audience-entered", ["membership"]),
        ("classic", "identify", ["profile"]),
        ("web", "batch", ["profile", "session"]),
    ],
)
def test_the_examples_messages_become_what_they_are_meant_to(
    tercel: Tercel, destination: str, file: str, kinds: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(EXAMPLE)

    ran = tercel("segment", "test", destination, f"messages/{file}.json", "--json")

    messages = [json.loads(line) for line in ran.out.splitlines()]
    assert [record["kind"] for found in messages for step in found["steps"] for record in step["records"]] == kinds
