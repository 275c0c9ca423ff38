"""Make this folder's files from the raw data: ``python examples/cdnow/build.py CDNOW_master.txt [--into FOLDER]``.

The raw file is fixed-width text without a header: customer id (five digits), date (YYYYMMDD), CDs, US dollars.
The same input always makes the same files.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

LAPSED_SINCE = date(1998, 1, 1)  # six months before the data ends
BIG_SPENDER_USD = Decimal(300)
REGULAR_PURCHASES = 10


class Purchase(NamedTuple):
    """One line of the raw file; ``usd`` is what was paid."""

    customer: str
    day: date
    cds: int
    usd: Decimal


@dataclass(frozen=True)
class Customer:
    """A customer and all they bought, oldest first."""

    id: str
    purchases: Sequence[Purchase]

    @property
    def email(self) -> str:
        """A made-up address: the data names nobody."""
        return f"{self.id}@cdnow.example"

    @property
    def last_day(self) -> date:
        """The day of the last purchase."""
        return self.purchases[-1].day

    @property
    def cds(self) -> int:
        """How many CDs they bought."""
        return sum(purchase.cds for purchase in self.purchases)

    @property
    def spend(self) -> Decimal:
        """What they paid, in US dollars."""
        return sum((purchase.usd for purchase in self.purchases), Decimal())


class Audience(NamedTuple):
    """An audience and who is in it."""

    id: int
    name: str
    rule: str
    holds: Callable[[Customer], bool]


AUDIENCES = (
    Audience(1, "Big spenders", f"spent {BIG_SPENDER_USD} US dollars or more", lambda c: c.spend >= BIG_SPENDER_USD),
    Audience(2, "Repeat buyers", "bought twice or more", lambda c: len(c.purchases) > 1),
    Audience(
        3, "Regulars", f"bought {REGULAR_PURCHASES} times or more", lambda c: len(c.purchases) >= REGULAR_PURCHASES
    ),
    Audience(4, "Lapsed", f"have not bought since {LAPSED_SINCE}", lambda c: c.last_day < LAPSED_SINCE),
)


def read(raw: Iterable[str]) -> list[Customer]:
    """Read the raw lines. Raises ValueError with the number of a line that is not as described."""
    purchases = []
    for number, line in enumerate(raw, start=1):
        try:
            customer, day, cds, usd = line.split()
            purchases.append(Purchase(customer, date.fromisoformat(day), int(cds), Decimal(usd)))
        except (ValueError, ArithmeticError) as error:
            raise ValueError(f"line {number} is not 'customer YYYYMMDD CDs dollars': {error}") from error
    # Sorting is stable: purchases of one day keep the order they have in the file.
    purchases.sort(key=lambda purchase: (purchase.customer, purchase.day))
    return [Customer(who, tuple(theirs)) for who, theirs in groupby(purchases, key=lambda purchase: purchase.customer)]


def build(raw: Path, folder: Path) -> None:
    """Read ``raw`` and write the four files into ``folder``."""
    with raw.open(encoding="ascii") as lines:
        customers = read(lines)
    _write(
        folder / "customers.csv",
        ["customer_id", "email", "first_purchase", "last_purchase", "purchases", "cds", "spend"],
        ((c.id, c.email, c.purchases[0].day, c.last_day, len(c.purchases), c.cds, c.spend) for c in customers),
    )
    _write(
        folder / "purchases.csv.gz",
        ["purchase_id", "customer_id", "day", "cds", "usd"],
        (
            (f"{c.id}-{count:03d}", c.id, bought.day, bought.cds, bought.usd)
            for c in customers
            for count, bought in enumerate(c.purchases, start=1)
        ),
    )
    _write(
        folder / "memberships.csv",
        ["customer_id", "audience_id"],
        ((c.id, audience.id) for audience in AUDIENCES for c in customers if audience.holds(c)),
    )
    _write(
        folder / "audiences.csv",
        ["audience_id", "name", "rule", "members"],
        ((a.id, a.name, a.rule, sum(map(a.holds, customers))) for a in AUDIENCES),
    )


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    content = text.getvalue().encode()
    # mtime=0: a packed file would otherwise hold the time it was made.
    path.write_bytes(gzip.compress(content, 9, mtime=0) if path.suffix == ".gz" else content)


def main() -> None:
    """Read the arguments and build."""
    parser = argparse.ArgumentParser(description="Make the CDNOW example from CDNOW_master.txt.")
    parser.add_argument("raw", type=Path, help="CDNOW_master.txt")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder to write to (default: here)")
    arguments = parser.parse_args()
    build(arguments.raw, arguments.into)


if __name__ == "__main__":
    main()
