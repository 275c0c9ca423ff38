"""The heartbeat says that a worker's loop turns, and agrees with the health check that reads it."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
from pathlib import Path
from types import ModuleType

import pytest

from workers.watching import instruments
from workers.watching.heartbeat import Heartbeat, is_alive

OPS = Path(__file__).resolve().parents[2] / "ops"
NOW_S = 1_000_000.0


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now_s = NOW_S

    def __call__(self) -> float:
        return self.now_s


def a_heartbeat(path: Path | None, clock: Clock) -> Heartbeat:
    return Heartbeat(path, 5.0, clock=clock, monotonic=clock)


def test_a_beat_writes_who_and_when(tmp_path: Path) -> None:
    file = tmp_path / "run" / "heartbeat"

    a_heartbeat(file, Clock()).beat()

    assert json.loads(file.read_text()) == {"pid": os.getpid(), "time": NOW_S}
    assert [entry.name for entry in file.parent.iterdir()] == ["heartbeat"]


def test_beats_within_the_interval_write_nothing(tmp_path: Path) -> None:
    file, clock = tmp_path / "heartbeat", Clock()
    heartbeat = a_heartbeat(file, clock)
    heartbeat.beat()
    file.unlink()

    clock.now_s += 4.9
    heartbeat.beat()
    assert not file.exists()

    clock.now_s += 0.1
    heartbeat.beat()
    assert file.exists()


def test_a_beat_moves_the_metric_without_a_file_too() -> None:
    clock = Clock()
    clock.now_s = 2_000_000.0

    a_heartbeat(None, clock).beat()

    assert instruments.REGISTRY.get_sample_value("tercel_worker_heartbeat_timestamp_seconds") == 2_000_000.0


def test_a_file_that_cannot_be_written_is_told_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "folder").write_text("a file is in the way")
    file, clock = tmp_path / "folder" / "heartbeat", Clock()
    heartbeat = a_heartbeat(file, clock)

    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            heartbeat.beat()
            clock.now_s += 5
    (tmp_path / "folder").unlink()
    heartbeat.beat()

    assert [record.getMessage() for record in caplog.records] == ["heartbeat_failed"]
    assert file.exists()


def the_health_check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("heartbeat", OPS / "heartbeat.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("age_s", [-10.0, 0.0, 30.0, 30.5, 3600.0, None])
def test_it_is_judged_as_the_health_check_judges_it(tmp_path: Path, age_s: float | None) -> None:
    file = tmp_path / "heartbeat"
    if age_s is not None:
        Heartbeat(file).beat()
        os.utime(file, (NOW_S - age_s, NOW_S - age_s))

    alive = is_alive(file, 30.0, clock=lambda: NOW_S)

    assert alive == (the_health_check().complaint(file, 30.0, NOW_S) is None)
    assert alive == (age_s is not None and age_s <= 30)
