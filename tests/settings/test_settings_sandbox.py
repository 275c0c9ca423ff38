"""The sandbox's deployment, which settings may name although it is there only while `tercel up --sandbox` runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from producers.receiver.senders import ThirdPartySenders
from producers.segment.destinations import load_destinations
from tercel.cli.opening import load_settings
from tercel.cli.sandbox_file import SandboxNote, write_note
from tercel.errors import SettingsError
from tercel.settings import Settings

SENDER = '[senders.cdp]\ndoor = "third_party"\nkey = "k"\ndeployments = ["sandbox"]\n'
DESTINATION = '[segment.shop]\ntype = "classic"\ndeployment = "sandbox"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("tercel.toml").write_text(SENDER + DESTINATION)
    return tmp_path


def test_senders_and_destinations_may_name_the_sandbox_before_it_runs() -> None:
    # when
    settings = Settings.load(environ={})

    # then
    assert settings.segment["shop"].deployment == "sandbox"


@pytest.mark.parametrize("needed_by", [load_destinations, ThirdPartySenders])
def test_what_needs_the_sandbox_while_it_does_not_run_says_how_to_start_it(needed_by: type) -> None:
    # given
    settings = Settings.load(environ={})

    # then
    with pytest.raises(SettingsError, match="start that first"):
        needed_by(settings)


def test_a_running_sandbox_is_the_deployment_that_was_named(folder: Path) -> None:
    # given
    write_note(folder / ".tercel", SandboxNote("http://127.0.0.1:1", "k", os.getpid()))

    # when
    settings = load_settings()

    # then
    assert load_destinations(settings)["shop"].deployment == settings.segment["shop"].deployment
