"""The example data: how it is made, that it is whole, and that its mappings fit it."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from examples.cdnow import build
from producers.warehouse import Backfill, load_mapping
from tercel.records import Event, Membership, Profile, Record
from tests.warehouse.in_memory import MemoryLanes, MemoryStore, World

CDNOW = Path(__file__).parents[2] / "examples" / "cdnow"
RAW = (
    " 00002 19970112  5  150.00\r\n"
    " 00001 19970101  1   11.77\r\n"
    " 00002 19980104  1  150.00\r\n"
    " 00002 19970112  2   12.50\r\n"
)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    raw = tmp_path / "raw.txt"
    raw.write_text(RAW)
    build.build(raw, tmp_path)
    return tmp_path


def sent(file: str, mapping: str) -> tuple[list[Record], World]:
    world = World()
    Backfill(
        deployment="demo",
        files=[CDNOW / file],
        mapping=load_mapping(CDNOW / mapping),
        lanes=MemoryLanes(world),
        store=MemoryStore(world),
    ).run()
    return world.records, world


def test_customers_are_summed_up_to_the_cent_with_their_zeros_and_a_made_up_address(built: Path) -> None:
    assert (built / "customers.csv").read_text().splitlines() == [
        "customer_id,email,first_purchase,last_purchase,purchases,cds,spend",
        "00001,00001@cdnow.example,1997-01-01,1997-01-01,1,1,11.77",
        "00002,00002@cdnow.example,1997-01-12,1998-01-04,3,8,312.50",
    ]


def test_purchases_are_counted_through_in_order_of_day_and_file(built: Path) -> None:
    assert gzip.decompress((built / "purchases.csv.gz").read_bytes()).decode().splitlines() == [
        "purchase_id,customer_id,day,cds,usd",
        "00001-001,00001,1997-01-01,1,11.77",
        "00002-001,00002,1997-01-12,5,150.00",
        "00002-002,00002,1997-01-12,2,12.50",
        "00002-003,00002,1998-01-04,1,150.00",
    ]


def test_customers_are_in_the_audiences_whose_rule_they_meet(built: Path) -> None:
    rows = (built / "memberships.csv").read_text().splitlines()
    assert rows == ["customer_id,audience_id", "00002,1", "00002,2", "00001,4"]
    with (built / "audiences.csv").open() as audiences:
        members = [(row["name"], row["members"]) for row in csv.DictReader(audiences)]
    assert members == [("Big spenders", "1"), ("Repeat buyers", "1"), ("Regulars", "0"), ("Lapsed", "1")]


def test_the_same_input_makes_the_same_files(built: Path) -> None:
    before = {path.name: path.read_bytes() for path in built.iterdir()}
    build.build(built / "raw.txt", built)
    assert {path.name: path.read_bytes() for path in built.iterdir()} == before


def test_a_raw_line_that_is_not_as_described_is_named() -> None:
    with pytest.raises(ValueError, match="line 2 is not"):
        build.read(["00001 19970101 1 11.77", "00001 19970101 1"])


def test_every_customer_becomes_a_profile() -> None:
    profiles, world = sent("customers.csv", "customers.toml")
    assert not world.rejections
    assert len({record.key_text for record in profiles}) == len(profiles) == 23_570
    assert profiles[0] == Profile(
        profile_id="00001",
        attributes={
            "Email": "00001@cdnow.example",
            "FirstPurchase": "1997-01-01T00:00:00Z",
            "LastPurchase": "1997-01-01T00:00:00Z",
            "Purchases": 1,
            "Cds": 1,
            "Spend": 11.77,
            "Source": "cdnow",
        },
    )
    assert sum(vars(record)["attributes"]["Purchases"] for record in profiles) == 69_659
    assert sum(vars(record)["attributes"]["Cds"] for record in profiles) == 167_881


def test_every_membership_row_becomes_a_membership() -> None:
    memberships, world = sent("memberships.csv", "memberships.toml")
    assert not world.rejections
    assert len(memberships) == 32_759
    assert memberships[0] == Membership(profile_id="00005", action="add", audience_id=1)


def test_every_purchase_becomes_an_event_with_an_id_of_its_own() -> None:
    events, world = sent("purchases.csv.gz", "purchases.toml")
    assert not world.rejections
    assert len({vars(record)["event_id"] for record in events}) == len(events) == 69_659
    assert events[0] == Event(
        profile_id="00001",
        type="purchase",
        event_id="00001-001",
        attributes={"Day": "1997-01-01T00:00:00Z", "Cds": 1, "Amount": 11.77},
    )


def test_the_example_is_small() -> None:
    assert sum(path.stat().st_size for path in CDNOW.iterdir() if path.is_file()) < 2_500_000
    assert (CDNOW / "purchases.csv.gz").stat().st_size < 1_200_000
