"""One Sailthru stand-in for all tests of this folder, fresh for each, and rigs that deliver to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from sandbox.sailthru import UNLIMITED, ApiKey, Config, KeyKind, StandIn, start
from tercel.embedded import EmbeddedRedis
from tests.workers.rig import Rig

SECRET = "good-secret"
GIVEN = Config(
    keys=(ApiKey(key="good-key", secret=SECRET),),
    kinds=frozenset({KeyKind.EMAIL, KeyKind.SID, KeyKind.EXTID}),
    rates=UNLIMITED,
    job_delay_s=0.1,
)
OF_SAILTHRU: dict[str, Any] = {
    "destination": "sailthru",
    "secret": SECRET,
    "extid": True,
    "job_poll_s": 0.02,
    "timeout_s": 2.0,
}


@pytest.fixture(scope="session")
def _sailthru_process() -> Iterator[StandIn]:
    with start(GIVEN) as standin:
        yield standin


@pytest.fixture
def sailthru(_sailthru_process: StandIn) -> Iterator[StandIn]:
    """A stand-in without rate limits that holds nothing; external ids are switched on."""
    _sailthru_process.admin.replace_config(GIVEN)
    _sailthru_process.admin.reset()
    yield _sailthru_process
    _sailthru_process.admin.clear_faults()
    _sailthru_process.admin.release()


@pytest.fixture
def make_sailthru_rig(
    redis_server: EmbeddedRedis, redis_client: Redis, prefix: str, sailthru: StandIn, tmp_path: Path
) -> Iterator[Callable[..., Rig]]:
    """Build rigs with settings of the test's own: ``make_sailthru_rig(deployment={"rate": 20})``."""
    with contextlib.ExitStack() as stack:

        def build(deployment: dict[str, Any] | None = None, **settings: dict[str, Any]) -> Rig:
            one = OF_SAILTHRU | (deployment or {})
            rig = Rig(redis_server.url, prefix, sailthru, tmp_path, deployment=one, **settings)  # type: ignore[arg-type]
            stack.callback(rig.close)
            return rig

        yield build


@pytest.fixture
def rig(make_sailthru_rig: Callable[..., Rig]) -> Rig:
    """A rig without a rate limit."""
    return make_sailthru_rig()
