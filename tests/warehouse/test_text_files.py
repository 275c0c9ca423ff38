"""CSV and JSON Lines: rows, their line numbers, bad rows, and places to go on from."""

from __future__ import annotations

import csv
import gzip
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.warehouse.csv_rows import CsvReader
from producers.warehouse.jsonl_rows import JsonLinesReader
from producers.warehouse.rows import START, Place, Reader, ReadOptions, Row
from tercel.errors import InputError

Numbered = list[tuple[int, Row]]


def everything(reader: Reader, rows: int = 3) -> tuple[Numbered, list[tuple[int, str]]]:
    """Read to the end: the rows with their numbers, and the bad ones' numbers with their codes."""
    good: Numbered = []
    bad: list[tuple[int, str]] = []
    while batch := reader.read(rows):
        assert len(batch) <= rows
        good += zip(batch.numbers, batch.rows, strict=True)
        bad += [(row.number, row.code) for row in batch.bad]
    reader.close()
    return good, bad


def written(folder: Path, content: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_rows_of_csv_carry_the_line_they_start_on_also_behind_quoted_line_breaks(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,text\n1,"two\nlines"\n2,b\n\n3,c\n')
    good, bad = everything(CsvReader(path))
    assert good == [(2, ["1", "two\nlines"]), (4, ["2", "b"]), (6, ["3", "c"])]
    assert bad == []


@pytest.mark.parametrize(
    "content",
    ["id,n\r\n1,a\r\n2,b\r\n", "\ufeffid,n\n1,a\n2,b", '\n\nid,n\n"1",a\n2,"b"\n', "id,n\n1,a\n\n\n2,b\n\n"],
    ids=["crlf", "byte order mark and no last line end", "blank lines before the header", "blank lines"],
)
def test_csv_as_it_comes_from_many_tools_gives_the_same_rows(tmp_path: Path, content: str) -> None:
    reader = CsvReader(written(tmp_path, content))
    assert reader.columns.names == ("id", "n")
    assert [row for _, row in everything(reader)[0]] == [["1", "a"], ["2", "b"]]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"9", "T501"),
        (b"9,x,y", "T501"),
        (b'9,"x"y', "T502"),
        (b"9,x\rz", "T502"),
        (b"9," + b"x" * 200, "T505"),
        (b"9,x\0", "T506"),
        (b"9,J\xfcrgen", "T507"),
    ],
)
def test_a_bad_csv_row_is_reported_with_its_line_and_the_others_go_on(tmp_path: Path, line: bytes, code: str) -> None:
    path = written(tmp_path, "id,text\n1,é\n".encode() + line + b"\n2,b\n")
    good, bad = everything(CsvReader(path, ReadOptions(max_row_bytes=100)))
    assert good == [(2, ["1", "é"]), (4, ["2", "b"])]
    assert bad == [(3, code)]


@pytest.mark.parametrize("rows_behind", [1, 3, 50], ids=["ends in quotes", "a few rows", "more than a row may hold"])
def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path, rows_behind: int) -> None:
    rows = "".join(f"{n},fine\n" for n in range(rows_behind))
    good, bad = everything(CsvReader(written(tmp_path, f'id,text\nx,"open\n{rows}'), ReadOptions(max_row_bytes=100)))
    assert good == [(3 + n, [str(n), "fine"]) for n in range(rows_behind)]
    assert [number for number, _ in bad] == [2]


