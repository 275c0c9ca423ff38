"""The command lines of workers and Flower: pure functions of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tercel.cli.programs import FLOWER_MOST_FAILURES, flower_program, flower_url, worker_programs
from tercel.errors import SettingsError
from tercel.settings import Settings


def settings(tmp_path: Path, **flower: object) -> Settings:
    return Settings.load(environ={}, home=tmp_path, worker={"processes": 3}, flower=flower)


def test_workers_have_names_that_differ_here_and_between_supervisors(tmp_path: Path) -> None:
    of_two = [
        program.command[program.command.index("--hostname") + 1]
        for owner in (7, 8)
        for program in worker_programs(settings(tmp_path), environment={}, owner=owner)
    ]

    assert len(set(of_two)) == 6
    assert of_two[0] == "tercel-7-1@%h"


def test_flower_is_read_only_and_keeps_what_it_has_seen(tmp_path: Path) -> None:
    command = flower_program(
        settings(tmp_path, max_tasks=1234), environment={}, port=5555, read_only=True, alone=True
    ).command

    assert "--read_only=true" in command
    assert "--address=127.0.0.1" in command
    assert "--max_tasks=1234" in command
    assert "--persistent=true" in command
    assert f"--db={tmp_path}/flower/state" in command
    assert "--conf=/dev/null" in command
    assert any(option.startswith("--tasks_columns=name,args,state,result") for option in command)


def test_its_password_is_in_no_command_line_and_no_repr(tmp_path: Path) -> None:
    program = flower_program(
        settings(tmp_path, basic_auth="me:hunter2"), environment={}, port=5555, read_only=True, alone=True
    )

    assert "hunter2" not in " ".join(program.command) + repr(program)
    assert program.env == {"FLOWER_BASIC_AUTH": "me:hunter2"}


def test_a_password_that_flower_would_cut_in_two_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds a comma"):
        flower_program(
            settings(tmp_path, basic_auth="me:hunter2,"), environment={}, port=5555, read_only=True, alone=True
        )


@pytest.mark.parametrize(("alone", "most"), [(True, FLOWER_MOST_FAILURES), (False, None)])
def test_beside_workers_flower_is_only_tried_again(tmp_path: Path, alone: bool, most: int | None) -> None:
    program = flower_program(settings(tmp_path), environment={}, port=5555, read_only=True, alone=alone)

    assert program.most_failures == most


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("0.0.0.0", "http://127.0.0.1:1"),
        ("::", "http://[::1]:1"),
        ("::1", "http://[::1]:1"),
    ],
)
def test_its_url_is_one_that_a_person_here_can_open(tmp_path: Path, address: str, url: str) -> None:
    assert flower_url(settings(tmp_path, address=address, basic_auth="me:hunter2"), 1) == url
