"""A sync's state in SQLite: one file that lasts, and one for each run's staging.

The staging is written without a journal, and thrown away as a file when it is of no more use. That is safe because
nothing relies on it before it is complete and on disk: until then a crash begins the run again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import repeat
from pathlib import Path
from typing import Any, Final

from tercel.errors import StoreUnavailable
from tercel.store.database import BUSY_TIMEOUT_S, FILE_MODE, FOLDER_MODE
from tercel.store.syncing import statements as sql
from tercel.store.syncing.keys import key_bytes
from tercel.store.syncing.tables import Tables
from tercel.store.syncing.values import StagedRow

CACHE_KIB: Final = 24 * 1024  # of each of the two files; also the memory that sorting takes
WAL_KEPT_BYTES: Final = 64 << 20  # of a write-ahead log after a large transaction
SORTING_THREADS: Final = 1  # beside ours

_WORDS: Final = {
    "standing": "main.standing",
    "state": "main.state",
    "outcome": "main.outcome",
    "staged": "stage.staged",
    "by_key": "INDEXED BY staged_by_key",
    "repeated": "stage.repeated",
    "due": "stage.due",
    "departed": "stage.departed",
    "given_up": "stage.given_up",
    "bytes": "blob",
    "identity": "integer",
    "counted": "integer",
    "key_number": "integer",
    "row_number": "integer PRIMARY KEY",
    "keyed": "WITHOUT ROWID",
    "unlogged": "",
    "locked": "",
}


class SqliteTables(Tables):
    """``<folder>/<name>.db``, and beside it ``<name>.<generation>.stage`` while a run is going."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(name, _WORDS)
        self._folder = folder
        self._path = folder / f"{name}.db"
        self._attached: int | None = None
        try:
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            _make_private(self._path)
        except OSError as error:
            raise StoreUnavailable(f"The state of sync {name} cannot use {self._path}: {error.strerror}.") from error
        with self._translated():
            self._connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=BUSY_TIMEOUT_S,
                isolation_level=None,  # transactions begin where we say
                check_same_thread=False,  # SyncState lets one thread in at a time
            )
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._within("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def building(self) -> Iterator[None]:
        with self._within("BEGIN"):
            yield
        # The file was written without waiting for the disk; one commit that does wait takes everything before along.
        with self._translated():
            self._connection.execute("PRAGMA stage.synchronous = FULL")
            self._connection.execute("PRAGMA stage.user_version = 1")
            self._connection.execute("PRAGMA stage.synchronous = OFF")

    def run(self, statement: str, *values: object) -> int:
        with self._translated():
            return self._connection.execute(self.worded(statement), values).rowcount

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._translated():
            return self._connection.execute(self.worded(statement), values).fetchall()

    def make_stage(self, generation: int) -> None:
        self.drop_stage()
        path = self._stage_path(generation)
        try:
            _make_private(path)
        except OSError as error:
            raise StoreUnavailable(f"The state of sync {self.name} cannot use {path}: {error.strerror}.") from error
        self.use_stage(generation)
        with self._translated():
            self._connection.execute("PRAGMA stage.journal_mode = OFF")
            self._connection.execute("PRAGMA stage.synchronous = OFF")
        self.run(sql.STAGED)

    def use_stage(self, generation: int) -> bool:
        if self._attached == generation:
            return True
        self._detach()
        path = self._stage_path(generation)
        if not path.exists():
            return False
        with self._translated():
            self._connection.execute("ATTACH ? AS stage", (f"{path.absolute().as_uri()}?mode=rw",))
            self._connection.execute(f"PRAGMA stage.cache_size = -{CACHE_KIB}")
        self._attached = generation
        return True

    def drop_stage(self) -> None:
        self._detach()
        for path in self._folder.glob(f"{self.name}.*.stage"):
            path.unlink(missing_ok=True)
        self.run("DELETE FROM {outcome}")

    def load(self, rows: Sequence[StagedRow]) -> None:
        with self._within("BEGIN"), self._translated():
            self._connection.executemany(
                "INSERT INTO stage.staged (key, fingerprint, payload) VALUES (?, ?, ?)",
                ((key_bytes(key), fingerprint, payload) for key, fingerprint, payload in rows),
            )

    def prepare_comparing(self) -> None:
        self.run("CREATE INDEX stage.staged_by_key ON staged (key, fingerprint)")

    def prepare_closing(self) -> None:
        """Do nothing: these statements leave SQLite no choice."""

    def add_outcomes(self, seqs: Sequence[int], result: int) -> int:
        with self._translated():
            return self._connection.executemany(
                "INSERT OR IGNORE INTO main.outcome (seq, result) VALUES (?, ?)", zip(seqs, repeat(result))
            ).rowcount

    def _prepare(self) -> None:
        with self._translated():
            execute = self._connection.execute
            if execute("PRAGMA journal_mode").fetchone() != ("wal",):
                execute("PRAGMA journal_mode = WAL")
            execute("PRAGMA synchronous = FULL")  # receipts are dropped once their outcomes are committed
            execute("PRAGMA secure_delete = FAST")  # keys are personal data
            execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            execute(f"PRAGMA journal_size_limit = {WAL_KEPT_BYTES}")
            execute(f"PRAGMA threads = {SORTING_THREADS}")
        with self.transaction():
            for statement in (sql.STANDING, sql.STATE, sql.OUTCOME):
                self.run(statement)
            self.bring_up_to_date()

    @contextmanager
    def _within(self, begin: str) -> Iterator[None]:
        with self._translated():
            self._connection.execute(begin)
        try:
            yield
            with self._translated():
                self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                with suppress(sqlite3.Error):  # what went wrong first is what matters
                    self._connection.execute("ROLLBACK")
            raise

    def _detach(self) -> None:
        if self._attached is not None:
            with self._translated():
                self._connection.execute("DETACH stage")
            self._attached = None

    def _stage_path(self, generation: int) -> Path:
        return self._folder / f"{self.name}.{generation}.stage"

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise what SQLite complains of as a sentence. Its messages hold no values."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreUnavailable(f"The state of sync {self.name} cannot use {self._path}: {error}.") from None


def _make_private(path: Path) -> None:
    """Create a file readable by its owner only, before SQLite would make it readable by all."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