def test_a_stray_quote_that_a_later_quoted_value_seems_to_close_costs_one_row(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,text\nx,"5 inch\n1,a\n2,"b"\n3,c\n')
    good, bad = everything(CsvReader(path))
    assert good == [(3, ["1", "a"]), (4, ["2", "b"]), (5, ["3", "c"])]
    assert bad == [(2, "T502")]


def test_a_line_too_long_behind_an_open_quote_is_reported_as_well(tmp_path: Path) -> None:
    path = written(tmp_path, f'id,text\nx,"open\n{"y" * 300}\n1,a\n')
    good, bad = everything(CsvReader(path, ReadOptions(max_row_bytes=100)))
    assert good == [(4, ["1", "a"])]
    assert bad == [(2, "T505"), (3, "T505")]


def test_tabs_other_delimiters_and_headless_files_can_be_read(tmp_path: Path) -> None:
    assert CsvReader(written(tmp_path, "a\tb\n1\t2\n", "a.tsv")).columns.names == ("a", "b")
    assert CsvReader(written(tmp_path, "a;b\n1;2\n"), ReadOptions(delimiter=";")).columns.names == ("a", "b")
    headless = CsvReader(written(tmp_path, "1,2\n3,4\n"), ReadOptions(columns=("a", "b")))
    assert everything(headless)[0] == [(1, ["1", "2"]), (2, ["3", "4"])]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "header"),
        (b"\n\n", "header"),
        (b"\xff\xfei\0d\0", "UTF-16"),
        ("id,name\n1,a\n".encode("utf-16-le"), "UTF-16"),
        (b"id,J\xfcrgen\n1,a\n", "header line"),
        (("id,n\n" + "1,Jürgen\n" * 5).encode("latin-1"), "WINDOWS-1252"),
        (b"id,n\r1,a\r2,b", "carriage return"),
        (b"PAR1....", "Parquet"),
        (b"PK\x03\x04....", "zip"),
        (gzip.compress(b"id,n\n1,a\n", mtime=0)[:-9], "damaged"),
    ],
)
def test_a_file_that_is_no_utf8_csv_is_refused_with_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(InputError, match=said) as refused:
        CsvReader(path)
    assert str(path) in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv cannot be read: No such file"):
        CsvReader(tmp_path / "gone.csv")


def test_a_damaged_end_of_a_packed_file_is_an_error_not_an_end(tmp_path: Path) -> None:
    content = "id,n\n" + "".join(f"{n},{n * 7919 % 10_007}\n" for n in range(400_000))
    path = written(tmp_path, gzip.compress(content.encode(), 1)[:-2_000], "a.csv.gz")
    with pytest.raises(InputError, match="cannot be read beyond line"):
        everything(CsvReader(path), rows=100_000)


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_reading_goes_on_at_any_boundary_without_skipping_or_doubling(tmp_path: Path, ending: str) -> None:
    content = 'id,text\n1,a\n2,"x\ny"\n3\n4,"open\n5,e\n6,"f"\n7,é\n'.encode()
    path = written(tmp_path, gzip.compress(content) if ending.endswith("gz") else content, f"a{ending}")
    whole = everything(CsvReader(path))
    first = CsvReader(path)
    good: Numbered = []
    bad: list[tuple[int, str]] = []
    place = START
    while batch := first.read(1):
        fresh = CsvReader(path, place=place).read(1)
        good += zip(fresh.numbers, fresh.rows, strict=True)
        bad += [(row.number, row.code) for row in fresh.bad]
        assert fresh == batch
        place = batch.end
    assert (good, bad) == whole


cells = st.text(st.sampled_from('ab,"\n\r é;'), max_size=6)


@settings(max_examples=150)
@given(
    rows=st.lists(st.tuples(cells, cells, cells), max_size=12),
    size=st.integers(1, 5),
    terminator=st.sampled_from(["\n", "\r\n"]),
    packed=st.booleans(),
)
def test_what_csv_writes_is_read_back_from_every_place(
    tmp_path: Path, rows: list[tuple[str, str, str]], size: int, terminator: str, packed: bool
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=terminator, quoting=csv.QUOTE_ALL).writerows([("a", "b", "c"), *rows])
    content = text.getvalue().encode()
    path = written(tmp_path, gzip.compress(content) if packed else content, "any.csv")
    read: list[list[str]] = []
    place = START
    while batch := CsvReader(path, place=place).read(size):  # every batch by a reader of its own
        read += batch.rows
        assert not batch.bad
        place = batch.end
    assert read == [list(row) for row in rows]


lines = st.one_of(
    st.sampled_from([b"", b"1,2", b"1", b'"', b'1,"', b'a","b', b'"",""', b"\xff", b"\0,", b'x"y,z', b"," * 40]),
    st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"")),
)


@settings(max_examples=200)
@given(content=st.lists(lines, max_size=15), size=st.integers(1, 4))
def test_whatever_the_lines_hold_reading_ends_and_batches_do_not_matter(
    tmp_path: Path, content: list[bytes], size: int
) -> None:
    path = written(tmp_path, b"\n".join([b"a,b", "é,é".encode(), *content]))
    options = ReadOptions(max_row_bytes=60)
    at_once = everything(CsvReader(path, options), rows=1_000)
    good: Numbered = []
    bad: list[tuple[int, str]] = []
    place = START
    while batch := CsvReader(path, options, place).read(size):
        good += zip(batch.numbers, batch.rows, strict=True)
        bad += [(row.number, row.code) for row in batch.bad]
        place = batch.end
    assert (good, bad) == at_once
    numbers = [number for number, _ in good + bad]
    assert len(set(numbers)) == len(numbers)


