"""What is scheduled here delivers to a stand-in of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.talon_one import Config, StandIn, start
from sandbox.talon_one.config import Audience, RateLimit


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """A stand-in that knows audience 7."""
    with start(Config(audiences=(Audience(name="VIPs", id=7),), rate=RateLimit(per_second=0))) as running:
        yield running
