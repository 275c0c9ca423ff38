"""One receiver for all tests that do not kill anything; it finds an empty Redis before each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tercel.embedded import EmbeddedRedis
from tests.receiver.open_doors import OpenDoors, open_doors


@pytest.fixture(scope="session")
def _session_doors() -> Iterator[OpenDoors]:
    with (
        tempfile.TemporaryDirectory(prefix="tercel-tests-") as folder,
        EmbeddedRedis(Path(folder), appendfsync="no") as redis,
        open_doors(redis.url) as doors,
    ):
        yield doors


@pytest.fixture
def doors(_session_doors: OpenDoors) -> OpenDoors:
    """A receiver with senders of every sort (see ``open_doors``), nothing on its lanes and no rejections."""
    _session_doors.redis.flushall()
    _session_doors.store.discard([one.record_id for one in _session_doors.store.rejections()])
    return _session_doors
