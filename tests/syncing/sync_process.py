"""A sync's run as a process of its own: ``python -m tests.syncing.sync_process NAME [--full]``, set up by ``TERCEL_*``.

It prints ``at PHASE SENT`` whenever it tells how far it is, so that a test knows when it is in the midst of its work.
"""

from __future__ import annotations

import sys

from producers.warehouse.syncing.definition import load_sync
from producers.warehouse.syncing.making import make_runner
from tercel.connections import connect
from tercel.lanes import Lanes
from tercel.settings import Settings
from tercel.store import Store


def main(name: str, *flags: str) -> None:
    settings = Settings.load()
    url = settings.plain_database_url()
    with connect(settings.plain_redis_url(), home=settings.home) as redis, Store.open(url, migrate=True) as store:
        runner = make_runner(
            load_sync(settings, name),
            database_url=url,
            home=settings.home,
            lanes=Lanes(redis, prefix=settings.redis_prefix, wake_s=settings.delivery.wake_s),
            store=store,
            progress=lambda progress: print("at", progress.phase.value, progress.counts.sent),
        )
        report = runner.run(full="--full" in flags)
        print("status", report.status.value, report.counts, report.complaints)


if __name__ == "__main__":
    main(*sys.argv[1:])
