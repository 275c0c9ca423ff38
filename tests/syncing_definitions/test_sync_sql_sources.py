"""A SQL query as the source of a sync, on real databases: types, errors, and a result that breaks off."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tercel.errors import InputError, MappingError, QueryError, SettingsError, SourceUnavailable
from tests.support.postgres import PASSWORD, PostgresServer
from tests.syncing_definitions.conftest import Declare

TYPES = """
SELECT '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid AS id, 'O''Brien 100%' AS name, 12.00::numeric AS total,
       7::bigint AS age, true AS vip, timestamptz '2020-01-31 11:00+01' AS seen, date '2020-01-31' AS born,
       '{"b": [1.0], "a": null}'::jsonb AS extra, NULL::text AS phone
"""
EVERY = {name: name for name in ("name", "total", "age", "vip", "seen", "born", "extra", "phone")}


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    return postgres.new_database()


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    file = tmp_path / "warehouse.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER, email TEXT)")
        connection.executemany("INSERT INTO customers VALUES (?, ?)", [(n, f"{n}@b.c") for n in range(1, 8)])
    connection.close()
    return f"sqlite:///{file}"


def test_the_types_of_postgresql_become_json(declare: Declare, database: str) -> None:
    [batch] = declare(connection=database, query=TYPES, id="id", fields=EVERY).rows()

    [(key, _, payload)] = batch.rows
    assert key == "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    assert json.loads(payload or b"") == {
        "name": "O'Brien 100%",
        "total": 12,
        "age": 7,
        "vip": True,
        "seen": "2020-01-31T10:00:00Z",
        "born": "2020-01-31T00:00:00Z",
        "extra": {"a": None, "b": [1]},
    }


def test_a_result_comes_in_batches_with_the_numbers_of_its_rows(declare: Declare, database: str) -> None:
    sync = declare(connection=database, query="SELECT n AS id, 'x' AS email FROM generate_series(1, 5) n;", id="id")

    batches = list(sync.rows(2))

    assert [list(batch.numbers) for batch in batches] == [[1, 2], [3, 4], [5]]
    assert [row[0] for batch in batches for row in batch.rows] == ["1", "2", "3", "4", "5"]


def test_any_database_that_sqlalchemy_reaches_will_do(declare: Declare, sqlite: str) -> None:
    sync = declare(connection=sqlite, query="SELECT email, id AS integration_id FROM customers")

    rows = [row for batch in sync.rows(3) for row in batch.rows]

    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "6", "7"]
    assert json.loads(rows[0][2] or b"") == {"email": "1@b.c"}


def test_a_whole_numeric_is_an_id_and_another_is_a_bad_row(declare: Declare, database: str) -> None:
    query = "SELECT id, 'x' AS email FROM (VALUES (12345678901234567890.00), (1.5), (NULL)) v(id)"

    [batch] = declare(connection=database, query=query, id="id").rows()

    assert [row[0] for row in batch.rows] == ["12345678901234567890"]
    assert [(bad.number, bad.code) for bad in batch.bad] == [(2, "T509"), (3, "T508")]


def test_floating_point_numbers_cannot_be_ids(declare: Declare, database: str) -> None:
    with pytest.raises(MappingError, match="column 'id' holds floating-point numbers"):
        list(declare(connection=database, query="SELECT 1::float8 AS id", id="id").rows())


@pytest.mark.parametrize("rows", ["WHERE true", "WHERE false"], ids=["rows", "no rows"])
def test_a_column_that_the_query_lacks_is_named_with_or_without_rows(
    declare: Declare, database: str, rows: str
) -> None:
    with pytest.raises(MappingError, match=r"the query of sync customers has no column 'ID'; did you mean id"):
        list(declare(connection=database, query=f"SELECT 1 AS id {rows}", id="ID").rows())


def test_two_columns_of_one_name_are_refused(declare: Declare, database: str) -> None:
    with pytest.raises(MappingError, match="has 2 columns named 'id'; rename all but one"):
        list(declare(connection=database, query="SELECT 1 AS id, 2 AS id", id="id").rows())


def test_an_error_after_some_rows_is_an_error_and_not_the_end(declare: Declare, database: str) -> None:
    query = "SELECT n AS id, (100 / (150 - n))::text AS email FROM generate_series(1, 1000) n"
    read: list[Any] = []

    with pytest.raises(QueryError, match="division by zero"):
        read.extend(row for batch in declare(connection=database, query=query, id="id").rows(50) for row in batch.rows)


def test_a_connection_that_is_lost_after_some_rows_is_an_error(
    declare: Declare, database: str, postgres: PostgresServer
) -> None:
    batches = declare(connection=database, query="SELECT n AS id FROM generate_series(1, 100000) n", id="id").rows(10)
    next(batches)

    postgres.cut_connections()

    with pytest.raises(SourceUnavailable, match="did not answer to the end"):
        list(batches)


def test_a_query_that_the_database_refuses_is_told_in_its_words(declare: Declare, database: str) -> None:
    with pytest.raises(QueryError, match='refuses the query: relation "nowhere" does not exist'):
        list(declare(connection=database, query="SELECT * FROM nowhere").rows())


def test_a_bad_value_inside_the_database_is_not_repeated(declare: Declare, database: str) -> None:
    query = "SELECT x::integer AS integration_id FROM (VALUES ('1'), ('anna@example.com')) v(x)"

    with pytest.raises(QueryError) as refused:
        list(declare(connection=database, query=query).rows())

    assert "invalid input syntax for type integer" in str(refused.value)
    assert "anna" not in str(refused.value)


def test_postgresql_is_only_read(declare: Declare, database: str, postgres: PostgresServer) -> None:
    postgres.execute_in(database, "CREATE SEQUENCE counter")

    with pytest.raises(QueryError, match="read-only transaction"):
        list(declare(connection=database, query="SELECT nextval('counter') AS integration_id").rows())


def test_sqlite_is_only_read(declare: Declare, sqlite: str) -> None:
    with pytest.raises(QueryError, match="readonly database"):
        list(declare(connection=sqlite, query="DELETE FROM customers RETURNING id AS integration_id").rows())


def test_a_database_that_is_away_is_told_without_the_password(declare: Declare) -> None:
    url = f"postgresql://tercel:{PASSWORD}@127.0.0.1:9/warehouse"

    with pytest.raises(
        SourceUnavailable, match=r"PostgreSQL at 127\.0\.0\.1:9, database warehouse cannot be reached"
    ) as no:
        list(declare(connection=url, query="SELECT 1").rows())

    assert PASSWORD not in str(no.value)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("hunter2", "cannot be read as an SQLAlchemy URL"),
        ("sqlite:////nowhere/w.db", "there is no SQLite file /nowhere/w.db"),
        ("oracle://u:hunter2@h/d", "the database driver"),
    ],
)
def test_a_connection_that_cannot_be_one_is_told_without_repeating_it(
    declare: Declare, url: str, sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence) as refused:
        list(declare(connection=url, query="SELECT 1").rows())

    assert "hunter2" not in str(refused.value)


def test_a_source_that_is_not_read_to_its_end_leaves_no_connection_behind(
    declare: Declare, database: str, postgres: PostgresServer
) -> None:
    batches = declare(connection=database, query="SELECT n AS id FROM generate_series(1, 9999) n", id="id").rows(1)
    next(batches)

    batches.close()  # type: ignore[attr-defined]

    postgres.execute_in(database, "CREATE TABLE t AS SELECT 1 / (CASE WHEN count(*) = 1 THEN 1 ELSE 0 END) FROM "
                        "pg_stat_activity WHERE datname = current_database()")  # fmt: skip


def test_errors_of_a_source_are_errors_of_ours(declare: Declare, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(declare(files=[tmp_path / "missing.csv"]).rows())
