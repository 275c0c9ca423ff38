"""``tercel receiver``: what it refuses to start with, and how its processes live and end."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tercel.embedded import EmbeddedRedis
from tests.receiver.open_doors import CLIENT_S, SECRET, SETTINGS, START_S, environment, held_port, identify
from tests.support.processes import Process, Processes
from tests.support.waiting import eventually

PROVEN = {"Authorization": f"Bearer {SECRET}"}
Launch = Callable[..., Process]


@pytest.fixture
def launch(processes: Processes, redis_server: EmbeddedRedis, tmp_path: Path, prefix: str) -> Launch:
    """Start ``tercel receiver`` with arguments, with settings of the test's own."""

    def start(*arguments: str, settings: str = SETTINGS) -> Process:
        env = {**environment(tmp_path, redis_server.url, settings), "TERCEL_REDIS_PREFIX": prefix}
        return processes.tercel("receiver", *arguments, env=env)

    return start


def listening(process: Process, times: int = 1) -> Process:
    """Wait until so many processes have said that they listen."""
    eventually(lambda: process.output.count("listens on") >= times, START_S, process.describe)
    return process


def port_of(process: Process) -> int:
    found = re.search(r"listens on \S+ port (\d+)", process.output)
    assert found, process.describe()
    return int(found[1])


def post(port: int, message_id: str) -> httpx.Response:
    return httpx.post(
        f"http://127.0.0.1:{port}/segment/webhook/web",
        json=identify("c-7", message_id),
        headers=PROVEN,
        timeout=CLIENT_S,
    )


def test_it_takes_a_free_port_says_which_doors_are_open_and_serves(launch: Launch) -> None:
    process = listening(launch("--port", "0"))
    eventually(lambda: "/segment/webhook/web" in process.output, describe=process.describe)
    assert post(port_of(process), "m-1").status_code == 200


@pytest.mark.parametrize("end", [Process.terminate, Process.interrupt])
def test_sigterm_and_ctrl_c_end_it_with_status_0(launch: Launch, end: Callable[[Process], None]) -> None:
    process = listening(launch("--port", "0"))
    end(process)
    assert process.wait() == 0
    assert "Traceback" not in process.output


def test_several_processes_share_a_port_and_their_figures(launch: Launch) -> None:
    port = port_of(listening(launch("--port", "0", "--processes", "2"), 2))
    for n in range(20):
        assert post(port, f"m-{n}").status_code == 200

    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=CLIENT_S).text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert sum(sample.value for sample in families["tercel_receiver_inputs"].samples) == 20


def test_a_process_that_is_killed_is_started_again_on_the_same_port(launch: Launch) -> None:
    process = listening(launch("--port", "0"))
    port = port_of(process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    [child] = [int(pid) for pid in children if "producers.receiver" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(child, signal.SIGKILL)

    listening(process, 2)
    assert post(port, "m-1").status_code == 200


def test_without_senders_it_says_what_to_add(launch: Launch) -> None:
    process = launch(settings='[deployments.prod]\nurl = "http://127.0.0.1:9"\nkey = "k"\n')
    assert process.wait() == 2
    assert "T650" in process.output
    assert "[senders.web]" in process.output


def test_a_port_that_is_taken_is_named(launch: Launch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = launch("--port", str(taken.getsockname()[1]))
        assert process.wait() == 2
        assert f"port {taken.getsockname()[1]}: something else listens there" in process.output


def test_a_second_receiver_does_not_share_the_port_of_the_first(launch: Launch) -> None:
    with held_port() as port:
        listening(launch("--port", str(port)))
        second = launch("--port", str(port))
        assert second.wait() == 2
        assert "something else listens there" in second.output


def test_a_mapping_that_cannot_work_is_refused_with_its_place(launch: Launch) -> None:
    process = launch(settings=SETTINGS.replace("trackEventV2", "trackEventV9"))
    assert process.wait() == 2
    assert "segment.traits" in process.output
    assert "trackEventV9" in process.output
    assert "Traceback" not in process.output


def test_a_key_file_that_is_missing_is_named(launch: Launch, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    process = launch(settings=SETTINGS.replace(f'key = "{SECRET}"', f'key_file = "{missing}"', 1))
    assert process.wait() == 2
    assert str(missing) in process.output
