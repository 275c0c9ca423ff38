"""Sources of syncs to measure with: the same customers as CSV, as Parquet and as a PostgreSQL table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

ID: Final = "customer_id"
AUDIENCE: Final = 7
COLUMNS: Final = (ID, "email", "spend", "segment", "last_order")
FIELDS: Final[dict[str, Any]] = {
    "Email": "email",
    "Spend": {"column": "spend", "type": "number"},
    "Segment": "segment",
    "LastOrder": {"column": "last_order", "type": "time"},
}
CHUNK: Final = 100_000  # rows written at once

_GENERATED: Final = (
    "CREATE TABLE customers AS SELECT 'customer-' || lpad(i::text, 9, '0') AS customer_id, "
    "'c' || i || '@mail.example' AS email, ((i % 10000) / 100.0)::float8 AS spend, 's' || i % 7 AS segment, "
    "timestamptz '2026-01-01 00:00Z' + (i % 10000000) * interval '1 second' AS last_order "
    "FROM generate_series(0, @LAST@) AS i"
)
_STAMPS: Final = tuple(f"2026-0{month}-1{day}T09:30:00Z" for month in range(1, 10) for day in range(10))


def customers(count: int) -> Iterator[tuple[str, str, float, str, str]]:
    """Yield customers, each differing from the others."""
    for i in range(count):
        yield f"customer-{i:09d}", f"c{i}@mail.example", i % 10_000 / 100, f"s{i % 7}", _STAMPS[i % len(_STAMPS)]


def write_csv(file: Path, count: int) -> Path:
    """Write them as CSV and return the file."""
    with file.open("w") as out:
        out.write(",".join(COLUMNS) + "\n")
        out.writelines(f"{key},{email},{spend},{segment},{at}\n" for key, email, spend, segment, at in customers(count))
    return file


def write_parquet(file: Path, count: int) -> Path:
    """Write them as Parquet, times as timestamps, and return the file."""
    rows = customers(count)
    writer: pq.ParquetWriter | None = None
    while some := list(islice(rows, CHUNK)):
        table = pa.table(dict(zip(COLUMNS, map(list, zip(*some, strict=True)), strict=True)))
        stamps = table["last_order"].cast(pa.timestamp("ms", tz="UTC"))
        table = table.set_column(COLUMNS.index("last_order"), "last_order", stamps)
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    return file


def write_ids(file: Path, count: int) -> Path:
    """Write ids alone, as CSV, and return the file."""
    with file.open("w") as out:
        out.write(f"{ID}\n")
        out.writelines(f"customer-{i:09d}\n" for i in range(count))
    return file


def load_table(url: str, count: int) -> dict[str, str]:
    """Make a table of them; return the sync's connection and query."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_GENERATED.replace("@LAST@", str(count - 1)).encode())
    return {"connection": url, "query": f"SELECT {', '.join(COLUMNS)} FROM customers"}
