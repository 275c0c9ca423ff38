"""The documentation's tables come from the declarations."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tercel.settings import Settings
from tercel.settings.declared import Declared, declared_in
from tercel.settings.table import markdown

DECLARED = list(declared_in(Settings))


@pytest.mark.parametrize("setting", DECLARED, ids=lambda setting: setting.name)
def test_every_setting_says_what_it_means(setting: Declared) -> None:
    assert setting.description.endswith(".")


@pytest.mark.parametrize("setting", [s for s in DECLARED if s.name.endswith("_s")], ids=lambda setting: setting.name)
def test_every_time_is_in_seconds(setting: Declared) -> None:
    assert setting.unit == "s"


@pytest.mark.parametrize(
    "setting", [s for s in DECLARED if isinstance(s.default, int | float)], ids=lambda setting: setting.name
)
def test_every_number_has_a_unit(setting: Declared) -> None:
    assert setting.unit or setting.annotation is bool


def test_the_table_shows_name_variable_default_unit_and_meaning() -> None:
    assert (
        "| `worker.threads` | `TERCEL_WORKER__THREADS` | `32` | threads | Threads of one process; wanted in all "
        "processes: at least rate x p99 latency. |"
    ) in markdown().splitlines()


def test_a_secret_shows_the_variable_that_names_a_file() -> None:
    assert "| `redis_url` | `TERCEL_REDIS_URL`, `TERCEL_REDIS_URL_FILE` | (none) |" in markdown()


def test_the_module_prints_the_table() -> None:
    printed = subprocess.run([sys.executable, "-m", "tercel.settings"], capture_output=True, text=True, check=True)

    assert printed.stdout == markdown()
