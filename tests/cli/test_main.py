"""The command itself: help, version, and how it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tercel.cli import app
from tercel.cli.failing import INTERRUPTED, PIPE_CLOSED, exit_status_of
from tercel.errors import RedisUnavailable, SettingsError
from tests.cli.conftest import Tercel

COMMANDS = [
    *("up", "worker", "backfill", "status", "flower", "rejected", "explain", "pause", "resume", "audiences"),
    *("receiver", "beat", "lanes", "check", "segment", "sync", "settings", "db"),
]
HEAVY = ("pydantic", "redis", "celery", "sqlalchemy", "httpx", "pyarrow")


@pytest.mark.parametrize("typed", ["--help", "-h", ""])
def test_help_lists_every_command(tercel: Tercel, typed: str) -> None:
    ran = tercel(*typed.split())

    assert all(f" {command} " in ran.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_of_its_own(tercel: Tercel, command: str) -> None:
    ran = tercel(command, "--help")

    assert ran.status == 0
    assert f"Usage: tercel {command}" in ran.out


@pytest.mark.parametrize("typed", ["", "status", "rejected replay", "segment test"])
def test_help_shows_flags_without_a_value(tercel: Tercel, typed: str) -> None:
    ran = tercel(*typed.split(), "--help")

    assert "--help" in ran.out
    assert "<bool>" not in ran.out


def test_every_command_is_in_the_list_above() -> None:
    named = {one.name or getattr(one.callback, "__name__", "") for one in app.registered_commands}
    groups = {one.name for one in app.registered_groups}

    assert named | groups <= {*COMMANDS, "demo"}


def test_help_imports_nothing_heavy() -> None:
    """What makes it quick, without a clock."""
    source = f"import sys, tercel.cli; sys.exit([name for name in {HEAVY} if name in sys.modules] or 0)"

    ran = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr


def test_the_version_is_shown(tercel: Tercel) -> None:
    assert tercel("--version").out.startswith("tercel 0.")


def test_it_runs_as_a_module_too() -> None:
    ran = subprocess.run([sys.executable, "-m", "tercel", "--version"], capture_output=True, text=True, check=False)

    assert ran.stdout.startswith("tercel 0.")


def test_an_error_is_one_sentence_with_its_code_and_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise RedisUnavailable("Redis at redis://localhost:6379/0 cannot be reached.")

    assert exit_status_of(fail, debug=lambda: False) == 3
    assert capsys.readouterr().err == (
        "T201: Redis at redis://localhost:6379/0 cannot be reached. (tercel explain T201)\n"
    )


def test_several_problems_stand_on_lines_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise SettingsError("One is wrong.\nTwo is wrong.")

    assert exit_status_of(fail, debug=lambda: False) == 2
    assert capsys.readouterr().err == "T101: One is wrong.\nTwo is wrong.\n(tercel explain T101)\n"


@pytest.mark.parametrize("debug", [False, True])
def test_an_unexpected_error_shows_its_trace_only_on_demand(capsys: pytest.CaptureFixture[str], debug: bool) -> None:
    def fail() -> None:
        raise ZeroDivisionError("secret detail")

    assert exit_status_of(fail, debug=lambda: debug) == 1
    err = capsys.readouterr().err
    assert ("Traceback" in err) is debug
    assert ("secret detail" in err) is debug
    assert "ZeroDivisionError" in err


def test_ctrl_c_ends_it_as_a_shell_expects() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert exit_status_of(interrupted, debug=lambda: False) == INTERRUPTED


def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    """As in ``tercel explain | head -1``."""
    reading, writing = os.pipe()
    os.close(reading)

    ran = subprocess.run(
        [sys.executable, "-m", "tercel", "explain"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)

    assert ran.returncode == PIPE_CLOSED
    assert ran.stderr == ""


def test_settings_are_shown_without_secrets(tercel: Tercel, prod: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERCEL_REDIS_URL", "redis://:hunter2-redis@127.0.0.1:6379/0")
    monkeypatch.setenv("TERCEL_FLOWER__BASIC_AUTH", "me:hunter2-flower")

    shown = tercel("settings").out + tercel("settings", "--json").out

    assert "deployments.prod.url" in shown
    assert "(set, not shown)" in shown
    assert "hunter2" not in shown
