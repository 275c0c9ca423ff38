"""One run at a time: a lock that lies where the sync's state lies, and that ends with the process, however it ends.

SQLite: a lock on a file beside the state. PostgreSQL: an advisory lock of a transaction that stays open, so that it
also works through a pooler that hands out connections by transaction. Neither has a time that could run out, neither
is left behind by ``kill -9``.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from xxhash import xxh3_64_intdigest

from tercel.errors import StoreUnavailable, SyncBusy
from tercel.store.database import FILE_MODE, FOLDER_MODE, Database
from tercel.store.urls import parse_url

_HALF = 1 << 63  # PostgreSQL's keys of advisory locks are signed


class Held(Protocol):
    """A lock in our hands."""

    def check(self) -> None:
        """Raise StoreUnavailable where the lock has been lost."""


class _File:
    """A locked file: it is ours until we close it."""

    def check(self) -> None:
        """Do nothing: a file's lock cannot be lost."""


class _Transaction:
    """An open transaction that holds an advisory lock: gone with its connection."""

    def __init__(self, session: Session, sync: str) -> None:
        self._session, self._sync = session, sync

    def check(self) -> None:
        """Ask the server over the same connection; any answer will do."""
        try:
            self._session.execute(text("SELECT 1"))
        except DBAPIError:
            raise StoreUnavailable(
                f"The connection that holds the lock of sync {self._sync} was lost, so another process may be at work "
                "on it now. Nothing is lost: the next run goes on from here."
            ) from None


@contextmanager
def only_one(database_url: str, sync: str, *, folder: Path) -> Iterator[Held]:
    """Hold the lock of a sync for as long as the context lasts.

    ``folder`` is where the state of syncs lies when the database is SQLite. Raises SyncBusy where another process, or
    this one, holds it; StoreUnavailable where the database does not answer.
    """
    url = parse_url(database_url)
    if url.get_backend_name() == "sqlite":
        with _locked_file(folder, sync):
            yield _File()
        return
    database = Database(url)
    try:
        with database.reading() as session:
            session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            key = (xxh3_64_intdigest(f"tercel sync {sync}".encode()) + _HALF) % (2 * _HALF) - _HALF
            if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}):
                raise _busy(sync)
            yield _Transaction(session, sync)
    finally:
        database.close()


@contextmanager
def _locked_file(folder: Path, sync: str) -> Iterator[None]:
    path = folder / f"{sync}.lock"
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        raise StoreUnavailable(f"The lock of sync {sync} cannot be made at {path}: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _busy(sync) from None
        yield
    finally:
        os.close(handle)


def _busy(sync: str) -> SyncBusy:
    return SyncBusy(
        f"sync {sync} is at work in another process, and two runs of one sync never overlap. Wait for its end (tercel "
        f"sync history {sync}), or stop it: tercel sync cancel {sync}"
    )
