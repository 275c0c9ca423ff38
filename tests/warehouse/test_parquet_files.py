"""Parquet: batches, places, types, and files that are not what they say."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from producers.warehouse import mapping_of_options
from producers.warehouse.compiling import compile_mapping
from producers.warehouse.parquet_rows import ParquetReader
from producers.warehouse.rows import START, Place, ReadOptions
from tercel.errors import InputError, MappingError
from tercel.records import Profile

MOMENT = dt.datetime(1997, 1, 31, 10, 30, tzinfo=dt.UTC)


def table(folder: Path, columns: dict[str, Any], **options: Any) -> Path:
    path = folder / "a.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path


def profiles(path: Path, **options: Any) -> list[dict[str, Any]]:
    mapper = compile_mapping(mapping_of_options(id_column="id", **options), ParquetReader(path).columns)
    batch = ParquetReader(path, only=mapper.columns).read(100)
    made = [mapper.make(row, number) for number, row in zip(batch.numbers, batch.rows, strict=True)]
    return [record.attributes for record in made if isinstance(record, Profile)]


def test_columns_take_their_types_from_the_schema(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        {
            "id": ["1"],
            "Spend": [11.77],
            "Count": pa.array([3], pa.int8()),
            "Price": pa.array([Decimal("9.50")], pa.decimal128(8, 2)),
            "Vip": [True],
            "Seen": pa.array([MOMENT], pa.timestamp("ns", "Europe/Berlin")),
            "Naive": pa.array([MOMENT.replace(tzinfo=None)], pa.timestamp("s")),
            "Born": [dt.date(1970, 1, 2)],
            "Tier": pa.array(["gold"]).dictionary_encode(),
            "Tags": [["a", "b"]],
        },
    )
    assert profiles(path) == [
        {
            "Spend": 11.77,
            "Count": 3,
            "Price": 9.5,
            "Vip": True,
            "Seen": "1997-01-31T10:30:00Z",
            "Naive": "1997-01-31T10:30:00Z",
            "Born": "1970-01-02T00:00:00Z",
            "Tier": "gold",
            "Tags": ["a", "b"],
        }
    ]


def test_null_and_nan_mean_nothing_and_an_empty_text_is_a_value(tmp_path: Path) -> None:
    columns = {"id": ["1"], "A": pa.array([None], pa.string()), "B": [float("nan")], "C": [""]}
    path = table(tmp_path, columns)
    assert profiles(path) == [{"C": ""}]
    assert profiles(path, nulls="send") == [{"A": None, "B": None, "C": ""}]


def test_only_the_mapped_columns_are_read_in_the_order_of_the_mapping(tmp_path: Path) -> None:
    path = table(tmp_path, {"a": [1], "b": [2], "id": ["x"], "c": [3]})
    assert profiles(path, maps=["C=c", "A=a"]) == [{"C": 3, "A": 1}]


def test_integer_ids_are_ids_and_floating_point_ones_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    assert profiles(table(tmp_path, {"id": [7], "A": ["x"]})) == [{"A": "x"}]
    with pytest.raises(MappingError, match="floating-point"):
        profiles(table(tmp_path, {"id": [7.0], "A": ["x"]}))


@pytest.mark.parametrize("group", [1, 4, 7, 100])
@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_reading_goes_on_at_any_row_whatever_the_row_groups(tmp_path: Path, group: int, size: int) -> None:
    path = table(tmp_path, {"id": [str(n) for n in range(23)]}, row_group_size=group)
    read: list[str] = []
    place = START
    while batch := ParquetReader(path, place=place).read(size):
        read += [row[0] for row in batch.rows]
        assert batch.numbers[-1] == len(read)
        place = batch.end
    assert read == [str(n) for n in range(23)]
    assert place == Place(23, 23)


def test_a_row_over_the_limit_and_a_text_that_is_not_utf8_are_bad_rows_with_their_number(tmp_path: Path) -> None:
    broken = pa.array([b"a", b"b", b"J\xfcrgen", b"d"]).view(pa.string())
    path = table(tmp_path, {"id": ["1", "x" * 500, "3", "4"], "name": broken})
    batch = ParquetReader(path, ReadOptions(max_row_bytes=200)).read(10)
    assert batch.numbers == [1, 4]
    assert sorted((bad.number, bad.code) for bad in batch.bad) == [(2, "T505"), (3, "T507")]


def test_a_time_outside_the_calendar_is_a_bad_row(tmp_path: Path) -> None:
    times = pa.array([0, 2**62], pa.int64()).view(pa.timestamp("us"))
    batch = ParquetReader(table(tmp_path, {"id": ["1", "2"], "t": times})).read(10)
    assert (batch.numbers, [(bad.number, bad.code) for bad in batch.bad]) == ([1], [(2, "T510")])


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_text("id,n\n1,2\n")
    with pytest.raises(InputError, match=r"a\.parquet cannot be read as Parquet"):
        ParquetReader(path)


def test_a_file_damaged_inside_is_an_error_not_an_end(tmp_path: Path) -> None:
    path = table(tmp_path, {"id": [str(n * 7919) for n in range(50_000)]}, row_group_size=10_000, use_dictionary=False)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2_000] = b"\xff" * 2_000
    path.write_bytes(content)
    reader = ParquetReader(path)
    with pytest.raises(InputError, match="cannot be read beyond row"):
        list(iter(lambda: len(reader.read(1_000)), 0))
