"""Puts the exporter together from the settings: for a supervisor, or for a worker process that has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tercel.connections import connect
from tercel.lanes import Lanes
from tercel.settings import Settings
from tercel.store import Store
from workers.limiter import Limiter, Limits, LimiterState
from workers.watching.collector import RedisCollector, StoreCollector
from workers.watching.exporter import Exporter, exporter_for

ANSWER_S: Final = 2.0  # seconds Redis gets for one answer: Prometheus gives the whole scrape 5 (ops/prometheus.yml)


@contextmanager
def metrics_served(settings: Settings, *, folder: Path | None = None) -> Iterator[Exporter | None]:
    """Serve all metrics inside the block, where ``worker.metrics_port`` is set.

    ``folder`` is a :class:`workers.watching.folder.MetricsFolder`'s path, None for this process's own counters. Redis
    may be away, at the start as well as later. Raises SettingsError where the port cannot be had, and the store's
    errors where it cannot be opened.
    """
    if settings.worker.metrics_port is None:
        yield None
        return
    with (
        connect(
            settings.plain_redis_url(),
            home=settings.home,
            socket_timeout_s=ANSWER_S,
            retries=0,
            client_name="tercel-metrics",
        ) as redis,
        Store.open(settings.plain_database_url()) as store,
    ):
        limiter = Limiter(redis, prefix=settings.redis_prefix)

        def state(deployment: str) -> LimiterState:
            return limiter.state(deployment, Limits(rate=settings.deployment(deployment).rate))

        shared = [
            RedisCollector(settings.deployments, Lanes(redis, prefix=settings.redis_prefix), state),
            StoreCollector(store),
        ]
        exporter = exporter_for(settings, shared, folder=folder)
        if exporter is None:
            yield None
            return
        with exporter:
            yield exporter
