"""One stand-in for all tests of this folder, fresh for each; and a client that signs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sailthru_requests import Api

from sandbox.sailthru import UNLIMITED, Assumptions, Config, KeyKind, StandIn, start

GIVEN = Config(
    kinds=frozenset({KeyKind.EMAIL, KeyKind.SID, KeyKind.EXTID}),
    lists=("news",),
    rates=UNLIMITED,
    list_race_s=0.0,
    job_delay_s=0.0,
)


@pytest.fixture(scope="session")
def _process() -> Iterator[StandIn]:
    with start(GIVEN) as standin:
        yield standin


@pytest.fixture
def standin(_process: StandIn) -> StandIn:
    """A stand-in that holds nothing but one list."""
    _process.admin.replace_config(GIVEN)
    _process.admin.reset()
    return _process


@pytest.fixture
def api(standin: StandIn) -> Iterator[Api]:
    with httpx.Client(base_url=standin.url, timeout=10, trust_env=False) as client:
        yield Api(client)


@pytest.fixture
def assume(standin: StandIn) -> Callable[..., None]:
    """Choose what the contract does not know: ``assume(unknown_list="created")``."""

    def choose(**values: Any) -> None:
        standin.admin.configure({"assumptions": Assumptions(**values).model_dump()})

    return choose
