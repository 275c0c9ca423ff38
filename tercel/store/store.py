"""The store: one object over one database, for every thread of a process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import URL, text

from tercel.store.audiences import AudienceBook
from tercel.store.database import Database
from tercel.store.migrating import Upgrade, require_current, revision, upgrade
from tercel.store.migrations import HEAD
from tercel.store.rejections import RejectionBook
from tercel.store.runs import RunBook
from tercel.store.urls import parse_url
from tercel.store.values import utc_now


class Store(RejectionBook, RunBook, AudienceBook):
    """Runs, rejections and audiences, on SQLite or PostgreSQL. Safe from any thread, and with any number of processes.

    Every method raises StoreUnavailable where the database does not answer or refuses; its text holds neither the
    password nor personal data.
    """

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @classmethod
    def open(cls, url: str, *, migrate: bool | None = None, now: Callable[[], datetime] = utc_now) -> Self:
        """Open ``sqlite:///path`` or ``postgresql://...``.

        Migrations are applied where ``migrate`` is true, or None with SQLite: there nobody else could be in the way.
        A database that still lacks them is refused.

        Raises SettingsError for a URL that cannot work, and StoreUnavailable.
        """
        parsed = parse_url(url)
        database = Database(parsed)
        try:
            if migrate is None:
                migrate = database.is_sqlite
            if migrate and revision(database) != HEAD:
                upgrade(database, _file(parsed))
            require_current(database)
        except BaseException:
            database.close()
            raise
        return cls(database, now)

    @staticmethod
    def upgrade(url: str) -> Upgrade:
        """Apply the migrations that a database lacks, and say what that changed: the command ``tercel db upgrade``.

        Raises SettingsError for a URL that cannot work, and StoreUnavailable.
        """
        parsed = parse_url(url)
        database = Database(parsed)
        try:
            return upgrade(database, _file(parsed))
        finally:
            database.close()

    @property
    def name(self) -> str:
        """The database, for a message: without user and password."""
        return self._database.name

    def answers(self) -> None:
        """Return where the database answers, and raise StoreUnavailable where it does not. As cheap as can be."""
        with self._database.reading() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close every connection. A store that is used again opens new ones."""
        self._database.close()

    def __repr__(self) -> str:
        return f"<Store on {self.name}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _file(url: URL) -> Path | None:
    """Return the path of a SQLite database."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None
