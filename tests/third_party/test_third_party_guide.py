"""The guide to the drop-in names what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.third_party import NOTES, paths

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "third-party.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", paths())
def test_the_guide_has_a_row_for_every_path(path: str) -> None:
    assert path in GUIDE


@pytest.mark.parametrize(("note", "meaning"), NOTES.items())
def test_the_guide_explains_every_note(note: str, meaning: str) -> None:
    assert f"| `{note}` | {meaning} |" in GUIDE
