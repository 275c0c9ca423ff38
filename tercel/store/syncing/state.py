"""The state of one sync: what it has delivered, and the run that is being compared with it or sent.

A row's state changes only after its outcome is known: the whole life of a run is ``begin``, ``stage`` many times,
``compare``, then ``due`` and ``confirm`` by turns, and ``finish``. After a crash ``run`` and ``phase`` say where it
was: in SENDING another process goes on with ``due`` and ``confirm``; in STAGING nothing is lost that the source does
not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Final, Self

from tercel.errors import CheckpointMoved, StoreUnavailable
from tercel.store.chunks import chunked
from tercel.store.syncing import statements as sql
from tercel.store.syncing.closing import close, doubt
from tercel.store.syncing.comparing import compare
from tercel.store.syncing.keys import key_bytes, key_text
from tercel.store.syncing.postgresql_tables import PostgresqlTables
from tercel.store.syncing.sqlite_tables import SqliteTables
from tercel.store.syncing.standing import BLANK, Standing
from tercel.store.syncing.tables import Tables
from tercel.store.syncing.values import Comparison, Due, Mode, Outcomes, Phase, StagedRow
from tercel.store.urls import parse_url

HANDED_AHEAD: Final = 10_000  # due rows noted as possibly sent at once, so that few pages of them cost a commit
OUTCOMES_AT_ONCE: Final = 50_000  # rows of one statement
CONFLICTS_AT_ONCE: Final = 1_000  # keys read at once; the bound of the memory it takes


class SyncState:
    """The state of one sync, in SQLite or PostgreSQL. Safe from any thread.

    One process at a time may work on it, which is the caller's to see to; should it fail to, the process whose run is
    no longer the newest gets CheckpointMoved, and changes nothing. Every method may raise StoreUnavailable, whose text
    holds neither the password nor personal data; after it, everything can be tried again but ``stage`` and ``compare``,
    which need a new ``begin``.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._lock = RLock()
        self._generation = tables.standing().generation
        self._staged: int | None = None  # rows staged by this object, since it began

    @classmethod
    def open(cls, url: str, name: str, *, folder: Path) -> Self:
        """Open the state of the sync ``name``, making it where it is missing.

        ``url`` is that of the store. With SQLite the state is a file of its own, ``<folder>/<name>.db``, so that syncs
        and store never wait for each other; with PostgreSQL it is in the store's database. Raises SettingsError for a
        URL that cannot work, and StoreUnavailable.
        """
        parsed = parse_url(url)
        is_sqlite = parsed.get_backend_name() == "sqlite"
        tables: Tables = SqliteTables(folder, name) if is_sqlite else PostgresqlTables(parsed, name)
        try:
            return cls(tables)
        except BaseException:
            tables.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._tables.close()

    def begin(self, run: str) -> None:
        """Begin a run, and take over what is known of an unfinished one before it; what that staged is forgotten."""
        with self._lock:
            self._close()
            with self._tables.transaction():
                standing = self._tables.standing(locked=True)
                self._generation = standing.generation + 1
                changes = {**BLANK, "run": run, "phase": Phase.STAGING, "generation": self._generation}
                self._tables.move(standing, **changes)
            self._tables.make_stage(self._generation)
            self._staged = 0

    def stage(self, rows: Sequence[StagedRow]) -> None:
        """Take mapped rows, thousands at once, in any order. Raises CheckpointMoved without a ``begin`` here."""
        with self._lock:
            if self._staged is None:
                raise CheckpointMoved("Rows are staged by the process that began the run: begin one first.")
            self._tables.load(rows)
            self._staged += len(rows)

    def compare(self, mode: Mode, *, full: bool, most_tries: int = 0) -> Comparison:
        """Freeze what was staged into due rows. ``full``: every row is due, also what has not changed.

        Otherwise a row is left alone whose content was refused in ``most_tries`` runs (0: without limit), until it has
        another one. Deletes are tried without limit: giving up would leave somebody in the audience.

        The state of removals (mode REMOVE) says nothing to the other modes, nor theirs to it: changing between them
        forgets it. Raises CheckpointMoved where another run has begun.
        """
        with self._lock:
            standing = self._ours(Phase.STAGING)
            staged, self._staged = self._staged, None  # whatever happens, nothing is staged any more
            if staged is None:
                raise CheckpointMoved("What another process staged cannot be compared: begin a run first.")
            return compare(self._tables, standing, mode, everything=full, most_tries=most_tries, staged=staged)

    def conflicts(self) -> Iterator[str]:
        """Yield the keys that came with different contents, in order. None of their rows is due."""
        after: bytes = b""
        while True:
            with self._lock:
                self._ours(Phase.SENDING)
                found = self._tables.rows(sql.CONFLICTS, after, CONFLICTS_AT_ONCE)
            yield from (key_text(key) for (key,) in found)
            if len(found) < CONFLICTS_AT_ONCE:
                return
            after = found[-1][0]

    def given_up(self, keys: Sequence[str]) -> set[str]:
        """Return those of a few hundred keys that the comparison left alone, as their content was refused too often."""
        if not keys:
            return set()
        marks = ", ".join("?" * len(keys))
        with self._lock:
            self._ours(Phase.SENDING)
            statement = sql.IS_GIVEN_UP.replace("{marks}", marks)
            found = self._tables.rows(statement, *map(key_bytes, keys))
        return {key_text(key) for (key,) in found}

    def due(self, after: int, limit: int) -> list[Due]:
        """Return up to ``limit`` due rows without an outcome, from the one behind number ``after`` on.

        What is in the source comes first, then what left it, each in the order of the keys. Rows handed out count as
        possibly sent.
        """
        with self._lock:
            standing = self._ours(Phase.SENDING)
            rows = self._tables.rows(sql.DUE, after, limit)
            if rows and rows[-1][0] > standing.handed:
                with self._changing() as standing:
                    self._tables.move(standing, handed=min(standing.due, rows[-1][0] + HANDED_AHEAD))
        put = standing.mode.put
        return [Due(seq, put if seq <= standing.last_put else "delete", key_text(key), pay) for seq, key, pay in rows]

    def confirm(self, delivered: Iterable[int], rejected: Iterable[int]) -> None:
        """Keep the outcomes of due rows, by number. Harmless when repeated: the first outcome of a row stays.

        Raises CheckpointMoved where the run is over, or another one has begun.
        """
        with self._changing() as standing:
            counts = {"delivered": standing.delivered, "rejected": standing.rejected}
            for name, result, seqs in (("delivered", sql.DELIVERED, delivered), ("rejected", sql.REJECTED, rejected)):
                for some in chunked(seqs, OUTCOMES_AT_ONCE):
                    _check_range(some, standing.due)
                    counts[name] += self._tables.add_outcomes(some, result)
            self._tables.move(standing, **counts)

    def doubt(self, upto: int) -> int:
        """Say that no more is to be learnt of the due rows up to a number, the last one sent; return how many.

        They are due again in the next run, whatever their content; a mirror deletes those that left the source by then.
        Rows behind that number were never sent, and stay as they were.
        """
        with self._changing() as standing:
            return doubt(self._tables, standing, upto)

    def finish(self) -> None:
        """End the run: take its outcomes over, and free the space that it took. Nothing to do where there is no run.

        The next ``begin`` would do it too. A run that is still STAGING is forgotten.
        """
        with self._lock:
            phase = self._tables.standing().phase
            if phase is Phase.IDLE:
                return
            self._ours(phase)
            self._close()
            if phase is Phase.STAGING:
                with self._tables.transaction():
                    self._tables.move(self._ours(phase, locked=True), phase=Phase.IDLE, **BLANK)
                self._tables.drop_stage()
                self._staged = None

    def outcomes(self) -> Outcomes:
        """Count the due rows of the run by outcome. All 0 where no run is SENDING."""
        return self._standing().outcomes

    def pending(self) -> int:
        """Count the due rows without an outcome."""
        return self.outcomes().pending

    def comparison(self) -> Comparison | None:
        """Return what ``compare`` found, as long as the run is SENDING."""
        return self._standing().compared

    def members(self) -> int:
        """Count the rows that are known to be, or may be, at the destination, with what the run has delivered."""
        with self._lock:
            standing = self._tables.standing()
            if standing.phase is not Phase.SENDING or not standing.delivered:
                return standing.members
            if not self._tables.use_stage(standing.generation):
                return standing.members
            came = self._tables.rows(sql.NEW_MEMBERS, sql.DELIVERED, standing.last_put)[0][0]
            went = self._tables.rows(sql.LOST_MEMBERS, sql.DELIVERED, standing.last_put)[0][0]
            return int(standing.members + came - went)

    def run(self) -> str | None:
        """Return the run that is being staged or sent, or None."""
        return self._standing().run

    def phase(self) -> Phase:
        """Return how far that run has come."""
        return self._standing().phase

    def mapping_fingerprint(self) -> str | None:
        """Return the fingerprint of the definition that the rows were sent by; None before the first run."""
        return self._standing().mapping

    def set_mapping_fingerprint(self, fingerprint: str) -> None:
        """Keep it."""
        with self._lock, self._tables.transaction():
            self._tables.move(self._tables.standing(locked=True), mapping=fingerprint)

    def reset(self) -> None:
        """Forget everything: rows, run and fingerprint. The next run counts every row as added, and deletes nothing."""
        with self._lock:
            with self._tables.transaction():
                standing = self._tables.standing(locked=True)
                self._generation = standing.generation + 1
                self._tables.run("DELETE FROM {state}")
                blank = {**BLANK, "phase": Phase.IDLE, "generation": self._generation, "members": 0, "mapping": None}
                self._tables.move(standing, **blank)
            self._tables.drop_stage()
            self._staged = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<SyncState of {self._tables.name}>"

    def _standing(self) -> Standing:
        with self._lock:
            return self._tables.standing()

    def _ours(self, phase: Phase, *, locked: bool = False) -> Standing:
        """Return the standing of our run. Raises CheckpointMoved unless it is the newest, and in this phase."""
        standing = self._tables.standing(locked=locked)
        if standing.generation != self._generation:
            raise CheckpointMoved(
                f"Sync {self._tables.name} has begun another run since this process opened its state. Nothing was "
                "changed."
            )
        if standing.phase is not phase:
            raise CheckpointMoved(
                f"The run of sync {self._tables.name} is {standing.phase.value}, not {phase.value}. Nothing was "
                "changed."
            )
        if phase is Phase.SENDING and not locked and not self._tables.use_stage(standing.generation):
            raise StoreUnavailable(
                f"The staging of sync {self._tables.name} is missing: run the sync again, from the beginning."
            )
        return standing

    @contextmanager
    def _changing(self) -> Iterator[Standing]:
        """Give a transaction on our run that is SENDING."""
        with self._lock:
            self._ours(Phase.SENDING)  # finds the run's tables, which SQLite cannot do within a transaction
            with self._tables.transaction():
                yield self._ours(Phase.SENDING, locked=True)

    def _close(self) -> None:
        """Take over the run that is SENDING, if one is. One whose staging is missing was not backed up: it is left."""
        standing = self._tables.standing()
        if standing.phase is Phase.SENDING and self._tables.use_stage(standing.generation):
            close(self._tables)
            self._tables.drop_stage()


def _check_range(seqs: list[int], due: int) -> None:
    if seqs and not 1 <= min(seqs) <= max(seqs) <= due:
        raise ValueError(f"an outcome of a row that is not due: of {due:,} due rows, {min(seqs)} to {max(seqs)}")
