"""A backfill as a process of its own: ``python -m tests.warehouse.backfill_process REDIS_URL STORE_URL PREFIX FILE``.

It prints ``rows N`` after every batch, so that a test knows when it is in the middle of its work.
"""

from __future__ import annotations

import sys
from pathlib import Path

from producers.warehouse import Backfill, mapping_of_options
from tercel.connections import connect
from tercel.lanes import Lanes
from tercel.store import Store


def main(redis_url: str, store_url: str, prefix: str, file: str) -> None:
    with connect(redis_url) as redis, Store.open(store_url) as store:
        report = Backfill(
            deployment="prod",
            files=[Path(file)],
            mapping=mapping_of_options(id_column="id"),
            lanes=Lanes(redis, prefix=prefix),
            store=store,
            batch_rows=7,
            progress=lambda progress: print("rows", progress.rows),
        ).run()
        print("status", report.status)


if __name__ == "__main__":
    main(*sys.argv[1:])
