"""Rejections of a sync's earlier runs: every one of those rows is due again, has left the source, or is left alone.

Replayed later, they would bring back what is old; so they are closed when a new run begins to send. Those of rows that
are left alone stay open: they say why.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from producers.warehouse.syncing.definition import RUN_KIND
from producers.warehouse.syncing.work import Work
from tercel.connections import translated
from tercel.store import StoredRejection
from tercel.store.chunks import chunked

CLOSED_AT_ONCE: Final = 500


def close_earlier_rejections(work: Work) -> int:
    """Discard the open rejections of the sync's other runs, and return how many there were."""
    tools = work.tools
    closed = 0
    for run in _earlier_runs(work):
        counted = bool(work.redis(lambda run=run: tools.lanes.checkpoint(run)))  # type: ignore[misc]
        for some in chunked(tools.store.rejections(run=run), CLOSED_AT_ONCE):
            said = {one.record_id: _key(one) for one in some}
            left = work.patiently(partial(tools.state.given_up, [key for key in said.values() if key]))
            ids = [record_id for record_id, key in said.items() if key not in left]
            n = work.patiently(lambda ids=ids: tools.store.discard(ids))  # type: ignore[misc]
            closed += n
            if counted and n:
                with translated(tools.redis_place):  # once, and not again: a repeat would count twice
                    tools.lanes.add_counts(tools.sync.deployment, run, {"rejected": -n, "discarded": n})
    return closed


def _key(rejection: StoredRejection) -> str:
    """Return whom a rejection is about; empty where it was a row that could not even be sent."""
    return str((rejection.record or {}).get("profile_id", ""))


def _earlier_runs(work: Work) -> list[str]:
    store, sync = work.tools.store, work.tools.sync
    runs = sorted({one.run for one in store.rejection_counts(deployment=sync.deployment)} - {work.run})
    known = [store.get_run(run) for run in runs]
    return [one.id for one in known if one is not None and one.kind == RUN_KIND and one.name == sync.name]
