"""Puts the exporter together from the settings. There is one a host, or everything shared would be served twice.

With ``tercel worker`` it is the supervisor's, over the folder of its processes; a plain ``celery -A workers.app
worker`` has no supervisor and serves its own counters (:func:`serves_itself`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

from tercel.connections import connect
from tercel.lanes import Lanes
from tercel.settings import Settings
from tercel.store import Store
from workers.limiter import Limiter, LimiterState, Limits
from workers.watching.batches import batch_sizes
from workers.watching.collector import RedisCollector, StoreCollector
from workers.watching.exporter import Exporter, exporter_for
from workers.watching.folder import VARIABLE

ANSWER_S: Final = 2.0  # seconds Redis gets for one answer: Prometheus gives the whole scrape 5 (ops/prometheus.yml)


def serves_itself(environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether a worker process is to serve metrics of its own: not where a supervisor does that for it."""
    return VARIABLE not in environ


class ConfiguredLimiter:
    """The limiter's state, asked for by a deployment's name; its settings say the rest."""

    def __init__(self, limiter: Limiter, settings: Settings) -> None:
        self._limiter, self._settings = limiter, settings

    def state(self, deployment: str) -> LimiterState:
        """Look at one deployment's limiter."""
        return self._limiter.state(deployment, Limits(rate=self._settings.deployment(deployment).rate))


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
        lanes = Lanes(redis, prefix=settings.redis_prefix)
        limiter = ConfiguredLimiter(Limiter(redis, prefix=settings.redis_prefix), settings)
        sizes = {name: batch_sizes(one) for name, one in settings.deployments.items()}
        shared = [RedisCollector(sizes, lanes, limiter), StoreCollector(store)]
        exporter = exporter_for(settings, shared, folder=folder)
        with exporter or nullcontext():
            yield exporter
