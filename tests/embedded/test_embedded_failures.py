"""When the embedded server cannot run, the error says why and what to do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tercel.connections import connect
from tercel.embedded import EmbeddedRedis
from tercel.embedded.binary import find_server
from tercel.errors import RedisUnavailable


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def program(folder: Path, name: str, says: str) -> Path:
    """A made-up server program that only tells its version."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def with_data(home: Path) -> Path:
    """Leave data under ``home`` and return the file that holds it."""
    with EmbeddedRedis(home) as server, connect(server.url) as client:
        for number in range(100):
            client.rpush("numbers", number)
    return next((home / "redis" / "appendonlydir").glob("*.incr.aof"))


def test_a_machine_without_any_server_says_what_to_install() -> None:
    with pytest.raises(RedisUnavailable, match=r"none on PATH.*Install redis-server.*TERCEL_REDIS_URL"):
        find_server(environ={"PATH": ""}, wheel=False)


def test_a_server_on_path_that_is_too_old_is_passed_over_for_the_wheels(tmp_path: Path) -> None:
    program(tmp_path, "redis-server", "Redis server v=6.0.16 sha=0")

    assert find_server(environ={"PATH": str(tmp_path)}).product == "Valkey"


def test_a_server_that_is_too_old_is_named_where_there_is_no_other(tmp_path: Path) -> None:
    program(tmp_path, "redis-server", "Redis server v=6.0.16 sha=0")

    with pytest.raises(RedisUnavailable, match=r"Redis 6\.0\.16 .* is too old"):
        find_server(environ={"PATH": str(tmp_path)}, wheel=False)


def test_a_server_that_would_not_see_the_data_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path, "redis-server", "Redis server v=6.2.14 sha=0")
    environ = {"PATH": str(tmp_path)}

    assert find_server(environ=environ).version == (6, 2, 14)
    assert find_server(environ=environ, multi_part=True).product == "Valkey"


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("nowhere/redis-server", "not a program that can be run"),
        ("cat", "not a Redis or Valkey server"),
        ("old-redis", "6.2 or newer is needed"),
    ],
)
def test_a_server_named_by_hand_that_will_not_do_is_refused(tmp_path: Path, named: str, says: str) -> None:
    program(tmp_path, "old-redis", "Redis server v=5.0.3 sha=0")
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TERCEL_REDIS_SERVER": named}

    with pytest.raises(RedisUnavailable, match=f"TERCEL_REDIS_SERVER.*{says}"):
        find_server(environ=environ)


def test_a_server_named_by_hand_is_taken(tmp_path: Path) -> None:
    path = program(tmp_path, "mine", "Valkey server v=8.1.0 sha=0")

    assert find_server(environ={"PATH": "", "TERCEL_REDIS_SERVER": str(path)}).path == path


def test_a_home_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(RedisUnavailable, match=r"file/home/redis, cannot be written to .*TERCEL_HOME"):
        EmbeddedRedis(tmp_path / "file" / "home").start()


def test_a_setting_the_server_refuses_is_shown_as_the_server_says_it(home: Path) -> None:
    with pytest.raises(RedisUnavailable, match=r"refuses a setting(.|\n)*no-such-setting"):
        EmbeddedRedis(home, extra={"no-such-setting": "1"}).start()


def test_a_server_that_says_nothing_useful_is_shown_with_its_last_words(tmp_path: Path, home: Path) -> None:
    path = program(tmp_path, "mine", "Valkey server v=8.1.0 sha=0")  # tells its version and ends, whatever it is asked

    with pytest.raises(RedisUnavailable, match=r"exit status 0(.|\n)*Valkey server v=8\.1\.0"):
        EmbeddedRedis(home, environ={"TERCEL_REDIS_SERVER": str(path)}).start()


def test_half_a_command_at_the_end_of_the_file_is_no_reason_not_to_start(home: Path) -> None:
    data = with_data(home)
    with data.open("ab") as file:
        file.write(b"*3\r\n$5\r\nrpush\r\n$7\r\nnum")

    with EmbeddedRedis(home) as server:
        assert connect(server.url).llen("numbers") == 100


@pytest.mark.parametrize("environ", [None, {"PATH": ""}], ids=["machine's own", "wheel's"])
def test_a_damaged_file_is_reported_with_a_repair_that_works(home: Path, environ: dict[str, str] | None) -> None:
    data = with_data(home)
    content = bytearray(data.read_bytes())
    content[-40:-30] = b"\x00" * 10
    data.write_bytes(content)

    with pytest.raises(RedisUnavailable, match="append-only file is damaged") as failure:
        EmbeddedRedis(home, environ=environ).start()

    command = re.search(r"bash -c '[^']*'", str(failure.value))
    assert command is not None
    subprocess.run(command[0], shell=True, input="y\n", text=True, check=True, capture_output=True)
    with EmbeddedRedis(home, environ=environ) as server:
        assert 90 < connect(server.url).llen("numbers") < 100


def test_a_failed_start_leaves_no_process_and_no_lock(home: Path) -> None:
    with pytest.raises(RedisUnavailable):
        EmbeddedRedis(home, extra={"no-such-setting": "1"}).start()

    with EmbeddedRedis(home) as server:
        assert server.owner


def test_a_server_that_hangs_is_named_with_its_process(home: Path) -> None:
    with EmbeddedRedis(home) as server:
        assert server.pid is not None
        os.kill(server.pid, signal.SIGSTOP)
        try:
            with pytest.raises(RedisUnavailable, match=f"Process {server.pid} holds the embedded Redis"):
                EmbeddedRedis(home, start_timeout_s=0.1).start()
        finally:
            os.kill(server.pid, signal.SIGCONT)
