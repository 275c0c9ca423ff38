"""What the stand-in must hold when all is delivered, computed from the files alone: the producer has no part in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.talon_one.digest import events_digest, memberships_digest, profiles_digest
from tercel.cli.demo.example import Example, number, rows_of


@dataclass(frozen=True, slots=True)
class Holding:
    """So many of one thing, and the fingerprint of all of them together."""

    count: int
    digest: str


def expected(example: Example) -> dict[str, Holding]:
    """Return what the files say, by the stand-in's own names. The broken correction changes nothing."""
    profiles = {
        row["customer_id"]: {
            "Email": row["email"],
            "FirstPurchase": _midnight(row["first_purchase"]),
            "LastPurchase": _midnight(row["last_purchase"]),
            "Purchases": int(row["purchases"]),
            "Cds": int(row["cds"]),
            "Spend": number(row["spend"]),
            "Source": "cdnow",
        }
        for row in rows_of(example.customers.file)
    }
    members = [(int(row["audience_id"]), row["customer_id"]) for row in rows_of(example.memberships.file)]
    events = [
        {
            "profileId": row["customer_id"],
            "type": "purchase",
            "attributes": {"Day": _midnight(row["day"]), "Cds": int(row["cds"]), "Amount": number(row["usd"])},
        }
        for row in rows_of(example.purchases.file)
    ]
    return {
        "profiles": Holding(len(profiles), profiles_digest(profiles)),
        "memberships": Holding(len(members), memberships_digest(members)),
        "events": Holding(len(events), events_digest(events)),
    }


def held(digests: Mapping[str, Mapping[str, Any]]) -> dict[str, Holding]:
    """Return what the stand-in says it holds, from its answer to ``digest``."""
    names = ("profiles", "memberships", "events")
    return {name: Holding(int(digests[name]["count"]), str(digests[name]["digest"])) for name in names}


def _midnight(day: str) -> str:
    return f"{day}T00:00:00Z"