def test_json_lines_are_read_one_object_a_line(tmp_path: Path) -> None:
    path = written(tmp_path, '\ufeff{"id":"1","n":1}\r\n\n{"id":"2","x":null}\n{"id":"3"}', "a.jsonl")
    reader = JsonLinesReader(path)
    assert reader.columns.names == ("id", "n", "x")
    assert everything(reader)[0] == [(1, {"id": "1", "n": 1}), (3, {"id": "2", "x": None}), (4, {"id": "3"})]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"id":', "T503"),
        (b'{"id": NaN}', "T503"),
        (b"{'id': 1}", "T503"),
        (b'{"id":"1"} {"id":"2"}', "T503"),
        (b"[" * 60, "T503"),
        (b"[1]", "T504"),
        (b"null", "T504"),
        (b'"' + b"x" * 200 + b'"', "T505"),
        (b'{"id":"\0"}', "T506"),
        (b'{"id":"\xfc"}', "T507"),
    ],
)
def test_a_bad_json_line_is_reported_with_its_line_and_the_others_go_on(tmp_path: Path, line: bytes, code: str) -> None:
    path = written(tmp_path, b'{"id":"1"}\n' + line + b'\n{"id":"2"}\n', "a.jsonl")
    good, bad = everything(JsonLinesReader(path, ReadOptions(max_row_bytes=100)), rows=1)
    assert good == [(1, {"id": "1"}), (3, {"id": "2"})]
    assert bad == [(2, code)]


@pytest.mark.parametrize("content", ["[\n{}\n]", '{\n  "id": 1\n}', '[{"id":1}]'])
def test_a_json_document_is_refused_with_how_to_convert_it(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match="jq"):
        JsonLinesReader(written(tmp_path, content, "a.json"))


def test_an_empty_json_lines_file_has_no_rows(tmp_path: Path) -> None:
    assert everything(JsonLinesReader(written(tmp_path, "", "a.jsonl"))) == ([], [])


def test_json_lines_go_on_at_any_boundary(tmp_path: Path) -> None:
    path = written(tmp_path, "".join(f'{{"id":{n}}}\n' for n in range(7)), "a.jsonl")
    ids = []
    place = START
    while batch := JsonLinesReader(path, place=place).read(2):
        ids += [row["id"] for row in batch.rows]
        place = batch.end
    assert ids == list(range(7))
    assert place == Place(path.stat().st_size, 7)


@pytest.mark.parametrize("reader", [CsvReader, JsonLinesReader])
def test_a_batch_of_blank_lines_only_is_not_taken_for_the_end(
    tmp_path: Path, reader: type[CsvReader] | type[JsonLinesReader]
) -> None:
    first, last = ("id\n1", "2") if reader is CsvReader else ('{"id":"1"}', '{"id":"2"}')
    path = written(tmp_path, f"{first}\n{chr(10) * 500}{last}\n")
    good, _ = everything(reader(path, ReadOptions(max_batch_bytes=20)))
    assert len(good) == 2


@pytest.mark.parametrize("reader", [CsvReader, JsonLinesReader])
def test_memory_stays_bounded_however_long_a_line_is(
    tmp_path: Path, reader: type[CsvReader] | type[JsonLinesReader]
) -> None:
    start = "id\n" if reader is CsvReader else "{}\n"
    path = written(tmp_path, gzip.compress(start.encode() + b"x" * 64_000_000, 1))
    tracemalloc.start()
    try:
        batch = reader(path).read(500)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [bad.code for bad in batch.bad] == ["T505"]
    assert peak < 8_000_000


@pytest.mark.parametrize("reader", [CsvReader, JsonLinesReader])
def test_a_batch_ends_early_where_rows_are_wide(
    tmp_path: Path, reader: type[CsvReader] | type[JsonLinesReader]
) -> None:
    row = "x" * 100 if reader is CsvReader else f'{{"id":"{"x" * 100}"}}'
    path = written(tmp_path, f"{row}\n" * 20)
    opened = reader(path, ReadOptions(max_batch_bytes=300))
    assert len(opened.read(500)) == 3
