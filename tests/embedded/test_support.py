"""The tests' own helpers do what they promise: other tests trust them."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest
import redis

from tercel.connections import connect
from tercel.embedded import EmbeddedRedis
from tests.support.cutting_proxy import CuttingProxy
from tests.support.processes import Processes, alive
from tests.support.redis_server import DurableRedis
from tests.support.waiting import eventually

MakeProxy = Callable[..., CuttingProxy]
INCREMENT = "return redis.call('INCR', KEYS[1])"


def test_a_cut_happens_after_the_server_has_executed_the_command(
    redis_server: EmbeddedRedis, redis_client: redis.Redis, cutting_proxy: MakeProxy
) -> None:
    proxy = cutting_proxy(redis_server.socket)
    client = connect(proxy.url, retries=0)
    proxy.cut_next("INCRBY")

    with pytest.raises(redis.ConnectionError):
        client.incr("n")

    assert redis_client.get("n") == b"1"
    assert proxy.cuts == 1


def test_redis_py_sends_a_cut_command_again(
    redis_server: EmbeddedRedis, redis_client: redis.Redis, cutting_proxy: MakeProxy
) -> None:
    proxy = cutting_proxy(redis_server.socket)
    client = connect(proxy.url)
    proxy.cut_next("INCRBY")

    assert client.incr("n") == 2


def test_a_script_the_server_does_not_have_yet_does_not_use_up_the_cut(
    redis_server: EmbeddedRedis, redis_client: redis.Redis, cutting_proxy: MakeProxy
) -> None:
    redis_client.script_flush()
    proxy = cutting_proxy(redis_server.socket)
    client = connect(proxy.url)
    script = client.register_script(INCREMENT)
    proxy.cut_next("EVALSHA")

    assert script(keys=["n"]) == 2
    assert (proxy.cuts, proxy.armed) == (1, 0)


def test_a_cut_waits_for_its_command_and_leaves_others_alone(
    redis_server: EmbeddedRedis, redis_client: redis.Redis, cutting_proxy: MakeProxy
) -> None:
    proxy = cutting_proxy(redis_server.socket)
    client = connect(proxy.url, retries=0)
    client.ping()
    proxy.cut_next("PING")

    client.set("n", 1)

    assert (proxy.cuts, proxy.armed) == (0, 1)


def test_a_command_larger_than_one_read_is_executed_whole_before_the_cut(
    redis_server: EmbeddedRedis, redis_client: redis.Redis, cutting_proxy: MakeProxy
) -> None:
    proxy = cutting_proxy(redis_server.socket)
    client = connect(proxy.url, retries=0)
    value = b"x" * 3_000_000
    proxy.cut_next("SET")

    with pytest.raises(redis.ConnectionError):
        client.set("n", value)

    assert redis_client.get("n") == value


def test_a_proxy_on_a_tcp_port_cuts_as_well(
    redis_server: EmbeddedRedis, redis_client: redis.Redis, cutting_proxy: MakeProxy
) -> None:
    proxy = cutting_proxy(redis_server.socket, tcp=True)
    client = connect(proxy.url)
    proxy.cut_next("INCRBY")

    assert client.incr("n") == 2


def test_cutting_all_connections_leaves_the_client_able_to_dial_again(
    redis_server: EmbeddedRedis, redis_client: redis.Redis, cutting_proxy: MakeProxy
) -> None:
    proxy = cutting_proxy(redis_server.socket)
    client = connect(proxy.url)
    client.set("n", 1)

    proxy.cut_all()

    assert client.get("n") == b"1"


def test_a_durable_server_keeps_what_it_acknowledged_through_a_kill(durable_redis: DurableRedis) -> None:
    client = durable_redis.client()
    for number in range(200):
        client.rpush("numbers", number)

    durable_redis.kill9()
    durable_redis.restart()

    assert client.llen("numbers") == 200


def test_processes_are_captured_and_killed_with_their_children(processes: Processes) -> None:
    source = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    process = processes.python("-c", source)
    child = int(eventually(lambda: process.output, describe=process.describe))

    processes.end_all()

    assert process.returncode == -signal.SIGTERM
    eventually(lambda: not alive(child), describe="the child to be gone")


def test_what_never_happens_is_said_with_its_last_state() -> None:
    with pytest.raises(AssertionError, match="for the moon to be blue; at the last look it was 0"):
        eventually(lambda: 0, timeout_s=0, describe="the moon to be blue")
