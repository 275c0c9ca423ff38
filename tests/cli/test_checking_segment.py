"""What ``tercel check`` says of Segment destinations."""

from __future__ import annotations

from pathlib import Path

from tercel.cli.checking import Level, check_segment
from tercel.settings import Settings

SETTINGS = """
[deployments.prod]
url = "https://shop.europe-west1.talon.one"
key = "0123456789abcdef0123456789abcdef"

[segment.shop]
deployment = "prod"
[[segment.shop.mappings]]
trigger = 'type = "track"'
action = "Track event"

[segment.broken]
deployment = "prod"
[[segment.broken.mappings]]
name = "Paid"
trigger = 'type = "track"'
action = "Track event"
fields = { eventType = { "@nothing" = 1 } }

[segment.odd]
deployment = "prod"
[[segment.odd.mappings]]
trigger = 'type = "track" and event = "A" or event = "B"'
action = "Track event"
"""


def settings(folder: Path) -> Settings:
    path = folder / "tercel.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return Settings.load(path, environ={})


def test_a_mapping_that_cannot_work_fails_with_its_place_and_hides_no_other_destination(tmp_path: Path) -> None:
    lines = {line.subject: line for line in check_segment(settings(tmp_path), ["prod"]) if line.level is not Level.WARN}

    assert lines["segment shop"].text() == "ok    segment shop: actions, for prod, 1 of 1 mappings switched on"
    broken = lines["segment broken"]
    assert (broken.level, broken.code) == (Level.FAIL, "T620")
    assert "segment.broken.mappings, mapping 1 (Paid), fields: /eventType" in broken.said
    assert broken.cure


def test_a_mapping_that_may_surprise_is_warned_of(tmp_path: Path) -> None:
    [warning] = [line for line in check_segment(settings(tmp_path), ["prod"]) if line.level is Level.WARN]

    assert warning.subject == "segment odd"
    assert "`and` and `or` are mixed on one level" in warning.said


def test_destinations_of_other_deployments_are_left_out_where_one_is_asked_for(tmp_path: Path) -> None:
    assert list(check_segment(settings(tmp_path), ["test"])) == []
