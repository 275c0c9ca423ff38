"""One stand-in for all tests of this folder, fresh for each; and a client that holds a good key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sandbox.talon_one import (
    ApiKey,
    Assumptions,
    AttributeType,
    Audience,
    Config,
    RateLimit,
    Schema,
    StandIn,
    start,
)

T = AttributeType
GIVEN = Config(
    keys=(ApiKey(key="good-key"), ApiKey(key="other-key", name="other", application_id=2)),
    attributes=Schema(
        profile={
            "Name": T.STRING,
            "Points": T.NUMBER,
            "Vip": T.BOOLEAN,
            "Joined": T.TIME,
            "Home": T.LOCATION,
            "Tags": T.STRINGS,
            "Scores": T.NUMBERS,
            "Visits": T.TIMES,
        },
        event={"Amount": T.NUMBER},
        session={"Shop": T.STRING},
        cart_item={"Size": T.STRING},
    ),
    event_types=frozenset({"purchase"}),
    additional_costs=frozenset({"shipping"}),
    catalogue_skus=frozenset({"known"}),
    audiences=(Audience(id=7, name="Seven"), Audience(id=9, name="Nine")),
    rate=RateLimit(per_second=0),
)


@pytest.fixture(scope="session")
def _process() -> Iterator[StandIn]:
    with start(GIVEN) as standin:
        yield standin


@pytest.fixture
def standin(_process: StandIn) -> StandIn:
    """A stand-in that holds nothing but two audiences, 7 and 9."""
    _process.admin.replace_config(GIVEN)
    _process.admin.reset()
    return _process


@pytest.fixture
def api(standin: StandIn) -> Iterator[httpx.Client]:
    headers = {"Authorization": "ApiKey-v1 good-key"}
    with httpx.Client(base_url=standin.url, headers=headers, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture
def assume(standin: StandIn) -> Callable[..., None]:
    """Choose assumptions of the contract's section 11: ``assume(a7_null="store")``."""

    def choose(**values: Any) -> None:
        standin.admin.configure({"assumptions": Assumptions(**values).model_dump()})

    return choose
