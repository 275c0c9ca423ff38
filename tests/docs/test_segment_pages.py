"""The pages about the receiver and Segment: their settings load, and their examples come out as they say."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from producers.segment.actions import ACTIONS
from producers.segment.destinations import load_destinations
from producers.segment.mapping import compile_mapping
from producers.segment.triggers import compile_trigger
from tercel.settings import Settings
from tests.docs.documents import ALL, Page

segment = next(page for page in ALL if page.name == "docs/segment.md")
receiver = next(page for page in ALL if page.name == "docs/receiver.md")
DEPLOYMENT = '[deployments.prod]\nurl = "https://mycompany.europe-west1.talon.one"\nkey = "0123456789abcdef"\n'


def section(page: Page, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its rank."""
    _, _, rest = page.text.partition(f"\n## {heading}\n")
    assert rest, heading
    return rest.partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Return the rows of a section's tables as cells, headings left out."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("|---")]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def literal(cell: str) -> Any:
    return json.loads(cell.strip("`"))


DIRECTIVES = [row for row in rows(section(segment, "Fields: directives")) if row[0].startswith("`@")]


@pytest.mark.parametrize("row", DIRECTIVES, ids=lambda row: row[0])
def test_the_example_of_a_directive_comes_out_as_the_page_says(row: list[str]) -> None:
    [message] = re.findall(r"about `(\{.*\})`", section(segment, "Fields: directives"))
    _, _, example, result = row

    found = compile_mapping({"x": literal(example)}).apply(json.loads(message))["x"]

    partial = re.fullmatch(r"`(\w+)` is (\d+)", result)
    assert found[partial[1]] == int(partial[2]) if partial else found == literal(result)


def test_the_page_has_every_directive() -> None:
    assert len(DIRECTIVES) == 13


def test_the_page_has_every_action_and_every_field_of_it() -> None:
    shown = {row[0].strip("`"): " ".join(row) for row in rows(section(segment, "Actions")) if row[0].startswith("`")}

    assert set(shown) == set(ACTIONS)
    for slug in ("trackEventV2", "updateCustomerProfileV3", "updateCustomerProfilesAttributes", "createAudience"):
        missing = [field.name for field in ACTIONS[slug].fields if f"`{field.name}`" not in shown[slug]]
        assert not missing, slug


@pytest.mark.parametrize(
    ("trigger", "message", "matches"),
    [
        ('event = "a" or event = "b" and event = "c"', {"event": "a"}, False),
        ('!(event = "a" or event = "b")', {"event": "a"}, True),
        ("type = 'track'", {"type": "track"}, False),
        ('properties.total = "25"', {"properties": {"total": 25}}, False),
        ("properties.ok != true", {"properties": {"ok": True}}, True),
        ('match(event, "Order")', {"event": "Xrder"}, True),
        (r'properties.my\ key = "x"', {"properties": {"my key": "x"}}, True),
    ],
)
def test_a_trap_of_the_page_is_one(trigger: str, message: dict[str, Any], matches: bool) -> None:
    assert compile_trigger(trigger).matches(message) is matches


@pytest.mark.parametrize("page", [segment, receiver], ids=lambda page: page.name)
def test_the_settings_files_of_the_page_can_work(page: Page, tmp_path: Path) -> None:
    blocks = [block.replace("\n   ", "\n") for block in re.findall(r"^ *```toml\n(.*?)^ *```", page.text, re.M | re.S)]
    assert blocks
    for block in blocks:
        own = "[deployments.prod]" in block
        text = block if own else DEPLOYMENT + block
        if "[segment.web]" not in text and "[[segment.web" in text:
            text = text.replace("[[segment.web", '[segment.web]\ndeployment = "prod"\n[[segment.web', 1)
        file = tmp_path / "tercel.toml"
        file.write_text(text)
        assert load_destinations(Settings.load(file, environ={}))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the page's script calls openssl")
def test_the_signature_of_the_page_is_the_one_that_the_door_asks_for(tmp_path: Path) -> None:
    """The shell lines of the page, with curl replaced by printing what it would send."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", receiver.text, re.M | re.S)
    [script] = [block for block in blocks if "openssl dgst" in block]
    lines = [line.strip() for line in script.splitlines() if "curl" not in line]
    (tmp_path / "segment-webhook.key").write_text("c0ffee\n")

    said = subprocess.run(
        ["/bin/sh", "-c", "\n".join([*lines, 'printf "%s %s" "$signature" "$body"'])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    signature, _, body = said.partition(" ")
    assert signature == hmac.new(b"c0ffee", body.encode(), hashlib.sha1).hexdigest()
