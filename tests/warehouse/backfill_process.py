"""A backfill as a process of its own: ``python -m tests.warehouse.backfill_process REDIS STORE PREFIX FILE BATCHES``.

It prints ``rows N`` after every batch, so that a test knows when it is in the middle of its work; and it stays there,
to be killed, after so many BATCHES. With 0 it goes on to its end.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path
from threading import Event

from producers.warehouse import Backfill, Progress, mapping_of_options
from tercel.connections import connect
from tercel.lanes import Lanes
from tercel.store import Store


def main(redis_url: str, store_url: str, prefix: str, file: str, batches: str) -> None:
    done = count(1)

    def told(progress: Progress) -> None:
        print("rows", progress.rows)
        if next(done) == int(batches):
            Event().wait()

    with connect(redis_url) as redis, Store.open(store_url) as store:
        report = Backfill(
            deployment="prod",
            files=[Path(file)],
            mapping=mapping_of_options(id_column="id"),
            lanes=Lanes(redis, prefix=prefix),
            store=store,
            batch_rows=7,
            progress=told,
        ).run()
        print("status", report.status)


if __name__ == "__main__":
    main(*sys.argv[1:])
