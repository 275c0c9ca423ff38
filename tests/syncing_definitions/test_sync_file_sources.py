"""Files as the source of a sync: what their rows become, and what keeps a part from passing for the whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from producers.warehouse.syncing.definition import SyncDefinition
from tercel.errors import InputError, MappingError
from tests.syncing_definitions.conftest import Declare

TYPED = {"total": {"column": "total", "type": "number"}, "joined": {"column": "joined", "type": "time"}}


def rows_of(sync: SyncDefinition) -> dict[str, Any]:
    """Return the content of each row by its key."""
    return {key: payload and json.loads(payload) for batch in sync.rows() for key, _, payload in batch.rows}


def fingerprints_of(sync: SyncDefinition) -> dict[str, bytes]:
    return {key: fingerprint for batch in sync.rows() for key, fingerprint, _ in batch.rows}


def test_without_fields_the_default_ones_are_sent_as_far_as_the_source_has_them(
    tmp_path: Path, declare: Declare
) -> None:
    (tmp_path / "a.csv").write_text("integration_id,email,signup_date,shoe_size\n1,a@b.c,2020-01-31,44\n")

    found = rows_of(declare(files=[tmp_path / "a.csv"]))

    assert found == {"1": {"email": "a@b.c", "signup_date": "2020-01-31T00:00:00Z"}}


def test_fields_rename_type_and_add_constants_and_a_prefix_goes_before_ids(tmp_path: Path, declare: Declare) -> None:
    (tmp_path / "a.csv").write_text("id,total,vip\n1,12.50,yes\n")
    fields = {
        "Total": {"column": "total", "type": "number"},
        "Vip": {"column": "vip", "type": "boolean"},
        "Origin": {"constant": "warehouse"},
    }

    found = rows_of(declare(files=[tmp_path / "a.csv"], id="id", id_prefix="app1_", fields=fields))

    assert found == {"app1_1": {"Total": 12.5, "Vip": True, "Origin": "warehouse"}}


def test_an_empty_value_is_left_out_or_sent_as_null_field_by_field(tmp_path: Path, declare: Declare) -> None:
    (tmp_path / "a.csv").write_text("id,email,phone\n1,,\n")
    fields = {"email": "email", "phone": {"column": "phone", "nulls": "send"}}

    assert rows_of(declare(files=[tmp_path / "a.csv"], id="id", fields=fields)) == {"1": {"phone": None}}


def test_of_an_audiences_rows_only_the_id_is_used(tmp_path: Path, declare: Declare) -> None:
    (tmp_path / "a.csv").write_text("id,email\n1,a@b.c\n2,d@e.f\n")

    sync = declare(files=[tmp_path / "a.csv"], id="id", object="audiences", mode="mirror", audience_id=7)

    assert rows_of(sync) == {"1": None, "2": None}
    assert len(set(fingerprints_of(sync).values())) == 1


def test_the_fingerprint_is_the_same_whatever_wrote_the_row(tmp_path: Path, declare: Declare) -> None:
    (tmp_path / "a.csv").write_text("joined,total,id\n2020-01-31,12.0,1\n")
    (tmp_path / "a.jsonl").write_text('{"id": "1", "joined": "2020-01-31T00:00:00+00:00", "total": 12}\n')
    pq.write_table(pa.table({"id": ["1"], "total": [12.0], "joined": ["2020-01-31"]}), tmp_path / "a.parquet")

    found = {
        fingerprints_of(declare(files=[tmp_path / name], id="id", fields=TYPED))["1"]
        for name in ("a.csv", "a.jsonl", "a.parquet")
    }

    assert len(found) == 1


def test_the_fingerprint_differs_when_the_mapped_content_does(tmp_path: Path, declare: Declare) -> None:
    (tmp_path / "a.csv").write_text("id,email,note\n1,x@y.z,a\n2,x@y.z,b\n3,q@y.z,a\n")

    found = fingerprints_of(declare(files=[tmp_path / "a.csv"], id="id"))

    assert found["1"] == found["2"], "the column note is not mapped"
    assert found["1"] != found["3"]


def test_numbers_inside_lists_and_objects_have_one_form_too(tmp_path: Path, declare: Declare) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"id": "1", "x": {"b": 1.0, "a": [2.0]}}\n{"id": "2", "x": {"a": [2], "b": 1}}\n'
    )

    found = fingerprints_of(declare(files=[tmp_path / "a.jsonl"], id="id", fields={"x": "x"}))

    assert found["1"] == found["2"]


def test_bad_rows_are_told_with_their_line_and_hold_nobody_else_up(tmp_path: Path, declare: Declare) -> None:
    (tmp_path / "a.csv").write_text("id,total\n1,5\n,6\n3,many\n4,7\n")

    [batch] = declare(files=[tmp_path / "a.csv"], id="id", fields={"T": {"column": "total", "type": "number"}}).rows()

    assert [row[0] for row in batch.rows] == ["1", "4"]
    assert list(batch.numbers) == [2, 5]
    assert [(bad.number, bad.code) for bad in batch.bad] == [(3, "T508"), (4, "T510")]


def test_a_pattern_names_files_in_order_and_each_batch_says_where_it_comes_from(
    tmp_path: Path, declare: Declare
) -> None:
    for day in ("02", "01"):
        (tmp_path / f"day-{day}.csv").write_text(f"id,email\n{day},a@b.c\n")

    batches = list(declare(files=[tmp_path / "day-*.csv"], id="id").rows())

    assert [(batch.place, batch.file, batch.rows[0][0]) for batch in batches] == [
        ("day-01.csv", 0, "01"),
        ("day-02.csv", 1, "02"),
    ]
    assert batches[-1].share == 1


def test_no_file_is_not_an_empty_source(tmp_path: Path, declare: Declare) -> None:
    with pytest.raises(InputError, match="sync customers: no file is named like"):
        list(declare(files=[tmp_path / "*.csv"]).rows())


def test_a_file_that_is_changed_while_it_is_read_ends_the_run(tmp_path: Path, declare: Declare) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,email\n1,a\n2,b\n")
    batches = declare(files=[file], id="id").rows(1)
    next(batches)

    file.write_text("id,email\n1,a\n")

    with pytest.raises(InputError, match="was changed while it was being read"):
        list(batches)


def test_a_column_that_is_not_there_is_named_with_the_nearest_one(tmp_path: Path, declare: Declare) -> None:
    (tmp_path / "a.csv").write_text("customer_id,email\n1,a\n")

    with pytest.raises(MappingError, match="no column 'costumer_id'; did you mean customer_id"):
        list(declare(files=[tmp_path / "a.csv"], id="costumer_id").rows())


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"E mail": "email"}, "syncs.customers.fields.E mail: 'E mail' cannot be an attribute"),
        ({"Email": {"colum": "email"}}, "syncs.customers.fields.Email.colum is not a key; did you mean column?"),
        ({"Email": 5}, "syncs.customers.fields.Email must be a column's name, or a table"),
        ({"Email": {"column": "a", "constant": 1}}, "syncs.customers.fields.Email: give either column or constant"),
        ({"integration_id": "id"}, "syncs.customers.fields.integration_id: the id is no attribute"),
    ],
    ids=["name", "key", "number", "both", "id"],
)
def test_what_is_wrong_with_fields_is_said_with_its_place(
    tmp_path: Path, declare: Declare, fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(MappingError) as refused:
        declare(files=[tmp_path / "a.csv"], fields=fields)

    assert sentence in str(refused.value)


@pytest.mark.parametrize("constant", [{}, {"Made": {"constant": {"b": 1, "a": 2}}}], ids=["columns", "and a constant"])
def test_what_is_kept_of_a_row_is_canonical_whatever_order_it_was_written_in(
    tmp_path: Path, declare: Declare, constant: dict[str, Any]
) -> None:
    (tmp_path / "rows.jsonl").write_bytes(
        b'{"id":"1","z":{"b":[{"d":1,"c":2.0}],"a":1},"a":"x",'
        b'"t":"2026-01-31T10:00:00Z","u":"2026-01-31 10:00+00:00"}\n'
    )
    fields = {"Zeta": "z", "Alpha": "a", "T": {"column": "t", "type": "time"}, "U": {"column": "u", "type": "time"}}

    [batch] = declare(files=[tmp_path / "rows.jsonl"], id="id", fields={**fields, **constant}).rows()

    payload = batch.rows[0][2]
    assert payload is not None
    assert payload == orjson.dumps(orjson.loads(payload), option=orjson.OPT_SORT_KEYS)
    said = orjson.loads(payload)
    assert said["T"] == said["U"] == "2026-01-31T10:00:00Z"
    assert payload.index(b'"c":2,"d":1') > 0
