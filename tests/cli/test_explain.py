"""Every code that anybody uses is explained."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tercel.cli.catalogue import catalogue
from tests.cli.conftest import Tercel

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"\bT\d{3}\b")


def codes_in_source() -> Iterator[tuple[str, str]]:
    """Yield (code, file) of every string in the source that names a code."""
    for package in ("tercel", "workers", "producers", "sandbox"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield from ((code, str(file.relative_to(ROOT))) for code in CODE.findall(node.value))


def test_every_code_used_in_the_source_is_explained() -> None:
    known = catalogue()

    unexplained = sorted({(code, file) for code, file in codes_in_source() if code not in known})

    assert unexplained == []


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_an_explanation_says_what_why_and_what_to_do(code: str) -> None:
    found = catalogue()[code]

    assert CODE.fullmatch(code)
    assert found.title
    assert not found.title.endswith(".")
    assert found.cause.endswith(".")
    assert found.cure.endswith((".", "`"))


def test_a_code_is_explained_in_any_case(tercel: Tercel) -> None:
    ran = tercel("explain", "t450")

    assert ran.status == 0
    assert ran.out.startswith("T450: Talon.One does not know an attribute")
    assert "Cause:" in ran.out
    assert "Cure:" in ran.out


def test_without_a_code_all_are_listed(tercel: Tercel) -> None:
    listed = tercel("explain").out
    as_json = json.loads(tercel("explain", "--json").out)

    assert all(f"\n{code}\t" in listed for code in catalogue())
    assert [one["code"] for one in as_json] == list(catalogue())


def test_an_unknown_code_is_an_error_that_names_the_list(tercel: Tercel) -> None:
    ran = tercel("explain", "T999")

    assert ran.status == 2
    assert "T100: There is no code 'T999'" in ran.err
    assert "`tercel explain` lists them all" in ran.err
