"""The demo's files, and what they say must arrive."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest

from sandbox.talon_one.digest import events_digest, memberships_digest, profiles_digest
from tercel.cli.demo.example import BROKEN_VALUE, prepare, rows_of
from tercel.cli.demo.expected import Holding, expected
from tercel.errors import UsageError

CUSTOMERS = (
    "customer_id,email,first_purchase,last_purchase,purchases,cds,spend\n"
    "00001,00001@cdnow.example,1997-01-01,1997-01-01,1,1,11.77\n"
    "00002,00002@cdnow.example,1997-01-12,1997-02-12,2,6,89.00\n"
)
MEMBERSHIPS = "customer_id,audience_id\n00001,4\n00002,2\n00009,1\n"
PURCHASES = "purchase_id,customer_id,day,cds,usd\n00002-001,00002,1997-01-12,1,12.00\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two customers, as examples/cdnow would hold them."""
    folder = tmp_path / "cdnow"
    folder.mkdir()
    for name in ("customers.toml", "memberships.toml", "purchases.toml"):
        (folder / name).touch()
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "memberships.csv").write_text(MEMBERSHIPS)
    (folder / "purchases.csv.gz").write_bytes(gzip.compress(PURCHASES.encode()))
    return folder


def test_the_repository_holds_all_customers_and_memberships(tmp_path: Path) -> None:
    example = prepare(tmp_path, customers=None, events=400)

    assert [load.rows for load in example.loads] == [23_570, 32_759, 400, 1_000]


def test_files_that_are_not_cut_are_sent_as_they_are_shipped(source: Path, tmp_path: Path) -> None:
    example = prepare(tmp_path / "work", customers=None, events=400, source=source)

    assert example.customers.file == source / "customers.csv"


def test_memberships_and_purchases_are_those_of_the_customers_chosen(source: Path, tmp_path: Path) -> None:
    example = prepare(tmp_path / "work", customers=1, events=400, source=source)

    assert [row["customer_id"] for row in rows_of(example.memberships.file)] == ["00001"]
    assert list(rows_of(example.purchases.file)) == []


def test_exactly_one_correction_is_broken(source: Path, tmp_path: Path) -> None:
    example = prepare(tmp_path / "work", customers=None, events=0, source=source)

    rows = [orjson.loads(line) for line in example.corrections.file.read_bytes().splitlines()]
    assert rows == [{"customer_id": "00001", "spend": 11.77}, {"customer_id": "00002", "spend": BROKEN_VALUE}]


def test_missing_files_are_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"customers\.csv.*clone"):
        prepare(tmp_path / "work", customers=None, events=0, source=tmp_path)


def test_the_fingerprints_are_those_of_the_files_contents(source: Path, tmp_path: Path) -> None:
    example = prepare(tmp_path / "work", customers=None, events=400, source=source)

    first = {
        "Email": "00001@cdnow.example",
        "FirstPurchase": "1997-01-01T00:00:00Z",
        "LastPurchase": "1997-01-01T00:00:00Z",
        "Purchases": 1,
        "Cds": 1,
        "Spend": 11.77,
        "Source": "cdnow",
    }
    second = {
        "Email": "00002@cdnow.example",
        "FirstPurchase": "1997-01-12T00:00:00Z",
        "LastPurchase": "1997-02-12T00:00:00Z",
        "Purchases": 2,
        "Cds": 6,
        "Spend": 89,
        "Source": "cdnow",
    }
    bought = {"Day": "1997-01-12T00:00:00Z", "Cds": 1, "Amount": 12}
    assert expected(example) == {
        "profiles": Holding(2, profiles_digest({"00001": first, "00002": second})),
        "memberships": Holding(3, memberships_digest([(4, "00001"), (2, "00002"), (1, "00009")])),
        "events": Holding(1, events_digest([{"profileId": "00002", "type": "purchase", "attributes": bought}])),
    }
