"""The tables of one sync's state, whatever database they are in.

``standing`` (one row), ``state`` (what was delivered) and ``outcome`` (how due rows ended) outlive every crash.
``staged``, ``repeated``, ``due``, ``departed`` and ``given_up`` belong to one run, by its generation; they are
complete, and never change any more, once the standing says SENDING.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from typing import Any

from tercel.errors import StoreUnavailable
from tercel.store.syncing import statements as sql
from tercel.store.syncing.standing import COLUMNS, LAYOUT, Standing
from tercel.store.syncing.values import StagedRow


class Tables(ABC):
    """Statements on the tables of one sync, over one connection. Every method may raise StoreUnavailable."""

    def __init__(self, name: str, words: Mapping[str, str]) -> None:
        self.name = name
        self._words = dict(words)  # what the names in braces of a statement stand for

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """Run statements on the lasting tables: all of them or none, and nobody else's in between."""

    @abstractmethod
    def building(self) -> AbstractContextManager[None]:
        """Run statements on the tables of the run in hand. At the end they are on disk."""

    @abstractmethod
    def run(self, statement: str, *values: object) -> int:
        """Run a statement; return how many rows it touched."""

    @abstractmethod
    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query answers."""

    @abstractmethod
    def make_stage(self, generation: int) -> None:
        """Make the empty tables of a generation, and drop those of every other one."""

    @abstractmethod
    def use_stage(self, generation: int) -> bool:
        """Let statements mean the tables of a generation. False: there are none."""

    @abstractmethod
    def drop_stage(self) -> None:
        """Drop the tables of every generation, and all outcomes."""

    @abstractmethod
    def load(self, rows: Sequence[StagedRow]) -> None:
        """Put rows into ``staged``."""

    @abstractmethod
    def prepare_comparing(self) -> None:
        """Make ``staged`` quick to go through by key."""

    @abstractmethod
    def prepare_closing(self) -> None:
        """Let the planner know how many rows there are to take over."""

    @abstractmethod
    def add_outcomes(self, seqs: Sequence[int], result: int) -> int:
        """Keep the outcome of due rows that have none yet; return how many these were."""

    def worded(self, statement: str) -> str:
        """Return a statement with the names of its tables."""
        return statement.format_map(self._words)

    def bring_up_to_date(self) -> None:
        """Change the lasting tables of an older layout to those of today. Call it within a transaction."""
        standing = self.standing(locked=True)
        if standing.layout < LAYOUT:
            self.run(sql.WITH_REFUSED)
            self.move(standing, layout=LAYOUT)

    def standing(self, *, locked: bool = False) -> Standing:
        """Read the standing, adding it where it is missing. ``locked``: nobody else changes it in this transaction."""
        query = f"SELECT {', '.join(COLUMNS)} FROM {{standing}} WHERE name = ?"  # noqa: S608
        rows = self.rows(f"{query} {{locked}}" if locked else query, self.name)
        if not rows:
            self._add_standing()
            rows = self.rows(query, self.name)
        standing = Standing.read(rows[0])
        if standing.layout > LAYOUT:
            raise StoreUnavailable(
                f"The state of sync {self.name} was written by a newer Tercel (layout {standing.layout}, known here up "
                f"to {LAYOUT}): update this Tercel."
            )
        return standing

    def move(self, standing: Standing, **changes: Any) -> Standing:
        """Change columns of the standing, and return what it is then."""
        columns = ", ".join(f"{column} = ?" for column in changes)
        values = [int(value) if isinstance(value, bool) else value for value in changes.values()]
        self.run(f"UPDATE {{standing}} SET {columns} WHERE name = ?", *values, self.name)  # noqa: S608
        return replace(standing, **changes)

    def _add_standing(self) -> None:
        values = {name: int(value) if isinstance(value, bool) else value for name, value in asdict(Standing()).items()}
        marks = ", ".join("?" * (len(values) + 1))
        self.run(
            f"INSERT INTO {{standing}} (name, {', '.join(values)}) VALUES ({marks}) ON CONFLICT DO NOTHING",  # noqa: S608
            self.name,
            *values.values(),
        )
