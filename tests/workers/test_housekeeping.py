"""Rejections are deleted when they are too old, by one worker of all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from tercel.settings import Settings
from tercel.store import Rejection
from workers.housekeeping import Housekeeping
from workers.runtime import Runtime


@pytest.fixture
def runtime(tmp_path: Path, redis_server: object, redis_client: Redis) -> Runtime:
    settings = Settings.load(
        environ={},
        home=tmp_path,
        redis_url=redis_server.url,  # type: ignore[attr-defined]
        rejections_keep_days=30,
        deployments={"prod": {"url": "http://127.0.0.1:9", "key": "k"}},
    )
    return Runtime.build(settings)


def rejection(record_id: str, days_old: int) -> Rejection:
    created = datetime.now(UTC) - timedelta(days=days_old)
    return Rejection(record_id, "prod", "profile", "00000000", "T410", "no", "", {"profile_id": "a"}, "", created)


def test_only_rejections_older_than_the_setting_are_deleted(runtime: Runtime) -> None:
    runtime.store.add_rejections([rejection("old", 31), rejection("new", 29)])

    assert Housekeeping(runtime).look_in()

    assert [kept.record_id for kept in runtime.store.rejections()] == ["new"]


def test_one_worker_of_all_does_the_round(runtime: Runtime) -> None:
    assert Housekeeping(runtime).look_in()

    assert not Housekeeping(runtime).look_in()


def test_a_worker_looks_in_again_when_the_time_has_come(runtime: Runtime) -> None:
    now = 0.0
    housekeeping = Housekeeping(runtime, every_s=10, clock=lambda: now)
    assert housekeeping.look_in()
    runtime.redis.delete("tercel:housekeeping")

    now = 9.9
    assert not housekeeping.look_in()
    now = 10.0
    assert housekeeping.look_in()
