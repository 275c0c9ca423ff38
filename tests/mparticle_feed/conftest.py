"""One receiver with two feeds for all tests of this folder that do not kill anything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tercel.embedded import EmbeddedRedis
from tests.mparticle_feed.feed_doors import SETTINGS, Feeds
from tests.receiver.open_doors import open_doors


@pytest.fixture(scope="session")
def _session_feeds() -> Iterator[Feeds]:
    with (
        tempfile.TemporaryDirectory(prefix="tercel-tests-") as folder,
        EmbeddedRedis(Path(folder), appendfsync="no") as redis,
        open_doors(redis.url, settings=SETTINGS) as doors,
    ):
        yield Feeds(doors)


@pytest.fixture
def feeds(_session_feeds: Feeds) -> Feeds:
    """A receiver with a feed for a Talon.One deployment and one for a Sailthru one; nothing lies on its lanes."""
    _session_feeds.doors.redis.flushall()
    _session_feeds.doors.store.discard([one.record_id for one in _session_feeds.doors.store.rejections()])
    return _session_feeds
