"""Where the trouble is ours it is a 503 with a time to come back, never a 429, and what comes again is taken once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx
import pytest

from tercel.embedded import EmbeddedRedis
from tercel.records import LaneKind
from tests.mparticle_feed.feed_doors import MANY, ONE, SETTINGS, Feeds, bought, counts
from tests.receiver.open_doors import open_doors
from tests.support.waiting import eventually

AppendFsync = Literal["always", "no"]
FULL = """
[lanes]
high_water = 1
"""


@pytest.mark.parametrize("path", [ONE, MANY])
def test_without_a_redis_it_is_answered_503_and_taken_once_it_is_back(path: str) -> None:
    body = bought(1, source_request_id="r-1")
    sent = [body] if path == MANY else body
    with opened("always") as feeds:
        feeds.doors.redis.config_set("maxclients", 1)  # ours: the receiver's are cut, and find no place again
        feeds.doors.redis.client_kill_filter(skipme=True, _type="normal")

        refused = feeds.post(sent, path)

        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert int(refused.headers["Retry-After"]) > 0
        feeds.doors.redis.config_set("maxclients", 100)
        answer = eventually(lambda: taken(feeds.post(sent, path)))
        assert answer["accepted"] + answer["duplicate"] == 1
        assert len(feeds.records(LaneKind.EVENT)) == 1


def test_a_full_lane_is_answered_503() -> None:
    with opened("no", FULL) as feeds:
        assert feeds.post(bought(1)).json() == counts(accepted=1)

        answer = feeds.post(bought(2))

        assert (answer.status_code, "queue is full" in answer.json()["errors"][0]["message"]) == (503, True)


@contextmanager
def opened(appendfsync: AppendFsync, more: str = "") -> Iterator[Feeds]:
    """Give a receiver with a Redis of its own, and more settings."""
    with (
        tempfile.TemporaryDirectory(prefix="tercel-tests-") as folder,
        EmbeddedRedis(Path(folder), appendfsync=appendfsync) as redis,
        open_doors(redis.url, settings=more + SETTINGS) as doors,
    ):
        yield Feeds(doors)


def taken(answer: httpx.Response) -> dict[str, int]:
    """Return what became of the batches; empty where they were not taken."""
    found: dict[str, int] = answer.json() if answer.status_code == 202 else {}
    return found
