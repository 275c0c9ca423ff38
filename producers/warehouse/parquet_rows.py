"""Parquet files, in batches of rows: only the columns that are wanted, never more than a few MiB at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from producers.warehouse import reasons
from producers.warehouse.rows import (
    AS_USUAL,
    START,
    BadRow,
    Columns,
    Format,
    Place,
    ReadOptions,
    RowBatch,
    ValueType,
)
from tercel.errors import InputError

_DECODED_ROWS: Final = 8_192  # the most rows decoded at once; fewer where rows are wide
_READ_BUFFER_BYTES: Final = 1_048_576  # without one, whole column chunks are read at once
_TYPES: Final[tuple[tuple[tuple[Callable[[pa.DataType], bool], ...], ValueType], ...]] = (
    ((pa.types.is_boolean,), "boolean"),
    ((pa.types.is_integer,), "integer"),
    ((pa.types.is_floating, pa.types.is_decimal), "number"),
    ((pa.types.is_timestamp, pa.types.is_date), "time"),
    ((pa.types.is_string, pa.types.is_large_string), "string"),
)


class ParquetReader:
    """Reads the rows of a Parquet file as tuples, in the order of ``only`` (all columns where it is None)."""

    def __init__(
        self,
        file: Path,
        options: ReadOptions = AS_USUAL,
        place: Place = START,
        only: Iterable[str] | None = None,
    ) -> None:
        """Open the file and go to ``place``. Raises :class:`InputError` when it is not a Parquet file."""
        self._path = file
        self._limit = options.max_row_bytes
        self._batch_bytes = options.max_batch_bytes
        try:
            self._file = pq.ParquetFile(file, buffer_size=_READ_BUFFER_BYTES, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{file} cannot be read as Parquet: {_first_line(error)}") from error
        self.columns = _columns(file, self._file.schema_arrow)
        self._only = list(self.columns.names if only is None else only)
        self._row = place.offset
        self._batches = self._decode(place.offset)
        self._rows: list[Any] = []  # decoded rows not handed out yet; a BadRow stands in for one that is bad
        self._next = 0

    def read(self, rows: int) -> RowBatch:
        """Return the next rows, at most ``rows`` with the bad ones counted in; an empty batch at the end."""
        numbers: list[int] = []
        good: list[tuple[Any, ...]] = []
        bad: list[BadRow] = []
        while len(good) + len(bad) < rows:
            if self._next == len(self._rows):
                self._rows, self._next = self._decoded(), 0
                if not self._rows:
                    break
            row = self._rows[self._next]
            self._next += 1
            self._row += 1
            if isinstance(row, BadRow):
                bad.append(row._replace(number=self._row))
            else:
                good.append(row)
                numbers.append(self._row)
        return RowBatch(numbers, good, bad, Place(self._row, self._row))

    @property
    def share(self) -> float:
        """Return how much of the file has been read, from 0 to 1."""
        return self._row / (self._file.metadata.num_rows or 1)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _decoded(self) -> list[Any]:
        try:
            batch = next(self._batches, None)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{self._path} cannot be read beyond row {self._row}: {_first_line(error)}") from error
        return [] if batch is None else _rows_of(batch, self._limit)

    def _decode(self, start: int) -> Iterator[pa.RecordBatch]:
        """Decode from row ``start`` on; row groups that lie wholly before it are not read."""
        about = self._file.metadata
        sizes = [about.row_group(i).num_rows for i in range(about.num_row_groups)]
        ends = list(accumulate(sizes))
        group = bisect_right(ends, start)
        skip = start - (ends[group - 1] if group else 0)
        for i in range(group, len(sizes)):
            a_row = about.row_group(i).total_byte_size // max(1, sizes[i])
            most = max(1, min(_DECODED_ROWS, self._batch_bytes // max(1, a_row)))
            for batch in self._file.iter_batches(most, row_groups=[i], columns=self._only):
                if skip >= batch.num_rows:
                    skip -= batch.num_rows
                    continue
                yield batch.slice(skip).select(self._only)
                skip = 0


def _rows_of(batch: pa.RecordBatch, limit: int) -> list[Any]:
    columns = [_values(column) for column in batch.columns]
    rows: list[Any] = list(zip(*columns, strict=True))
    for values in columns:
        for i, value in enumerate(values):
            if isinstance(value, BadRow):
                rows[i] = value
    if batch.nbytes > limit:
        for i in range(batch.num_rows):
            size = batch.slice(i, 1).nbytes
            if size > limit:
                rows[i] = BadRow(0, reasons.TOO_LARGE, f"the row has {size:,} bytes; the limit is {limit:,}")
    return rows


def _values(column: pa.Array[Any]) -> list[Any]:
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)  # Python's times end at microseconds
    try:
        return column.to_pylist()
    except (UnicodeDecodeError, ValueError, OverflowError):
        return [_value(scalar) for scalar in column]


def _value(scalar: pa.Scalar[Any]) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return BadRow(0, reasons.NOT_UTF8, "a text that is not UTF-8")
    except (ValueError, OverflowError):
        return BadRow(0, reasons.BAD_VALUE, f"a {scalar.type} out of range")


def _columns(file: Path, schema: pa.Schema) -> Columns:
    types = {field.name: found for field in schema if (found := _type_of(field.type))}
    inexact = frozenset(field.name for field in schema if pa.types.is_floating(field.type))
    return Columns(file, Format.PARQUET, tuple(schema.names), types, inexact)


def _type_of(kind: pa.DataType) -> ValueType | None:
    """Return the type that values of a Parquet column have in Tercel; None leaves lists and objects as they are."""
    if isinstance(kind, pa.DictionaryType):
        return _type_of(kind.value_type)
    return next((found for tests, found in _TYPES if any(test(kind) for test in tests)), None)


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
