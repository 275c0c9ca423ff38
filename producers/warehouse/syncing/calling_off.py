"""Ending a run before its time: what waits is taken off the lanes, what is under way ends, and its outcome is kept.

What was never sent stays due: it must not count as done (contract, "Resume and cancel").
"""

from __future__ import annotations

from typing import Final

from producers.warehouse.syncing.confirming import Confirming
from producers.warehouse.syncing.work import Work

UNDER_WAY_S: Final = (
    30.0  # seconds for calls under way to end; those in backoff may take far longer, and are not awaited
)
PAUSE_S: Final = 0.1


def call_off(work: Work, *, under_way_s: float = UNDER_WAY_S) -> None:
    """Stop a run, and learn the outcome of all that ends within ``under_way_s`` seconds.

    What else had been put on the lanes counts as unknown: the next run sends it again, whatever became of it. Harmless
    when repeated. Raises what the servers raise that do not answer for too long.
    """
    tools, confirming = work.tools, Confirming(work)
    work.redis(lambda: tools.lanes.cancel(tools.sync.deployment, work.run))
    deadline = tools.clock() + under_way_s
    while True:
        unfinished = confirming.unfinished()
        confirming.drain()
        if not unfinished or tools.clock() > deadline or tools.stop.is_set():
            break
        work.tell("calls under way are ending")
        tools.wait(PAUSE_S)
    put_away(work)


def put_away(work: Work) -> None:
    """Mark what has no outcome as unknown, count, and ask for no more receipts: the run is over."""
    tools, confirming = work.tools, Confirming(work)
    confirming.drain()
    discarded = work.redis(lambda: tools.lanes.run_counts(work.run))["discarded"]
    confirming.recount(discarded=discarded)
    work.patiently(lambda: tools.state.doubt(work.reached))
    work.redis(lambda: tools.lanes.end_receipts(work.run))
    work.redis(tools.requests.forget)
