"""A runner put together: a sync, the database of its state and lock, the lanes and the store."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

from producers.warehouse.syncing.cancelling import CancelRequests
from producers.warehouse.syncing.locking import only_one
from producers.warehouse.syncing.ports import Sync
from producers.warehouse.syncing.running import SyncRunner
from tercel.lanes import Lanes
from tercel.store import Store
from tercel.store.syncing import SyncState

FOLDER: Final = "syncs"  # under the home folder: the states of syncs, where the database is SQLite


def make_runner(sync: Sync, *, database_url: str, home: Path, lanes: Lanes, store: Store, **options: Any) -> SyncRunner:
    """Return what runs a sync. ``options`` are further ones of :class:`SyncRunner`.

    Nothing is opened before a run. ``database_url`` is that of the store, ``home`` the home folder of the settings.
    """
    folder = home / FOLDER
    return SyncRunner(
        sync,
        state=partial(SyncState.open, database_url, sync.name, folder=folder),
        lock=partial(only_one, database_url, sync.name, folder=folder),
        lanes=lanes,
        store=store,
        requests=CancelRequests(lanes.redis, sync.name, prefix=lanes.prefix),
        **options,
    )
