"""A SQL query as the source of a sync: any database that SQLAlchemy reaches, streamed, never taken whole into memory.

A result that breaks off is an error, never a short result: rows come from the cursor until it says that it is at its
end, and whatever goes wrong before that ends the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import URL, Connection, CursorResult, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, NoSuchModuleError, OperationalError, StatementError
from sqlalchemy.pool import NullPool

from producers.warehouse.rows import Columns, Format
from producers.warehouse.syncing.mapped import MappedBatch, RowMapping, compile_rows, map_rows
from tercel.errors import QueryError, SettingsError, SourceUnavailable
from tercel.store.urls import POSTGRESQL_DRIVER

PLACE: Final = "query"  # what rows of a query are said to come from
CONNECT_TIMEOUT_S: Final = 10  # seconds for PostgreSQL to let us in, where the URL does not say otherwise
_POSTGRESQL: Final = ("postgresql", "postgres")  # without a driver: psycopg is the one that comes along

_NAMES: Final = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "mssql": "SQL Server"}


@dataclass(frozen=True, slots=True)
class SqlSource:
    """A query on a database. ``connection`` is an SQLAlchemy URL, whose password no message repeats."""

    sync: str
    connection: SecretStr
    query: str

    def __str__(self) -> str:
        return f"a query on {_described(self._url())}"

    def check(self) -> None:
        """Raise SettingsError for a connection that cannot be one."""
        self._url()

    def batches(self, mapping: RowMapping, rows: int) -> Iterator[MappedBatch]:
        """Run the query and map its rows, ``rows`` at a time.

        Raises SettingsError, MappingError, SourceUnavailable, and QueryError where the database refuses the query.
        """
        url = self._url()
        with self._translated(url, "cannot be reached"):
            connection = self._connect(url)
        try:
            with self._translated(url, "did not answer to the end"):
                result = self._run(connection, rows)
            names = tuple(result.keys())
            map_row: Callable[[Any], Any] | None = None
            read = 0
            for part in self._parts(result, url, rows):
                if map_row is None:
                    map_row = self._compiled(names, part[0], mapping)
                numbers = range(read + 1, read + 1 + len(part))
                read += len(part)
                good, good_numbers, bad = map_rows(map_row, numbers, part)
                yield MappedBatch(good, good_numbers, bad, PLACE)
            if map_row is None:
                self._compiled(names, (), mapping)  # a column that is not there is a mistake without rows, too
        finally:
            with suppress(DBAPIError):  # of a connection that is lost anyhow
                connection.close()

    def _compiled(self, names: tuple[str, ...], first: Sequence[Any], mapping: RowMapping) -> Callable[[Any], Any]:
        """Compile the mapping for the columns of the result; ``first`` is its first row.

        Its rows are like those of Parquet: values that have types, in which only the columns used have their place.
        """
        inexact = frozenset(name for name, value in zip(names, first, strict=False) if isinstance(value, float))
        columns = Columns(Path(f"the query of sync {self.sync}"), Format.PARQUET, names, inexact=inexact)
        compiled = compile_rows(mapping, columns)
        map_row = compiled.map_row
        places = [names.index(column) for column in compiled.columns]
        if places == list(range(len(names))):
            return map_row
        if len(places) == 1:
            only = places[0]
            return lambda row: map_row((row[only],))
        pick = itemgetter(*places)
        return lambda row: map_row(pick(row))

    def _url(self) -> URL:
        try:
            url = make_url(self.connection.get_secret_value())
        except (ArgumentError, ValueError):
            raise SettingsError(
                f"syncs.{self.sync}.connection cannot be read as an SQLAlchemy URL such as "
                "postgresql://user:password@host:port/database; percent-encode special characters in the password."
            ) from None
        if url.drivername in _POSTGRESQL:
            url = url.set(drivername=POSTGRESQL_DRIVER)
        path = url.database or ""
        if url.get_backend_name() == "sqlite" and not path.startswith("file:") and not Path(path).is_file():
            raise SettingsError(
                f"syncs.{self.sync}.connection: there is no SQLite file {Path(path).absolute()}; give its whole path, "
                "e.g. sqlite:////srv/warehouse.db."
            )
        return url

    def _connect(self, url: URL) -> Connection:
        options: dict[str, Any] = {}
        if url.drivername == POSTGRESQL_DRIVER:
            wanted = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": f"tercel sync {self.sync}"}
            options = {name: value for name, value in wanted.items() if name not in url.query}
        try:
            connection = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options).connect()
        except (ImportError, NoSuchModuleError) as error:
            missing = getattr(error, "name", None) or url.drivername
            raise SettingsError(
                f"syncs.{self.sync}.connection: the database driver {missing} is not installed; install it beside "
                "Tercel (for PostgreSQL: pip install 'tercel[postgresql]')."
            ) from None
        try:
            return _reading_only(connection, url.get_backend_name())
        except BaseException:
            connection.close()
            raise

    def _run(self, connection: Connection, rows: int) -> CursorResult[Any]:
        # The query goes to the driver as it is: colons and percent signs mean nothing to us.
        options = {"stream_results": True, "max_row_buffer": rows, "no_parameters": True}
        result = connection.exec_driver_sql(self.query.strip().rstrip(";"), execution_options=options)
        if not result.returns_rows:
            raise QueryError(f"sync {self.sync}: the query gives no rows; a source is a SELECT")
        return result

    def _parts(self, result: CursorResult[Any], url: URL, rows: int) -> Iterator[Sequence[Any]]:
        parts = result.yield_per(rows).partitions()
        while True:
            with self._translated(url, "did not answer to the end"):
                part = next(parts, None)
            if part is None:
                return
            yield part

    @contextmanager
    def _translated(self, url: URL, what: str) -> Iterator[None]:
        """Raise what the database complains of as a sentence, without values of rows and without the password."""
        try:
            yield
        except DBAPIError as error:
            said = _complaint(error, url)
            refused = not isinstance(error, OperationalError) or url.get_backend_name() == "sqlite"
            if refused and not error.connection_invalidated:
                raise QueryError(f"sync {self.sync}: {_described(url)} refuses the query: {said}") from None
            raise SourceUnavailable(f"sync {self.sync}: {_described(url)} {what}: {said}") from None
        except StatementError as error:
            kind = type(error.orig or error).__name__
            raise QueryError(f"sync {self.sync}: a value of the query cannot be read ({kind})") from None


def _reading_only(connection: Connection, backend: str) -> Connection:
    """Have the database refuse whatever would change it, where it can."""
    if backend == "postgresql":
        return connection.execution_options(postgresql_readonly=True)
    if backend == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
    return connection


def _described(url: URL) -> str:
    """Name a database without user, password and options."""
    backend = url.get_backend_name()
    if backend == "sqlite":
        return f"the SQLite file {url.database}"
    port = f":{url.port}" if url.port else ""
    return f"{_NAMES.get(backend, backend)} at {url.host or 'the local socket'}{port}, database {url.database or '-'}"


def _complaint(error: DBAPIError, url: URL) -> str:
    """Return the first line of what the database said; of a bad value only what is wrong, not the value."""
    lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    line = lines[0].strip().rstrip(".")
    if isinstance(error, DataError):
        line = line.partition(":")[0]
    password = str(url.password or "")
    return line.replace(password, "***") if password else line
