"""Real purchases, two dates: the customers of CDNOW as profiles, and those who bought lately as a mirrored audience."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from tercel.store import RunStatus
from tests.syncing.synced import GIVEN, Synced

PURCHASES = Path(__file__).parents[2] / "examples" / "cdnow" / "purchases.csv.gz"
LATELY = timedelta(days=90)
EARLIER, LATER = date(1997, 6, 30), date(1997, 7, 31)


def purchases() -> list[tuple[str, date, float]]:
    with gzip.open(PURCHASES, "rt", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return [(row["customer_id"], date.fromisoformat(row["day"]), float(row["usd"])) for row in rows]


def spent(until: date) -> dict[str, float]:
    """What every customer had spent by a date."""
    found: dict[str, float] = {}
    for customer, day, usd in purchases():
        if day <= until:
            found[customer] = round(found.get(customer, 0.0) + usd, 2)
    return found


def bought_lately(on: date) -> set[str]:
    """Who had bought something in the ninety days before a date."""
    return {customer for customer, day, _ in purchases() if on - LATELY <= day <= on}


def test_the_customers_of_cdnow_are_kept_in_step_as_profiles(synced: Callable[..., Synced]) -> None:
    fields = {"Points": {"column": "spend", "type": "number"}}
    customers = synced("customers", object="profiles", fields=fields)
    before, after = spent(EARLIER), spent(LATER)
    moved = {customer for customer, usd in after.items() if before.get(customer) != usd}

    customers.source([f"{one},{usd:.2f}" for one, usd in before.items()], "id,spend")
    first = customers.run()
    customers.source([f"{one},{usd:.2f}" for one, usd in after.items()], "id,spend")
    second = customers.run()

    assert (first.status, first.counts.succeeded) == (RunStatus.COMPLETED, len(before))
    assert (second.status, second.counts.sent) == (RunStatus.COMPLETED, len(moved))
    held = customers.standin.admin.profiles()
    assert {one: attributes["Points"] for one, attributes in held.items()} == after
    customers.rig.balance_closes()


def test_who_bought_lately_joins_the_mirrored_audience_and_who_did_not_leaves_it(synced: Callable[..., Synced]) -> None:
    lately = synced("lately", object="audiences", mode="mirror", audience_id=GIVEN.audiences[0].id, max_gone_share=0.9)
    before, after = bought_lately(EARLIER), bought_lately(LATER)

    lately.source(sorted(before))
    lately.run()
    lately.source(sorted(after))
    report = lately.run()

    assert report.status is RunStatus.COMPLETED
    assert (report.counts.added, report.counts.gone) == (len(after - before), len(before - after))
    assert report.counts.unchanged == len(after & before)
    assert min(report.counts.added, report.counts.gone) > 100
    assert lately.members() == after
    lately.rig.balance_closes()
