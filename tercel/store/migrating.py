"""Bringing a database's tables to what this version of Tercel needs, and refusing one that is not there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Inspector, inspect, text

from tercel.errors import StoreUnavailable
from tercel.store.database import FILE_MODE, Database
from tercel.store.migrations import HEAD

MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 8_375_102_294  # any number that nobody else uses: PostgreSQL's advisory lock for upgrades


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade did: the revisions before (None: no tables yet) and after it."""

    before: str | None
    after: str

    @property
    def changed(self) -> bool:
        """Whether there was anything to do."""
        return self.before != self.after


def upgrade(database: Database, path: Path | None) -> Upgrade:
    """Apply the missing migrations, all or none. ``path`` is the SQLite file. Any number of processes may try at once.

    Raises StoreUnavailable where the database is newer than this Tercel, or refuses.
    """
    if path is None:
        return _upgrade(database)
    with _sole(path):
        database.set_sqlite_journal()
        return _upgrade(database)


def require_current(database: Database) -> None:
    """Raise StoreUnavailable, saying what to do, unless the tables are what this version needs."""
    found = revision(database)
    if found is None:
        raise StoreUnavailable(f"{_capital(database.name)} has no Tercel tables yet: run `tercel db upgrade`.")
    if found != HEAD:
        _refuse_newer(database, found)
        raise StoreUnavailable(
            f"{_capital(database.name)} has the tables of an older Tercel (revision {found}, needed {HEAD}): "
            "run `tercel db upgrade`."
        )


def revision(database: Database) -> str | None:
    """Return the revision of the tables, or None where there are none."""
    with database.reading() as session:
        return _revision(session.connection())


def _upgrade(database: Database) -> Upgrade:
    # Alembic is slow to import, and seldom needed.
    from alembic import command
    from alembic.config import Config

    with database.writing_connection() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
        before = _revision(connection)
        if before is not None and before != HEAD:
            _refuse_newer(database, before)
        if before != HEAD:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, HEAD)
    return Upgrade(before, HEAD)


def _revision(connection: Connection) -> str | None:
    inspector: Inspector = inspect(connection)
    if not inspector.has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _refuse_newer(database: Database, found: str) -> None:
    if found > HEAD:
        raise StoreUnavailable(
            f"{_capital(database.name)} was upgraded by a newer Tercel (revision {found}, known here up to {HEAD}): "
            "update this Tercel."
        )


@contextmanager
def _sole(path: Path) -> Iterator[None]:
    """Let one process at a time prepare a SQLite file: switching to WAL does not wait for a lock, it fails."""
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
