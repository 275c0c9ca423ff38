"""The documents are held against the code: what they name exists, and is called so."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main

from producers.segment.destinations import load_destinations
from tercel.cli import app
from tercel.cli.catalogue import catalogue
from tercel.metrics import METRICS
from tercel.settings import Settings
from tercel.settings.declared import declared_in
from tests.docs.documents import ALL, ROOT, Page, words_after

TESTS = [path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/*.py")]
CODE = re.compile(r"\bT\d{3}\b")
METRIC = re.compile(r"\btercel_[a-z_]+")
SETTING = re.compile(
    r"(?:deployments|lanes|delivery|limiter|worker|flower|receiver|senders|segment|mparticle|syncs)\.[a-z_<>.]+"
)
PLACEHOLDERS = {"...", "COMMAND", "CODE"}  # in place of something the reader puts in

each_page = pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
readme = next(page for page in ALL if page.name == "README.md")


def unknown_words(words: list[str]) -> list[str]:
    """Return the words of a tercel command line that name no command and no option."""
    command: Any = typer.main.get_command(app)
    unknown: list[str] = []
    for word in words:
        options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        options |= {"--help", "-h"}
        commands = getattr(command, "commands", {})
        if word.startswith("-"):
            unknown += [] if word.partition("=")[0] in options else [word]
        elif word in PLACEHOLDERS:
            break
        elif commands:
            if word not in commands:
                unknown.append(word)
                break
            command = commands[word]
    return unknown


@each_page
def test_every_link_leads_somewhere(page: Page) -> None:
    for link in page.links():
        file, _, anchor = link.partition("#")
        target = (page.path.parent / file).resolve() if file else page.path
        assert target.exists(), link
        if anchor:
            assert anchor in Page(target).anchors(), link


@each_page
def test_every_tercel_command_and_option_exists(page: Page) -> None:
    for words in words_after("tercel", page):
        assert not unknown_words(words), f"tercel {' '.join(words)}"


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    assert unknown_words(["rejcted", "list"]) == ["rejcted"]
    assert unknown_words(["rejected", "lst"]) == ["lst"]
    assert unknown_words(["backfill", "a.csv", "--idd", "x"]) == ["--idd"]
    assert not unknown_words(["backfill", "a.csv", "--id", "x"])


@each_page
def test_every_make_target_exists(page: Page) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for words in words_after("make", page):
        target = next((word for word in words if "=" not in word), "all")
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), f"make {target}"


@each_page
def test_every_module_to_run_exists(page: Page) -> None:
    for words in words_after("python", page):
        if words[:1] == ["-m"] and words[1] != "pip":
            assert importlib.util.find_spec(words[1]) is not None, words
        elif words and words[0].endswith(".py"):
            assert (ROOT / words[0]).exists(), words


@each_page
def test_every_code_can_be_explained(page: Page) -> None:
    assert set(CODE.findall(page.text)) <= set(catalogue())


@each_page
def test_every_metric_is_declared(page: Page) -> None:
    declared = {metric.name for metric in METRICS}
    assert set(METRIC.findall(page.text)) <= declared


@each_page
def test_every_setting_exists(page: Page) -> None:
    declared = {setting.name for setting in declared_in(Settings)}
    named = {text for text in page.inline_code() if SETTING.fullmatch(text) and not text.endswith((".py", ".lua"))}
    assert named <= declared


@each_page
def test_every_test_named_exists(page: Page) -> None:
    for name in re.findall(r"\btest_\w+\b(?!\.py)", page.text):
        assert any(f"def {name}(" in text for text in TESTS), name


def test_the_readmes_settings_file_is_one(tmp_path: Path) -> None:
    text = "\n".join(readme.blocks("toml"))  # the second adds to the first
    (tmp_path / "talon-one.key").write_text("secret")
    file = tmp_path / "tercel.toml"
    file.write_text(text)

    settings = Settings.load(file, environ={})

    assert settings.deployment("prod").rate == tomllib.loads(text)["deployments"]["prod"]["rate"]
    assert load_destinations(settings).keys() == settings.segment.keys() == {"shop"}


def test_the_readmes_defaults_are_the_defaults() -> None:
    declared = {setting.name: setting.default for setting in declared_in(Settings)}
    rows = re.findall(r"^\| `([a-z_.<>]+)` \| ([\d,.]+)", readme.text, re.MULTILINE)

    assert rows
    for name, shown in rows:
        assert float(shown.replace(",", "")) == declared[name], name


@pytest.mark.parametrize("number", range(len(readme.blocks("python"))))
def test_the_readmes_python_compiles_and_imports_what_there_is(number: int) -> None:
    source = readme.blocks("python")[number]
    imports = "\n".join(line for line in source.splitlines() if line.startswith(("from ", "import ")))

    compile(source, "README.md", "exec")
    exec(imports, {})


def test_the_readmes_records_are_records() -> None:
    from tercel.records import RECORD_OF_LANE, LaneKind

    source = readme.blocks("python")[0]
    [(kind, data)] = re.findall(r'"enqueue\.(\w+)",\s*\["prod", "live", (\{.*\})\],', source)

    assert RECORD_OF_LANE[LaneKind(kind)].model_validate(eval(data, {})).key


def test_the_picture_is_one_file_that_needs_no_other() -> None:
    picture = (ROOT / "docs/how-it-works.svg").read_text(encoding="utf-8")

    assert picture.startswith("<svg ")
    assert "href" not in picture
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
