"""The demo's files: the CDNOW customers of ``examples/``, cut to the size wished for, and one broken record."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import orjson

from tercel.errors import UsageError

FOLDER: Final = Path(__file__).resolve().parents[3] / "examples" / "cdnow"
CUSTOMERS, MEMBERSHIPS, PURCHASES = "customers.csv", "memberships.csv", "purchases.csv.gz"
MAPPINGS: Final = {CUSTOMERS: "customers.toml", MEMBERSHIPS: "memberships.toml", PURCHASES: "purchases.toml"}
CORRECTIONS: Final = 1_000  # records of which one is broken: as many as one request holds
BROKEN_VALUE: Final = "a lot"  # for an attribute that is a number
_CORRECTIONS_MAPPING: Final = 'object = "profile"\nid = "customer_id"\n\n[attributes]\nSpend = "spend"\n'

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Load:
    """One file to be sent: its ``title`` for people, its number of ``rows``, and how many of them a request takes.

    ``broken`` rows are refused by the API; ``batch_rows`` go onto the lanes at once.
    """

    title: str
    file: Path
    mapping: Path
    rows: int
    per_call: int
    broken: int = 0
    batch_rows: int = 500


@dataclass(frozen=True, slots=True)
class Example:
    """What the demo sends. ``corrections`` say again what the customers' file says, except for the broken one."""

    customers: Load
    memberships: Load
    purchases: Load
    corrections: Load

    @property
    def loads(self) -> tuple[Load, ...]:
        """All of it, in the order it is sent."""
        return self.customers, self.memberships, self.purchases, self.corrections


def prepare(folder: Path, *, customers: int | None, events: int, source: Path = FOLDER) -> Example:
    """Find the example's files, and write what has to be cut into ``folder``.

    ``customers`` None takes them all. Raises UsageError where the files are not there.
    """
    _check_there(source)
    folder.mkdir(parents=True, exist_ok=True)
    chosen = list(islice(rows_of(source / CUSTOMERS), customers))
    ids = {row["customer_id"] for row in chosen}
    members = [row for row in rows_of(source / MEMBERSHIPS) if row["customer_id"] in ids]
    bought = list(islice((row for row in rows_of(source / PURCHASES) if row["customer_id"] in ids), events))
    whole = customers is None
    return Example(
        Load(
            "profiles",
            source / CUSTOMERS if whole else _write_csv(folder / CUSTOMERS, chosen),
            source / MAPPINGS[CUSTOMERS],
            len(chosen),
            per_call=1_000,
        ),
        Load(
            "memberships",
            source / MEMBERSHIPS
            if whole
            else _write_csv(folder / MEMBERSHIPS, members, ("customer_id", "audience_id")),
            source / MAPPINGS[MEMBERSHIPS],
            len(members),
            per_call=1_000,
        ),
        Load(
            "purchases",
            _write_csv(folder / "purchases.csv", bought, ("purchase_id", "customer_id", "day", "cds", "usd")),
            source / MAPPINGS[PURCHASES],
            len(bought),
            per_call=1,
        ),
        _write_corrections(folder, chosen[-CORRECTIONS:]),
    )


def rows_of(path: Path) -> Iterator[Row]:
    """Read the rows of a CSV file with Python's own reader, which the backfill does not use."""
    how = gzip.open if path.suffix == ".gz" else open
    with how(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def number(text: str) -> int | float:
    """Return the number a text stands for. ``89.00`` is 89, as JSON has it: fingerprints compare what is written."""
    value = float(text)
    return int(value) if value.is_integer() else value


def _check_there(source: Path) -> None:
    missing = [name for name in (*MAPPINGS, *MAPPINGS.values()) if not (source / name).is_file()]
    if missing:
        raise UsageError(
            f"The demo's customers are not here: {source} lacks {', '.join(missing)}. They come with Tercel's "
            "repository, not with its package: clone it and run `make demo` there."
        )


def _write_csv(path: Path, rows: Iterable[Row], columns: Iterable[str] | None = None) -> Path:
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(columns or rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _write_corrections(folder: Path, customers: list[Row]) -> Load:
    """Write what customers spent once more; the one in the middle did not spend a number.

    They are the file's last customers, the purchases are of its first: none has to wait for its turn behind an event,
    and all of them travel in one call.
    """
    file, mapping = folder / "corrections.jsonl", folder / "corrections.toml"
    mapping.write_text(_CORRECTIONS_MAPPING, encoding="utf-8")
    broken = len(customers) // 2
    with file.open("wb") as sink:
        for place, row in enumerate(customers):
            spend = BROKEN_VALUE if place == broken else number(row["spend"])
            sink.write(orjson.dumps({"customer_id": row["customer_id"], "spend": spend}) + b"\n")
    return Load("corrections", file, mapping, len(customers), per_call=1_000, broken=1, batch_rows=CORRECTIONS)
