"""The real command, with its real processes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tercel.cli import run
from tercel.cli.demo.house import clean_environment
from tests.support.processes import Process, Processes
from tests.support.waiting import eventually

SMALL = ("demo", "--customers", "2000", "--events", "60")
LONG = ("demo", "--events", "20000")  # minutes at its limit: it is ended before that
TIMEOUT_S = 300.0  # generous: the machine may be busy with other tests
ENDING_S = 120.0  # a worker's grace and a margin
ProcessesOf = Callable[[Path], dict[int, str]]

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


def delivering(demo: Process) -> bool:
    return any(line.lstrip()[:1].isdecimal() and " delivered" in line for line in demo.output.splitlines())


@needs_proc
def test_two_demos_side_by_side_both_deliver_exactly_their_files_and_leave_nothing(
    processes: Processes, processes_of: ProcessesOf, tmp_path: Path
) -> None:
    homes = [tmp_path / "a", tmp_path / "b"]
    demos = [processes.tercel(*SMALL, "--home", str(home)) for home in homes]

    assert [demo.wait(TIMEOUT_S) for demo in demos] == [0, 0]

    for demo, home in zip(demos, homes, strict=True):
        assert "profiles     2,000 received = 2,000 delivered" in demo.output
        assert "corrections  1,000 received = 999 delivered + 1 rejected" in demo.output
        assert "What the stand-in holds is exactly what the files say" in demo.output
        assert processes_of(home) == {}


@needs_proc
def test_a_demo_killed_with_sigkill_takes_every_process_with_it(
    processes: Processes, processes_of: ProcessesOf, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    demo = processes.tercel(*LONG, "--home", str(home))
    eventually(lambda: delivering(demo), TIMEOUT_S, demo.describe)
    # Itself, Redis, the stand-in, two workers, Flower.
    eventually(lambda: len(processes_of(home)) >= 6, describe=demo.describe)

    demo.kill9()

    eventually(lambda: not processes_of(home), ENDING_S, lambda: processes_of(home))


@needs_proc
def test_a_demo_that_stays_shows_the_lanes_in_flower_until_it_is_interrupted(
    processes: Processes, processes_of: ProcessesOf, tmp_path: Path
) -> None:
    demo = processes.tercel(*SMALL, "--stay", env={"TMPDIR": str(tmp_path)})
    eventually(lambda: "Ctrl-C ends it" in demo.output, TIMEOUT_S, demo.describe)
    flower = next(word for word in demo.output.split() if word.startswith("http://127.0.0.1:"))
    assert "sandbox.profile.bulk" in httpx.get(f"{flower}/broker", trust_env=False, timeout=TIMEOUT_S).text

    demo.interrupt()

    assert demo.wait(ENDING_S) == 0
    assert processes_of(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_demo_told_to_end_before_its_end_says_that_it_was_interrupted(processes: Processes, tmp_path: Path) -> None:
    demo = processes.tercel(*LONG, "--home", str(tmp_path / "home"))
    eventually(lambda: delivering(demo), TIMEOUT_S, demo.describe)

    demo.terminate()

    assert demo.wait(ENDING_S) == 130


@needs_proc
def test_a_stand_in_that_dies_is_said_in_one_sentence(
    processes: Processes, processes_of: ProcessesOf, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    demo = processes.tercel(*LONG, "--home", str(home))
    eventually(lambda: delivering(demo), TIMEOUT_S, demo.describe)

    (standin,) = (pid for pid, command in processes_of(home).items() if "sandbox.talon_one" in command)
    os.kill(standin, signal.SIGKILL)

    assert demo.wait(ENDING_S) == 3
    assert "T203: The Talon.One stand-in does not answer" in demo.output
    assert "Traceback" not in demo.output
    assert processes_of(home) == {}


def test_a_home_that_holds_something_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "precious").touch()

    assert run(["demo", "--home", str(tmp_path)]) == 2

    assert "wants a new or an empty folder" in capsys.readouterr().err


def test_a_settings_file_is_refused_because_the_demo_uses_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--config", str(tmp_path / "tercel.toml"), "demo"]) == 2

    assert "leave --config away" in capsys.readouterr().err


def test_nobodys_settings_reach_the_demos_processes() -> None:
    given = {"PATH": "/bin", "TERCEL_REDIS_URL": "redis://real", "FLOWER_PORT": "1", "TERCEL_REDIS_SERVER": "valkey"}

    assert clean_environment(given) == {"PATH": "/bin", "TERCEL_REDIS_SERVER": "valkey"}
