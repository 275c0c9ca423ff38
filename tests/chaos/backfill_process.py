"""A producer to be killed: ``python -m tests.chaos.backfill_process REDIS_URL STORE_URL FILE HOLD``.

It prints ``rows N`` after every batch, so that a test knows when it is in the middle of its work; and it stays there,
to be killed, for as long as there is a file HOLD.
"""

from __future__ import annotations

import sys
import time
from itertools import count
from pathlib import Path

from producers.warehouse import Backfill, Progress, mapping_of_options
from tercel.connections import connect
from tercel.lanes import Lanes
from tercel.store import Store
from tests.support.house import DEPLOYMENT

BATCH_ROWS = 40  # few, and slowly, so that a kill finds it in the middle
PACE_S = 0.1  # seconds between two batches
BATCHES_HELD = 12  # after so many it waits to be killed


def main(redis_url: str, store_url: str, file: str, hold: str) -> None:
    batches = count(1)

    def slowly(progress: Progress) -> None:
        print("rows", progress.rows)
        time.sleep(PACE_S)
        done = next(batches)
        while done >= BATCHES_HELD and Path(hold).exists():
            time.sleep(PACE_S)

    with connect(redis_url) as redis, Store.open(store_url) as store:
        report = Backfill(
            deployment=DEPLOYMENT,
            files=[Path(file)],
            mapping=mapping_of_options(id_column="id", maps=["Row=Row:number"]),
            lanes=Lanes(redis),
            store=store,
            batch_rows=BATCH_ROWS,
            progress=slowly,
        ).run()
        print("status", report.status)


if __name__ == "__main__":
    main(*sys.argv[1:])
