"""The real workers, delivering to the stand-in while they are watched."""

from __future__ import annotations

import json
import os
from pathlib import Path

from sandbox.talon_one import Config, start
from tercel.lanes import Lanes
from tercel.records import Profile, Urgency
from tercel.settings import Settings
from tests.support.processes import Processes
from tests.support.redis_server import DurableRedis
from tests.support.waiting import eventually
from tests.watching.test_serving import scraped, value
from workers.watching.folder import MetricsFolder
from workers.watching.heartbeat import is_alive
from workers.watching.serving import metrics_served

N = 40
PROD = {"deployment": "prod"}


def test_what_two_worker_processes_deliver_is_counted_once_and_logged_without_a_name(
    processes: Processes, durable_redis: DurableRedis, tmp_path: Path
) -> None:
    config = Config()
    with start(config) as standin, MetricsFolder.make(tmp_path) as folder:
        environment = {
            "TERCEL_CONFIG": os.devnull,
            "TERCEL_HOME": str(tmp_path),
            "TERCEL_REDIS_URL": durable_redis.url,
            "TERCEL_DEPLOYMENTS__PROD__URL": standin.url,
            "TERCEL_DEPLOYMENTS__PROD__KEY": config.keys[0].key,
            "TERCEL_WORKER__METRICS_PORT": "0",
            "TERCEL_WORKER__HEARTBEAT_FILE": str(tmp_path / "heartbeat"),
            "TERCEL_LOG_LEVEL": "DEBUG",
            "TERCEL_LOG_FORMAT": "json",
        }
        workers = [
            processes.python(
                "-m", "celery", "-A", "workers.app", "worker", "-n", f"w{number}@%h",
                env=environment | folder.environment(), name=f"worker-{number}",
            )
            for number in range(2)
        ]  # fmt: skip
        with (
            durable_redis.client() as client,
            metrics_served(Settings.load(environ=environment), folder=folder.path) as exporter,
        ):
            lanes = Lanes(client)
            for i in range(N):
                lanes.enqueue("prod", Urgency.LIVE, [Profile(profile_id=f"ada-{i}@example.com")])
            eventually(lambda: lanes.totals("prod")["delivered"] == N, 120, workers[0].describe)
            eventually(lambda: value(scraped(exporter), "due_calls") == 0)
            found = scraped(exporter)
            requests = standin.admin.requests()

        assert value(found, "records_total", **PROD, kind="profile", outcome="delivered") == N
        assert value(found, "requests_total", **PROD, kind="profile", status="204") == len(requests)
        assert (value(found, "limiter_slots_total", **PROD) or 0) >= len(requests) > 0
        assert value(found, "limiter_rate_limit", **PROD) == 60
        assert (value(found, "worker_heartbeat_timestamp_seconds") or 0) > 1_700_000_000
        assert is_alive(tmp_path / "heartbeat", 300)
        said = "".join(worker.output for worker in workers)
        assert "call_delivered" in said or "succeeded in" in said
        assert "example.com" not in said
        assert all(json.loads(line) for line in said.splitlines() if line.startswith("{"))
