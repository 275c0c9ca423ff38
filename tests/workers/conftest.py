"""One stand-in for all tests of this folder, fresh for each, and rigs that deliver to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from sandbox.talon_one import ApiKey, AttributeType, Audience, Config, RateLimit, Schema, StandIn, start
from tercel.embedded import EmbeddedRedis
from tests.workers.rig import Rig

GIVEN = Config(
    keys=(ApiKey(key="good-key"),),
    attributes=Schema(
        profile={"Name": AttributeType.STRING, "Points": AttributeType.NUMBER},
        event={"Amount": AttributeType.NUMBER},
    ),
    event_types=frozenset({"purchase"}),
    audiences=(Audience(id=7, name="Seven"), Audience(id=9, name="Nine")),
    rate=RateLimit(per_second=0),
)


@pytest.fixture(scope="session")
def _process() -> Iterator[StandIn]:
    with start(GIVEN) as standin:
        yield standin


@pytest.fixture
def standin(_process: StandIn) -> Iterator[StandIn]:
    """A stand-in that knows two profile attributes, one event type and audiences 7 and 9, and holds nothing else."""
    _process.admin.replace_config(GIVEN)
    _process.admin.reset()
    yield _process
    _process.admin.clear_faults()
    _process.admin.release()


@pytest.fixture
def make_rig(
    redis_server: EmbeddedRedis, redis_client: Redis, prefix: str, standin: StandIn, tmp_path: Path
) -> Iterator[Callable[..., Rig]]:
    """Build rigs with settings of the test's own: ``make_rig(deployment={"rate": 20})``."""
    with contextlib.ExitStack() as stack:

        def build(**settings: dict[str, object]) -> Rig:
            rig = Rig(redis_server.url, prefix, standin, tmp_path, **settings)  # type: ignore[arg-type]
            stack.callback(rig.close)
            return rig

        yield build


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    """A rig without a rate limit."""
    return make_rig()
