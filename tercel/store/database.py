"""One database behind the store: its connections, its transactions, and its errors as sentences."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import Session

from tercel.errors import StoreUnavailable
from tercel.store.types import dump_json
from tercel.store.urls import described

BUSY_TIMEOUT_S = 30.0  # how long one process waits for another to end its write to the SQLite file
CONNECT_TIMEOUT_S = 10  # how long PostgreSQL may take to let us in
POOL_WAIT_S = 30.0  # how long a thread waits for a free connection
POOL_SIZE = 5  # connections kept open
POOL_OVERFLOW = 15  # connections beyond these, closed after use
FILE_MODE = 0o600  # rejections hold personal data
FOLDER_MODE = 0o700

_WRITES = "tercel_writes"  # execution option: this transaction will write


class Database:
    """Transactions on one database, from any thread; also after a fork."""

    def __init__(self, url: URL) -> None:
        self.name = described(url)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._secret = str(url.password or "")
        self._engine = self._sqlite_engine(url) if self.is_sqlite else self._postgresql_engine(url)
        self._writer = self._engine.execution_options(**{_WRITES: True})
        self._pid = os.getpid()
        self._fork_lock = Lock()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a transaction that only reads. Raises StoreUnavailable."""
        with self._translated(), Session(self._current(self._engine)) as session, session.begin():
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a transaction that writes: committed at the end, undone by an exception. Raises StoreUnavailable.

        On SQLite it holds the one write lock from its beginning, so that it never fails half-way for want of it.
        """
        with self._translated(), Session(self._current(self._writer)) as session, session.begin():
            yield session

    @contextmanager
    def writing_connection(self) -> Iterator[Connection]:
        """Give the same as a bare connection, for migrations. Raises StoreUnavailable."""
        with self._translated(), self._current(self._writer).begin() as connection:
            yield connection

    def set_sqlite_journal(self) -> None:
        """Let readers and the writer of the SQLite file work at the same time (WAL). Kept in the file."""
        with self._translated(), self._current(self._engine).connect() as connection:
            cursor = connection.connection.cursor()
            if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                cursor.execute("PRAGMA journal_mode=WAL")
            connection.rollback()

    def _current(self, engine: Engine) -> Engine:
        """Return the engine; in a forked child, without the parent's connections, which two must not share."""
        if self._pid != os.getpid():
            with self._fork_lock:
                if self._pid != os.getpid():
                    self._engine.dispose(close=False)
                    self._pid = os.getpid()
        return engine

    def _sqlite_engine(self, url: URL) -> Engine:
        path = Path(url.database or "")
        try:
            _make_private(path)
        except OSError as error:
            raise StoreUnavailable(f"The store cannot use {self.name}: {error.strerror}.") from error
        engine = create_engine(
            url,
            json_serializer=dump_json,
            hide_parameters=True,
            pool_size=POOL_SIZE,
            max_overflow=-1,
            connect_args={"timeout": BUSY_TIMEOUT_S},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _postgresql_engine(self, url: URL) -> Engine:
        # What the URL says wins over these.
        options: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "tercel"}
        # Prepared statements do not survive a pooler such as PgBouncer between us and the server.
        arguments = {name: value for name, value in options.items() if name not in url.query}
        try:
            return create_engine(
                url,
                json_serializer=dump_json,
                hide_parameters=True,
                pool_pre_ping=True,
                pool_size=POOL_SIZE,
                max_overflow=POOL_OVERFLOW,
                pool_timeout=POOL_WAIT_S,
                connect_args={**arguments, "prepare_threshold": None},
            )
        except ImportError:
            raise StoreUnavailable(
                "PostgreSQL needs the package psycopg, which is not installed: pip install 'tercel[postgresql]'."
            ) from None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise what the database complains of as a sentence.

        The original is not chained: its text holds the statement's values, and with them personal data.
        """
        try:
            yield
        except NoConnectionFree:
            raise StoreUnavailable(
                f"The store found no free connection to {self.name} for {POOL_WAIT_S:g} s; is the database overloaded?"
            ) from None
        except DBAPIError as error:
            raise StoreUnavailable(f"The store cannot use {self.name}: {self._complaint(error)}.") from None
        except StatementError as error:
            # A value that cannot be stored: the caller's mistake, said by our own types or by the JSON encoder.
            raise error.orig or error from None

    def _complaint(self, error: DBAPIError) -> str:
        """Return the first line of what the database said; the following ones may quote values."""
        lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        line = lines[0].strip().rstrip(".")
        return line.replace(self._secret, "***") if self._secret else line


def _make_private(path: Path) -> None:
    """Create the file, and its folder, readable by their owner only, before SQLite would make them readable by all."""
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, not where sqlite3 guesses
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=FULL")  # a rejection is committed before its record leaves Redis
    cursor.execute("PRAGMA secure_delete=ON")  # what was purged is gone from the file too
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
