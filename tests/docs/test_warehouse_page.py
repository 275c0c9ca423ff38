"""The page about warehouse syncs: its definitions load, and what it says people see is what they see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from producers.warehouse.syncing.definition import load_syncs
from producers.warehouse.syncing.previewing import preview
from tercel.cli.sync.trying import SEEN_LATER
from tercel.settings import Settings
from tests.docs.documents import ALL, ROOT

warehouse = next(page for page in ALL if page.name == "docs/warehouse.md")
readme = next(page for page in ALL if page.name == "README.md")
EXAMPLE = ROOT / "examples/warehouse/tercel.toml"


def blocks_of(text: str) -> str:
    """Return the settings that a page shows, as one file; blocks in a numbered list are indented."""
    return "\n".join(re.findall(r"^ *```toml\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (blocks_of(warehouse.text), {"big_spenders", "customers", "gold"}),
        (blocks_of(readme.text), {"big_spenders"}),
    ],
    ids=["docs/warehouse.md", "README.md"],
)
def test_the_syncs_that_are_shown_can_work(text: str, names: set[str], tmp_path: Path) -> None:
    (tmp_path / "talon-one.key").write_text("secret")
    file = tmp_path / "tercel.toml"
    file.write_text(text)

    assert load_syncs(Settings.load(file, environ={})).keys() == names


def test_the_example_comes_out_as_its_page_says() -> None:
    syncs = load_syncs(Settings.load(EXAMPLE, environ={}))

    found = preview(syncs["customers"])

    assert {one.number: one.problem.code for one in found if one.problem} == {5: "T510", 7: "T508"}
    [without_address] = [one for one in found if one.number == 4]
    assert "Email" not in (without_address.attributes or {})
    assert [one.key for one in preview(syncs["gold"])] == ["shop_1001", "shop_1005"]


def test_every_row_of_the_contract_is_on_the_page_once() -> None:
    rows = re.findall(r"^\| (Z\d+) \|.*`test_\w+`", warehouse.text, re.MULTILINE)

    assert rows == [f"Z{number}" for number in range(1, 26)]


def test_what_talon_one_shows_later_is_said_in_the_words_of_the_page() -> None:
    assert all(sentence in warehouse.text for sentence in SEEN_LATER.values())
