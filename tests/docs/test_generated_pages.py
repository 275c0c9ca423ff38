"""Pages made from declarations in the code are what the code declares now."""

from __future__ import annotations

import pytest

from docs.build import FOLDER, PAGES, content


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == content(name), "run: python docs/build.py"
