"""The long-running commands as real processes: they work, and they leave nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from sandbox.talon_one import Config, start
from tercel.cli.sandbox_file import read_note
from tests.cli.conftest import Ran, Tercel
from tests.support.processes import Process, Processes
from tests.support.waiting import eventually

READY_S = 180.0  # seconds for processes to come up on a busy machine
ROWS = 2_500


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """What a tercel of its own is started with."""
    return {"TERCEL_HOME": str(home), "TERCEL_WORKER__THREADS": "4"}


def processes_of(home: Path) -> dict[int, str]:
    """Every process that has something to do with a home folder: by its command line or its environment (Linux)."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            about = command + (folder / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(home) in about and command:
            found[int(folder.name)] = command
    return found


def workers_of(home: Path) -> list[int]:
    return [pid for pid, command in processes_of(home).items() if " worker " in command and "celery" in command]


def answers(url: str) -> bool:
    with urlopen(f"{url}/healthcheck", timeout=30) as answer:  # loopback
        return bool(answer.status == 200)


def broker_page(url: str) -> str:
    with urlopen(f"{url}/broker", timeout=30) as answer:
        return str(answer.read().decode())


def flower_url(process: Process) -> str:
    found = eventually(lambda: re.findall(r"Flower: +(http://\S+)", process.output), READY_S, process.describe)
    return str(found[0])


def people(path: Path, rows: int = ROWS) -> Path:
    path.write_text("id,Email\n" + "".join(f"c{number},c{number}@mail.example\n" for number in range(rows)))
    return path


def await_sandbox(home: Path, process: Process) -> None:
    eventually(lambda: read_note(home) is not None, READY_S, process.describe)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_delivers_a_file_and_ends_in_good_order(
    processes: Processes,
    tercel: Tercel,
    home: Path,
    environment: dict[str, str],
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    up = processes.tercel("up", "--sandbox", "--flower-port", "0", "-p", "2", env=environment, cwd=tmp_path)
    await_sandbox(home, up)

    sent = tercel("backfill", "--id", "id", str(people(tmp_path / "people.csv")), "--wait", "--json")

    def check_with_both() -> Ran | None:
        """The check, once both workers answer it in its time."""
        ran = tercel("check")
        return ran if "2 answer: tercel-" in ran.out else None

    checked = eventually(check_with_both, READY_S, up.describe)
    assert checked is not None
    url = flower_url(up)
    eventually(lambda: answers(url), READY_S, up.describe)
    eventually(lambda: "sandbox.profile.bulk" in broker_page(url), READY_S, up.describe)
    up.send(number)

    report = json.loads(sent.out)
    assert sent.status == 0, sent.err
    assert report["balance"]["delivered"] == ROWS
    assert report["delivered"] is True
    assert "fail" not in checked.out
    assert up.wait() == 0, up.describe()
    assert processes_of(home) == {}
    assert read_note(home) is None
    with pytest.raises(URLError):
        answers(url)


def test_a_worker_that_is_killed_is_started_again(
    processes: Processes,
    tercel: Tercel,
    home: Path,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with start(Config(attributes={"profile": {"Email": "string"}})) as standin:
        given = {
            **environment,
            "TERCEL_DEPLOYMENTS__PROD__URL": standin.url,
            "TERCEL_DEPLOYMENTS__PROD__KEY": "sandbox-key",
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        worker = processes.tercel("worker", "--processes", "2", env=given, cwd=tmp_path)
        first = eventually(lambda: found if len(found := workers_of(home)) == 2 else [], READY_S, worker.describe)

        os.kill(first[0], signal.SIGKILL)

        eventually(lambda: len(found := workers_of(home)) == 2 and first[0] not in found, READY_S, worker.describe)
        sent = tercel("backfill", "--id", "id", str(people(tmp_path / "people.csv")), "--wait")
        worker.terminate()
        assert sent.status == 0, sent.err
        assert f"balance: {ROWS:,} received = {ROWS:,} delivered" in sent.out
        assert len(standin.admin.profiles()) == ROWS
        assert "was ended by SIGKILL; starting it again in 1 s" in worker.output
        assert worker.wait() == 0
        assert processes_of(home).keys() - {standin.pid} == set()


def test_flower_answers_only_here_shows_only_and_ends_by_pid(
    processes: Processes, home: Path, environment: dict[str, str], prod: str, tmp_path: Path
) -> None:
    flower = processes.tercel("flower", "--port", "0", env=environment, cwd=tmp_path)
    url = flower_url(flower)
    eventually(lambda: answers(url), READY_S, flower.describe)
    options = next(command for command in processes_of(home).values() if "celery" in command)

    flower.terminate()

    assert url.startswith("http://127.0.0.1:")
    assert "--read_only=true" in options
    assert flower.wait() == 0
    assert (home / "flower").is_dir()
    assert processes_of(home) == {}


def test_a_taken_port_is_said_before_anything_starts(tercel: Tercel, prod: str) -> None:
    with start() as standin:
        ran = tercel("flower", "--port", standin.url.rpartition(":")[2])

    assert ran.status == 2
    assert "something else listens there; choose another with --port" in ran.err


def test_an_interrupted_backfill_says_how_to_go_on_and_does(
    processes: Processes, tercel: Tercel, home: Path, environment: dict[str, str], prod: str, tmp_path: Path
) -> None:
    """A low high-water mark and no worker: it waits, until it is told to stop."""
    given = {**environment, "TERCEL_LANES__HIGH_WATER": "1000"}
    file = people(tmp_path / "people.csv")
    first = processes.tercel("backfill", "--id", "id", str(file), env=given, cwd=tmp_path)
    eventually(lambda: "high-water mark" in first.output, READY_S, first.describe)

    first.interrupt()
    interrupted = first.wait()
    second = tercel("backfill", "--id", "id", str(file))

    assert interrupted == 130
    assert "interrupted after 1,000 rows. Give the same command again" in first.output
    assert second.status == 0
    assert f"{ROWS:,} rows read (it went on at row 1,000)" in second.out
    assert f"balance: {ROWS:,} received = {ROWS:,} waiting" in second.out


def test_bad_rows_are_rejected_and_the_exit_status_says_so(tercel: Tercel, prod: str, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,Email\n1,a@mail.example\n,b@mail.example\n")

    ran = tercel("backfill", "--id", "id", "people.csv")

    assert ran.status == 4
    assert "2 rows read, 1 on the lanes, 1 rejected" in ran.out
    assert "balance: 2 received = 1 waiting + 1 rejected" in ran.out
    assert "people.csv:3" in tercel("rejected", "list").out


def test_check_tells_a_wrong_key_from_a_wrong_address(
    tercel: Tercel, prod: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = tercel("check")
    with start() as standin:
        monkeypatch.setenv("TERCEL_DEPLOYMENTS__PROD__URL", standin.url)
        refused = tercel("check")
        monkeypatch.setenv("TERCEL_DEPLOYMENTS__PROD__KEY", "sandbox-key")
        accepted = tercel("check")

    assert nobody.status == 1
    assert "fail  deployment prod: T203: http://127.0.0.1:9: cannot be reached (Connection refused)" in nobody.out
    assert refused.status == 1
    assert "fail  deployment prod: T401" in refused.out
    assert "hunter2" not in refused.out
    assert accepted.status == 0
    assert "ok    deployment prod" in accepted.out
    assert "warn  workers: T230" in accepted.out
