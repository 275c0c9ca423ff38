"""The embedded server's life: one a home, tied to its owner, and never the end of the data."""

from __future__ import annotations

import json
import os
import signal
import stat
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import redis

from tercel.connections import connect
from tercel.embedded import EmbeddedRedis
from tests.support.processes import Process, Processes, alive
from tests.support.waiting import eventually

# A process that starts or joins the server of a home, says so, and stays until it is ended.
HOLDER = """
import json, sys, threading
from pathlib import Path
from tercel.embedded import EmbeddedRedis
server = EmbeddedRedis(Path(sys.argv[1]), watchdog=sys.argv[2] == "watchdog").start()
print(json.dumps({"pid": server.pid, "owner": server.owner}), flush=True)
threading.Event().wait()
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(home) as running:
        yield running


def hold(processes: Processes, home: Path, way: str = "kernel") -> Process:
    return processes.python("-c", HOLDER, str(home), way, name="holder")


def said(process: Process) -> dict[str, int]:
    answer: dict[str, int] = eventually(lambda: json.loads(process.output), describe=process.describe)
    return answer


def rewritten(client: redis.Redis) -> bool:
    """True when no rewrite of the append-only file is under way or waiting for its turn."""
    state = client.info("persistence")
    return not state["aof_rewrite_in_progress"] and not state["aof_rewrite_scheduled"]


def test_it_is_durable_private_and_has_no_tcp_port(server: EmbeddedRedis) -> None:
    with connect(server.url) as client:
        wanted = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "port": "0"}
        found = {name: client.config_get(name)[name] for name in wanted}

    assert found == wanted
    assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700


def test_extra_settings_reach_the_server(home: Path) -> None:
    with EmbeddedRedis(home, extra={"maxmemory": "64mb"}) as server, connect(server.url) as client:
        assert client.config_get("maxmemory") == {"maxmemory": "67108864"}


def test_a_setting_that_tercel_relies_on_cannot_be_changed(home: Path) -> None:
    with pytest.raises(ValueError, match="appendonly"):
        EmbeddedRedis(home, extra={"appendonly": "no"}).start()


def test_starting_twice_is_harmless(server: EmbeddedRedis) -> None:
    pid = server.pid

    server.start()

    assert server.pid == pid


def test_a_second_one_attaches_and_its_stop_only_lets_go(server: EmbeddedRedis, home: Path) -> None:
    second = EmbeddedRedis(home).start()
    assert (second.owner, second.pid) == (False, server.pid)

    second.stop()

    assert connect(server.url).ping()


def test_a_clean_stop_leaves_no_process_and_no_socket(home: Path) -> None:
    server = EmbeddedRedis(home).start()
    pid = server.pid
    assert pid is not None

    server.stop()

    assert not alive(pid)
    assert not server.socket.exists()


def test_processes_that_start_at_once_share_one_server(processes: Processes, home: Path) -> None:
    holders = [hold(processes, home) for _ in range(4)]

    answers = [said(holder) for holder in holders]

    assert len({answer["pid"] for answer in answers}) == 1
    assert [answer["owner"] for answer in answers].count(True) == 1


@pytest.mark.parametrize("way", ["kernel", "watchdog"])
def test_it_dies_with_its_owner_and_the_data_stays(processes: Processes, home: Path, way: str) -> None:
    owner = hold(processes, home, way)
    pid = said(owner)["pid"]
    with connect(EmbeddedRedis(home).url) as client:
        client.set("kept", "yes")

    owner.kill9()

    eventually(lambda: not alive(pid), describe="the server to follow its owner")
    with EmbeddedRedis(home) as server, connect(server.url) as client:
        assert client.get("kept") == b"yes"


def test_a_server_whose_owner_has_just_died_is_not_built_upon(processes: Processes, home: Path) -> None:
    for _ in range(5):
        owner = hold(processes, home)
        old = said(owner)["pid"]

        owner.kill9()
        with EmbeddedRedis(home) as server:  # at once: the old one may answer for a moment yet
            assert server.owner
            assert server.pid != old


def test_an_orphan_that_nothing_ends_is_replaced(processes: Processes, home: Path) -> None:
    # Given a watchdog killed together with the owner: nobody is left to end the server
    owner = hold(processes, home, "watchdog")
    orphan = said(owner)["pid"]
    watchdog = int(Path(f"/proc/{orphan}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(watchdog, signal.SIGKILL)
    owner.kill9()
    assert alive(orphan)

    with EmbeddedRedis(home) as server:
        assert server.owner
        assert not alive(orphan)


def test_who_was_attached_becomes_the_owner_when_it_starts_again(processes: Processes, home: Path) -> None:
    owner = hold(processes, home)
    said(owner)
    attached = EmbeddedRedis(home).start()
    owner.kill9()

    with attached.start():
        assert attached.owner


def test_a_server_started_from_a_short_thread_outlives_that_thread(home: Path) -> None:
    server = EmbeddedRedis(home)
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    try:
        with connect(server.url) as client:
            for _ in range(200):  # a signal at the thread's end would have come by now
                client.ping()
        assert server.owner
    finally:
        server.stop()


def test_a_forked_child_does_not_stop_the_server(server: EmbeddedRedis) -> None:
    child = os.fork()
    if child == 0:
        server.stop()
        os._exit(0)
    os.waitpid(child, 0)

    assert connect(server.url).ping()


def test_ctrl_c_in_the_owners_group_does_not_reach_the_server(processes: Processes, home: Path) -> None:
    owner = hold(processes, home)
    pid = said(owner)["pid"]

    assert os.getpgid(pid) != os.getpgid(owner.pid)


@pytest.mark.parametrize("watchdog", [False, True])
def test_what_it_acknowledged_survives_a_kill_of_the_server(home: Path, watchdog: bool) -> None:
    with EmbeddedRedis(home, watchdog=watchdog) as server:
        with connect(server.url) as client:
            client.rpush("numbers", *range(1_000))

        server.kill()
        server.start()

        assert connect(server.url).llen("numbers") == 1_000


@pytest.mark.parametrize("depth", [60, 200])
def test_a_home_too_deep_for_a_socket_gets_a_short_one(tmp_path: Path, depth: int) -> None:
    home = tmp_path / ("d" * depth) / "home"
    with EmbeddedRedis(home) as server:
        second = EmbeddedRedis(home).start()
        assert second.pid == server.pid
        assert connect(second.url).ping()
        socket = server.socket
        assert len(os.fsencode(socket)) < 104
        server.kill()
        server.start()
        assert connect(server.url).ping()

    assert not socket.exists()


@pytest.mark.parametrize("name", ["with space", "50%20off", "a;b,c", "what?now#here", 'quo"te\\s', "Zürich 東京"])
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    with EmbeddedRedis(tmp_path / name) as server:
        assert connect(server.url).ping()


def test_the_wheels_server_and_the_machines_own_read_each_others_data(home: Path) -> None:
    wheel_only = {"PATH": ""}
    for number, environ in enumerate([wheel_only, None, wheel_only]):
        with EmbeddedRedis(home, environ=environ) as server, connect(server.url) as client:
            assert client.llen("numbers") == number
            client.rpush("numbers", number)
            client.bgrewriteaof()
            eventually(partial(rewritten, client))


def test_a_server_busy_with_a_script_that_never_ends_is_stopped_all_the_same(home: Path) -> None:
    server = EmbeddedRedis(home, stop_timeout_s=0.2).start()
    pid = server.pid
    assert pid is not None
    with connect(server.url) as client:
        client.rpush("numbers", 1)
    with connect(server.url, socket_timeout_s=0.2, retries=0) as client:
        with pytest.raises(redis.TimeoutError):
            client.eval("while true do end", 0)

        server.stop()

    assert not alive(pid)
    with server.start(), connect(server.url) as client:
        assert client.llen("numbers") == 1
