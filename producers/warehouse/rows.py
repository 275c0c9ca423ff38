"""What the readers hand over: rows with their line numbers, bad rows with their reasons, and places to go on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Protocol

import orjson

from tercel.errors import InputError

MAX_ROW_BYTES: Final = 1_048_576  # a longer row becomes a bad row; also what an unclosed quote may swallow at most
MAX_BATCH_BYTES: Final = 8_388_608  # a few thousand rows of 2 kB, or eight of the largest
SAMPLE_ROWS: Final = 1_000  # rows of a JSON Lines file that are read to learn which keys it has

ValueType = Literal["string", "number", "integer", "boolean", "time"]
Row = Any  # list[str] of CSV, dict of JSON Lines, tuple of Parquet: what a compiled mapping takes


class Format(StrEnum):
    """The kinds of file that can be read."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files are to be read.

    ``format`` None goes by the file's ending; ``delimiter`` None means a comma, or a tab for ``.tsv``; ``columns``
    names the columns of CSV files that have no header line. ``max_row_bytes`` is the largest row that is not refused;
    ``max_batch_bytes`` ends a batch early, so that wide rows keep memory bounded.
    """

    format: Format | None = None
    delimiter: str | None = None
    columns: tuple[str, ...] | None = None
    max_row_bytes: int = MAX_ROW_BYTES
    max_batch_bytes: int = MAX_BATCH_BYTES


AS_USUAL: Final = ReadOptions()


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file says of its columns: their names in order and, where it has a schema, their types.

    ``names`` of a JSON Lines file are the keys of its first rows. ``types`` maps names to the type their values have
    in Tercel; a name missing there keeps the values it has. ``inexact`` names columns of floating-point numbers,
    which cannot be ids.
    """

    file: Path
    format: Format
    names: tuple[str, ...]
    types: Mapping[str, ValueType] = field(default_factory=dict)
    inexact: frozenset[str] = frozenset()


class Place(NamedTuple):
    """A boundary between rows of one file.

    ``offset`` counts bytes (of the unpacked text for ``.gz``), or rows for Parquet; ``line`` counts the lines (rows
    for Parquet) before it.
    """

    offset: int = 0
    line: int = 0


START: Final = Place()


class BadRow(NamedTuple):
    """A row that cannot become a record: its line (row for Parquet), a code of ``REASONS``, and what is wrong."""

    number: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Rows in order with their line numbers, the bad rows found among them, and the place after the last one."""

    numbers: list[int]
    rows: list[Row]
    bad: list[BadRow]
    end: Place

    def __len__(self) -> int:
        return len(self.rows) + len(self.bad)


class Reader(Protocol):
    """Reads one file in batches, from a place on."""

    def read(self, rows: int) -> RowBatch:
        """Return the next rows, at most ``rows`` (bad ones counted in); an empty batch at the end of the file.

        Raises :class:`tercel.errors.InputError` when the file turns out to be broken as a whole.
        """

    @property
    def share(self) -> float:
        """Return how much of the file is behind the reader, from 0 to 1."""

    def close(self) -> None:
        """Close the file."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a run has come: the file it is in, the place there, and the rows (and bad ones) behind it.

    The counts travel in the checkpoint, so that they too are exact after a crash.
    """

    file: int = 0
    place: Place = START
    rows: int = 0
    bad: int = 0

    def encode(self) -> str:
        """Return the position as the checkpoint string that :meth:`decode` reads."""
        return orjson.dumps(
            {
                "file": self.file,
                "offset": self.place.offset,
                "line": self.place.line,
                "rows": self.rows,
                "bad": self.bad,
            }
        ).decode()

    @classmethod
    def decode(cls, text: str) -> Position:
        """Read a checkpoint; the empty string is the start. Raises :class:`InputError` for anything else."""
        if not text:
            return cls()
        try:
            found = orjson.loads(text)
            numbers = [found[name] for name in ("file", "offset", "line", "rows", "bad")]
        except (ValueError, KeyError, TypeError):
            numbers = []
        if not numbers or not all(isinstance(number, int) and number >= 0 for number in numbers):
            raise InputError(
                "the checkpoint of this run was not written by a backfill; start over with --restart (all of it is "
                "sent again, which is harmless)"
            )
        file, offset, line, rows, bad = numbers
        return cls(file, Place(offset, line), rows, bad)
