"""The benchmarks' processes: real ones, ended whatever happens."""

from __future__ import annotations

import hashlib
import signal
import sys
from pathlib import Path

import pytest

from bench import textbook_venv
from bench.applications import Tercel, working
from bench.children import clean_environment, running
from bench.cpu import look
from bench.errors import BenchError
from bench.passages import end_to_end
from bench.rig import own_redis, own_sink
from tests.support.processes import Processes
from tests.support.waiting import eventually

RUNS_LONG = "import time; time.sleep(600)"


def descendants(pid: int) -> set[int]:
    parents = look().parents
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def test_a_process_has_ended_when_its_context_has(tmp_path: Path) -> None:
    with running([sys.executable, "-c", RUNS_LONG], name="one", folder=tmp_path) as child:
        assert child.process.running

    assert not child.process.running


def test_a_process_that_failed_says_its_last_words(tmp_path: Path) -> None:
    with (
        running([sys.executable, "-c", "raise SystemExit('no luck')"], name="one", folder=tmp_path) as child,
        pytest.raises(BenchError, match="one ended with status 1: no luck"),
    ):
        child.answer()


def test_settings_of_the_user_do_not_reach_what_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERCEL_REDIS_URL", "redis://elsewhere")

    assert "TERCEL_REDIS_URL" not in clean_environment()


def test_everything_a_producer_enqueues_arrives_at_the_sink() -> None:
    with (
        own_sink() as sink,
        own_redis("everysec") as redis,
        working(tercel := Tercel(sink.url), redis.url, redis.folder, processes=1) as workers,
    ):
        passage = end_to_end(tercel, redis, sink, workers, seconds=0.2)

        assert passage.records == sink.count().items > 0


def test_ctrl_c_ends_every_process_of_a_benchmark(processes: Processes) -> None:
    bench = processes.start([sys.executable, "-m", "bench", "limiter", "--quick"], name="bench")
    eventually(lambda: len(descendants(bench.pid)) >= 3, describe=bench.describe)  # a Redis, a stand-in and a worker
    started = descendants(bench.pid)

    bench.send(signal.SIGINT)

    assert bench.wait() == 130
    eventually(lambda: not started & set(look().parents), describe=lambda: started & set(look().parents))


def test_the_textbook_environment_is_not_made_again_from_the_same_lock(tmp_path: Path) -> None:
    lock, venv = tmp_path / "requirements.txt", tmp_path / "venv"
    lock.write_text("package==1 --hash=sha256:00\n")
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    (venv / textbook_venv.STAMP).write_text(hashlib.sha256(lock.read_bytes()).hexdigest())

    assert textbook_venv.prepare(venv, lock) == venv / "bin" / "python"


def test_an_environment_that_cannot_be_made_is_one_sentence_and_no_stamp(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("./no-such-package\n")

    with pytest.raises(BenchError, match="environment cannot be made"):
        textbook_venv.prepare(tmp_path / "venv", lock)

    assert not (tmp_path / "venv" / textbook_venv.STAMP).exists()
