"""Starting and stopping stand-ins, and the sink."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.child import StartError, running
from tests.support.waiting import eventually

MODULES = ["sandbox.talon_one", "sandbox.sailthru", "sandbox.sink"]


@pytest.mark.parametrize("module", MODULES)
def test_sigterm_ends_it_with_exit_status_0(module: str) -> None:
    with running(module) as child:
        child.process.terminate()
        assert child.process.wait(60) == 0


@pytest.mark.parametrize("module", MODULES)
def test_it_announces_itself_in_a_file_if_asked(module: str, tmp_path: Path) -> None:
    file = tmp_path / "where.json"
    process = subprocess.Popen([sys.executable, "-m", module, "--announce", str(file), "--die-with-parent"])
    try:
        said = eventually(lambda: json.loads(file.read_text()), describe="the announcement")
        assert said["pid"] == process.pid
        assert said["url"] == f"http://127.0.0.1:{said['port']}"
        assert [entry.name for entry in tmp_path.iterdir()] == ["where.json"]
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's part is Linux only")
def test_it_dies_with_the_process_that_started_it() -> None:
    # given a parent that starts a sink and says its pid
    program = (
        "import sys; from sandbox.child import running\n"
        "with running('sandbox.sink') as child: print(child.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    # when it is killed
    parent.kill()
    parent.communicate()
    # then
    eventually(lambda: not Path(f"/proc/{pid}").exists() or _is_zombie(pid), describe="the child to be gone")


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "loopback only"),
        (["--host", "example.com"], "loopback only"),
        (["--port", "99999"], "cannot listen"),
    ],
)
@pytest.mark.parametrize("module", MODULES)
def test_a_bad_address_is_one_clear_sentence(module: str, arguments: list[str], said: str) -> None:
    ended = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('{"rate": {"per_second": -1}}', "rate.per_second"),
        ('{"x": 1}', "x: Extra"),
        ("/nowhere/c.json", "No such file"),
    ],
)
def test_a_bad_configuration_is_one_clear_sentence(config: str, said: str) -> None:
    with pytest.raises(StartError, match=said), running("sandbox.talon_one", ["--config", config]):
        pass


def test_the_sink_counts_requests_items_and_bytes() -> None:
    with running("sandbox.sink") as sink, httpx.Client(base_url=sink.url, trust_env=False) as client:
        body = {"customerProfiles": [{"integrationId": "a"}, {"integrationId": "b"}]}
        answers = [client.put("/v2/customer_profiles", json=body), client.post("/v2/events", content=b"x" * 200_000)]
        counts = client.get("/_count").json()
        assert [answer.status_code for answer in answers] == [204, 204]
        assert (counts["requests"], counts["items"]) == (2, 2)
        assert counts["body_bytes"] == 200_000 + int(answers[0].request.headers["content-length"])
        assert 0 < counts["first_ns"] < counts["last_ns"]


def test_the_sink_starts_again_when_told() -> None:
    with running("sandbox.sink") as sink, httpx.Client(base_url=sink.url, trust_env=False) as client:
        client.put("/x", content=b"")
        client.post("/_reset")
        assert client.get("/_count").json() == {
            "requests": 0,
            "items": 0,
            "body_bytes": 0,
            "first_ns": 0,
            "last_ns": 0,
        }


def test_the_sink_answers_pipelined_requests_in_order_and_closes_when_asked() -> None:
    with running("sandbox.sink") as sink:
        where = urlsplit(sink.url)
        with socket.create_connection((where.hostname, where.port), timeout=60) as connection:
            connection.sendall(
                b"PUT /a HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n1"
                b"GET /b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
            )
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.split(b"\r\n")[0] == b"HTTP/1.1 204 No Content"
    assert answer.count(b"404 Not Found") == 1


def test_no_process_is_left_behind() -> None:
    with running("sandbox.sink") as sink:
        pid = sink.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
