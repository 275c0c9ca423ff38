"""One home folder a test, and the command line run in this very process."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tercel.cli import run
from tercel.embedded import EmbeddedRedis


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str


Tercel = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without settings to work in, and no TERCEL_ variable but the one that names the home below it."""
    for name in [name for name in os.environ if name.startswith("TERCEL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERCEL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def tercel(home: Path, capsys: pytest.CaptureFixture[str]) -> Tercel:
    """Run a command line and return how it ended."""

    def invoke(*arguments: str) -> Ran:
        capsys.readouterr()
        status = run(list(arguments))
        said = capsys.readouterr()
        return Ran(status, said.out, said.err)

    return invoke


@pytest.fixture
def prod(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A deployment named prod, at an address where nothing listens."""
    monkeypatch.setenv("TERCEL_DEPLOYMENTS__PROD__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("TERCEL_DEPLOYMENTS__PROD__KEY", "hunter2-key")
    return "prod"


@pytest.fixture
def shared_redis(redis_server: EmbeddedRedis, prefix: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The session's Redis as the one of the settings; the prefix is this test's own."""
    monkeypatch.setenv("TERCEL_REDIS_URL", redis_server.url)
    monkeypatch.setenv("TERCEL_REDIS_PREFIX", prefix)
    return prefix
