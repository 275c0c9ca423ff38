"""What Prometheus is told about arrivals and backlog."""

from __future__ import annotations

import http.client
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tercel.lanes import Lanes
from tercel.records import Event, LaneKind, Record, Urgency
from tercel.settings import Settings
from tests.support.redis_server import DurableRedis
from workers.watching.serving import metrics_served

RATE = 50
Figures = dict[tuple[str, str], float]
Scrape = Callable[[str], Figures]


def events(n: int) -> list[Record]:
    return [Event(profile_id=f"p{i}", type="bought", event_id=f"e{i}") for i in range(n)]


def settings_for(folder: Path, redis: DurableRedis, prefix: str) -> Settings:
    return Settings.load(
        Path(os.devnull),
        environ={},
        home=str(folder),
        redis_url=redis.url,
        redis_prefix=prefix,
        deployments={
            "prod": {"url": "https://my.europe-west1.talon.one", "key": "0" * 16, "rate": RATE},
            "free": {"url": "https://my.europe-west1.talon.one", "key": "0" * 16, "rate": 0},
        },
        worker={"metrics_port": 0},
    )


@pytest.fixture
def lanes(durable_redis: DurableRedis, prefix: str) -> Iterator[Lanes]:
    with durable_redis.client() as client:
        yield Lanes(client, prefix=prefix)


@pytest.fixture
def scrape(durable_redis: DurableRedis, tmp_path: Path, prefix: str) -> Iterator[Scrape]:
    with metrics_served(settings_for(tmp_path, durable_redis, prefix)) as served:
        assert served is not None
        port = served.port

        def figures(name: str) -> Figures:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                connection.request("GET", "/metrics")
                text = connection.getresponse().read().decode()
            finally:
                connection.close()
            samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
            return {
                (sample.labels["deployment"], sample.labels.get("kind", "")): sample.value
                for sample in samples
                if sample.name == name
            }

        yield figures


def test_arrivals_are_served_for_every_kind_that_takes_a_request_each(scrape: Scrape, lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.LIVE, events(70))

    found = scrape("tercel_single_call_arrivals_per_second")

    kinds = {kind for deployment, kind in found if deployment == "prod"}
    assert kinds == {"rules", "event", "session", "audience"}
    assert 1 <= found["prod", LaneKind.EVENT.value] <= 70 / 60 + 1e-6
    assert found["prod", "session"] == 0


def test_an_empty_deployment_clears_in_no_time_and_one_without_a_limit_is_left_out(scrape: Scrape) -> None:
    assert scrape("tercel_backlog_clears_seconds") == {("prod", ""): 0}


def test_a_backlog_is_served_as_the_time_it_takes(scrape: Scrape, lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.BULK, events(500))

    assert scrape("tercel_backlog_clears_seconds")["prod", ""] == 500 / RATE


def test_a_halted_deployment_never_clears(scrape: Scrape, lanes: Lanes) -> None:
    lanes.enqueue("prod", Urgency.BULK, events(1))
    lanes.halt("prod", code="T410", reason="the key is not accepted")

    assert scrape("tercel_backlog_clears_seconds")["prod", ""] == math.inf
