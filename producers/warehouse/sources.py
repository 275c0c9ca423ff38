"""The files of a backfill: their formats, what they looked like when it began, and readers that go on anywhere."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from producers.warehouse.compiling import RowMapper, compile_mapping
from producers.warehouse.csv_rows import CsvReader
from producers.warehouse.jsonl_rows import JsonLinesReader
from producers.warehouse.mapping import AnyMapping
from producers.warehouse.parquet_rows import ParquetReader
from producers.warehouse.rows import START, Columns, Format, Place, Reader, ReadOptions
from tercel.errors import InputError

ENDINGS: Final = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".json": Format.JSONL,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
}


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a backfill as it was when it was looked at, with the mapping compiled for it.

    ``size`` is in bytes, ``modified_ns`` in nanoseconds since the epoch.
    """

    path: Path
    format: Format
    options: ReadOptions
    size: int
    modified_ns: int
    columns: Columns
    mapper: RowMapper

    def __str__(self) -> str:
        seconds, nanoseconds = divmod(self.modified_ns, 1_000_000_000)
        moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self.path} ({self.size:,} bytes of {moment}.{nanoseconds:09d}Z)"

    def open(self, place: Place = START) -> Reader:
        """Return a reader that goes on from ``place``. Raises :class:`InputError`."""
        return _open(self.path, self.format, self.options, place, self.mapper.columns)

    def check_unchanged(self) -> None:
        """Raise :class:`InputError` when the file is no longer what it was when it was looked at."""
        if _facts(self.path) != (self.size, self.modified_ns):
            raise InputError(
                f"{self.path} was changed while it was being read; what was read of it may be a mixture. Give the "
                "same command again when nothing writes to it (records that were sent are harmless when sent twice)"
            )


def look_at(files: Iterable[Path], mapping: AnyMapping, options: ReadOptions) -> tuple[Source, ...]:
    """Look at every file and compile the mapping for it, so that what cannot work is said before anything is sent.

    Raises :class:`InputError` and :class:`MappingError`.
    """
    paths = [file.expanduser().resolve() for file in files]
    if not paths:
        raise InputError("no file was given")
    for path in paths:
        if paths.count(path) > 1:
            raise InputError(f"{path} was given more than once")
    return tuple(_look_at(path, mapping, options) for path in paths)


def _look_at(path: Path, mapping: AnyMapping, options: ReadOptions) -> Source:
    size, modified_ns = _facts(path)
    kind = options.format or _format_of(path)
    reader = _open(path, kind, options)
    try:
        columns = reader.columns
        mapper = compile_mapping(mapping, columns)
    finally:
        reader.close()
    return Source(path, kind, replace(options, format=kind), size, modified_ns, columns, mapper)


def _open(
    path: Path, kind: Format, options: ReadOptions, place: Place = START, only: Iterable[str] | None = None
) -> CsvReader | JsonLinesReader | ParquetReader:
    if kind is Format.CSV:
        return CsvReader(path, options, place)
    if kind is Format.JSONL:
        return JsonLinesReader(path, options, place)
    return ParquetReader(path, options, place, only)


def _format_of(path: Path) -> Format:
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if (found := ENDINGS.get(ending)) is None:
        known = ", ".join(ENDINGS)
        raise InputError(f"{path}: the ending '{ending}' does not say what it is; known are {known} (say --format)")
    if found is Format.PARQUET and path.name.lower().endswith(".gz"):
        raise InputError(f"{path}: Parquet files are compressed inside; unpack it first (`gunzip`)")
    return found


def _facts(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if not stat.S_ISREG(facts.st_mode):
        raise InputError(f"{path} is not a file; a backfill needs one, to be able to go on where it was stopped")
    return facts.st_size, facts.st_mtime_ns
