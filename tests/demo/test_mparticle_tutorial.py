"""The real command: from the tutorial's curl to a coupon code, through the real door, lanes and worker."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tercel.cli import run
from tests.support.processes import Processes
from tests.support.waiting import eventually

TIMEOUT_S = 180.0  # generous: the machine may be busy with other tests
ENDING_S = 45.0  # a worker's grace and a margin
ProcessesOf = Callable[[Path], dict[int, str]]

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


@needs_proc
def test_the_tutorial_ends_with_one_coupon_for_the_customer_and_leaves_nothing(
    processes: Processes, processes_of: ProcessesOf, tmp_path: Path
) -> None:
    demo = processes.tercel("demo", "mparticle", "--customer", "Zoë O'Hara", env={"TMPDIR": str(tmp_path)})

    assert demo.wait(TIMEOUT_S) == 0

    assert re.search(r"coupon for Zoë O'Hara:\n +WELCOME-[A-Z2-7]{8}\n", demo.output)
    assert "All of it is as it should be" in demo.output
    assert processes_of(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


@needs_proc
def test_a_tutorial_that_stays_takes_the_curl_command_it_shows_until_it_is_interrupted(
    processes: Processes, processes_of: ProcessesOf, tmp_path: Path
) -> None:
    # given one that has come to its end, and stays
    demo = processes.tercel("demo", "mparticle", "--stay", "--home", str(tmp_path / "home"))
    eventually(lambda: "Ctrl-C ends it" in demo.output, TIMEOUT_S, demo.describe)
    # when another customer visits, by the command that it shows
    shown = demo.output[demo.output.index("It all goes on running") :]
    command = shlex.split(shown[shown.index("curl --location") : shown.index("  curl http")])
    url, user, body = (command[command.index(option) + 1] for option in ("--location", "--user", "--data"))
    answer = httpx.post(url, content=body.encode(), auth=tuple(user.split(":")), trust_env=False)  # type: ignore[arg-type]
    # then he gets a coupon too
    assert answer.status_code == 202
    coupons = next(word for word in shown.split() if word.endswith("/_admin/coupons"))
    eventually(lambda: "Jane Roe" in httpx.get(coupons, trust_env=False).text, TIMEOUT_S, demo.describe)

    demo.interrupt()

    assert demo.wait(ENDING_S) == 0
    assert processes_of(tmp_path) == {}


@needs_proc
def test_a_tutorial_whose_talon_one_dies_says_so_in_one_sentence(
    processes: Processes, processes_of: ProcessesOf, tmp_path: Path
) -> None:
    demo = processes.tercel("demo", "mparticle", "--home", str(tmp_path / "home"))
    standins = eventually(
        lambda: [pid for pid, command in processes_of(tmp_path).items() if "sandbox.talon_one" in command],
        TIMEOUT_S,
        demo.describe,
    )
    for pid in standins:  # long before the receiver and the worker are up
        os.kill(pid, signal.SIGKILL)

    assert demo.wait(TIMEOUT_S) not in (0, 130)
    assert "stand-in" in demo.output.splitlines()[-2] + demo.output.splitlines()[-1]
    assert "Traceback" not in demo.output
    eventually(lambda: processes_of(tmp_path) == {}, ENDING_S)


def test_options_of_the_other_demo_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--customers", "500", "mparticle"]) == 2

    assert "put the options of `demo mparticle` behind it" in capsys.readouterr().err


def test_a_customer_must_have_an_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "mparticle", "--customer", " "]) == 2

    assert "--customer must be a text" in capsys.readouterr().err


def test_help_names_the_tutorial() -> None:
    told = subprocess.run(
        [Path(sys.executable).with_name("tercel"), "demo", "--help"], capture_output=True, text=True, check=True
    )

    assert "mparticle" in told.stdout
