"""Mappings as people and Segment write them, and what is said of those that cannot be read."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from producers.segment.mappings_file import MappingsError, WrittenMapping, read_mappings, read_mappings_file

TRIGGER = 'type = "track"'
OURS = {"trigger": TRIGGER, "action": "trackEventV2", "fields": {"eventType": "Paid"}}


def of_file(folder: Path, content: Any) -> tuple[WrittenMapping, ...]:
    path = folder / "mappings.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_mappings_file(path)


def refused(folder: Path, content: Any) -> str:
    with pytest.raises(MappingsError) as error:
        of_file(folder, content)
    assert error.value.code == "T623"
    return str(error.value).replace(str(folder), "...")


def test_a_file_of_our_own_form_is_read_with_names_and_switches(tmp_path: Path) -> None:
    read = of_file(tmp_path, [{**OURS, "name": "Paid"}, {**OURS, "enabled": False}, {**OURS, "fields": None}])

    assert [(one.number, one.name, one.enabled, one.is_segments) for one in read] == [
        (1, "Paid", True, False),
        (2, "", False, False),
        (3, "", True, False),
    ]
    assert (read[0].trigger, read[0].action, read[0].fields) == (TRIGGER, "trackEventV2", {"eventType": "Paid"})
    assert read[2].fields == {}


def test_segments_presets_are_read(tmp_path: Path) -> None:
    preset = {
        "name": "Paid",
        "subscribe": TRIGGER,
        "partnerAction": "trackEventV2",
        "mapping": {"eventType": "Paid", "enable_batching": True},
        "type": "automatic",
        "enabled": True,
    }

    (read,) = of_file(tmp_path, {"presets": [preset]})

    assert (read.trigger, read.action, read.name, read.is_segments) == (TRIGGER, "trackEventV2", "Paid", True)
    assert read.fields["eventType"] == "Paid"


def test_subscriptions_of_segments_public_api_are_read(tmp_path: Path) -> None:
    subscription = {
        "id": "f1",
        "name": "Paid",
        "actionId": "a1",
        "actionSlug": "trackEventV2",
        "destinationId": "d1",
        "enabled": False,
        "trigger": TRIGGER,
        "settings": {"eventType": "Paid"},
    }

    (read,) = of_file(tmp_path, {"data": {"subscriptions": [subscription], "pagination": None}})

    assert (read.trigger, read.action, read.fields) == (TRIGGER, "trackEventV2", {"eventType": "Paid"})
    assert not read.enabled


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[", "The mappings .../mappings.json are not JSON: line 1, column 2"),
        ("[NaN]", "NaN is no JSON value"),
        ('[{"name": "a", "name": "b"}]', "the key 'name' stands twice in one object"),
        ("[" * 200_000, "nested too deeply"),
        ("7", "hold no list of mappings"),
        ({"other": []}, "hold no list of mappings"),
        ([7], "mappings.json, mapping 1: is not an object with a trigger and an action."),
        ([{**OURS, "triger": "x"}], "mapping 1: 'triger' is not a key of a mapping; did you mean trigger?"),
        ([OURS, {"action": "x", "name": "Paid"}], "mapping 2 (Paid): trigger is missing"),
        ([{"trigger": TRIGGER}], "mapping 1: action is missing"),
        ([{**OURS, "trigger": 7}], "mapping 1: trigger must be a text."),
        ([{**OURS, "fields": []}], "mapping 1: fields must be an object."),
        ([{**OURS, "fields": {"eventType": "\ud800"}}], "mapping 1: fields hold what JSON cannot"),
        ('[{"trigger": "x", "action": "y", "fields": {"a": 1e999}}]', "mapping 1: fields hold what JSON cannot"),
        ([{**OURS, "enabled": "yes"}], "mapping 1: enabled must be true or false."),
        ([{**OURS, "name": 7}], "mapping 1: name must be a text."),
        ([{**OURS, "partnerAction": "x"}], "mapping 1: has both action and partnerAction; remove one of them."),
        ([OURS] * 51, "holds 51 mappings; a destination has at most 50."),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path: Path, content: Any, said: str) -> None:
    assert said in refused(tmp_path, content)


def test_fifty_mappings_are_taken(tmp_path: Path) -> None:
    assert len(of_file(tmp_path, [OURS] * 50)) == 50


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    lines = refused(tmp_path, [{"trigger": 7}, 3, OURS]).splitlines()

    assert len(lines) == 3
    assert [line.split(": ")[0].split(", ")[1] for line in lines] == ["mapping 1", "mapping 1", "mapping 2"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MappingsError, match=r"none\.json cannot be read: No such file"):
        read_mappings_file(tmp_path / "none.json")


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mappings.json"
    path.write_bytes(b'[{"name": "\xff"}]')

    with pytest.raises(MappingsError, match=r"mappings\.json are not UTF-8"):
        read_mappings_file(path)


def test_inline_mappings_are_named_by_their_setting() -> None:
    with pytest.raises(MappingsError, match=r"^segment\.shop\.mappings, mapping 1: trigger is missing"):
        read_mappings([{"action": "trackEventV2"}], "segment.shop.mappings")


def test_a_date_that_toml_reads_as_one_is_refused_because_json_has_none() -> None:
    with pytest.raises(MappingsError, match="fields hold what JSON cannot: a date without quotes"):
        read_mappings([{**OURS, "fields": {"attributes": {"Since": date(2024, 1, 1)}}}], "here")
