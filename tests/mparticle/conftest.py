"""One receiver with mParticle's doors open for all tests that do not kill anything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tercel.embedded import EmbeddedRedis
from tests.mparticle.firehose import SETTINGS
from tests.receiver.open_doors import OpenDoors, open_doors


@pytest.fixture(scope="session")
def _session_firehose() -> Iterator[OpenDoors]:
    with (
        tempfile.TemporaryDirectory(prefix="tercel-tests-") as folder,
        EmbeddedRedis(Path(folder), appendfsync="no") as redis,
        open_doors(redis.url, settings=SETTINGS) as doors,
    ):
        yield doors


@pytest.fixture
def doors(_session_firehose: OpenDoors) -> OpenDoors:
    """A receiver with mParticle's doors open, nothing on its lanes, no rejections and no audiences known."""
    _session_firehose.redis.flushall()
    store = _session_firehose.store
    store.discard([one.record_id for one in store.rejections()])
    for known in store.audiences():
        store.forget_audience(known.deployment, external_id=known.external_id, name=known.name)
    return _session_firehose
