"""What must be so when the tutorial is through, and what is. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tercel.balance import Balance
from tercel.cli.demo.report import BAD, GOOD, HEAD, Line

AUDIENCE_RECORDS = 1  # what Tercel received: the audience that was connected ...
MEMBER_RECORDS = 1  # ... and the customer who joined it


@dataclass(frozen=True, slots=True)
class Seen:
    """What the stand-ins and the lanes say: ``visits`` were posted by ``customer``, ``sent`` is mParticle's stream."""

    customer: str
    audience: str
    visits: int
    sent: Sequence[Mapping[str, Any]]
    audiences: Sequence[Mapping[str, Any]]
    members: Collection[tuple[int, str]]
    coupons: Sequence[Mapping[str, Any]]
    balance: Balance


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must be so: ``says`` in words, and whether it ``holds``; ``instead`` is what is."""

    says: str
    holds: bool
    instead: str


def findings(seen: Seen) -> list[Finding]:
    """Return everything that must be so."""
    names = [str(one["name"]) for one in seen.audiences]
    ids = {int(one["id"]) for one in seen.audiences if one["name"] == seen.audience}
    members = sorted(seen.members)
    recipients = [str(one["recipientIntegrationId"]) for one in seen.coupons]
    answers = [f"{one['state']} after {one['tries']} tries ({one['answer']})" for one in seen.sent]
    first_time = [one["state"] == "delivered" and one["tries"] == 1 for one in seen.sent]
    wanted = AUDIENCE_RECORDS + MEMBER_RECORDS
    return [
        Finding(
            f'Talon.One has the audience "{seen.audience}", created once', names == [seen.audience], f"it has {names}"
        ),
        Finding(
            f"{seen.customer} is in it, and nobody else",
            members == sorted((number, seen.customer) for number in ids) and len(members) == 1,
            f"there are {members}",
        ),
        Finding(
            f"{seen.visits} sessions made one coupon, for {seen.customer}",
            recipients == [seen.customer],
            f"coupons are for {recipients}",
        ),
        Finding(
            f"mParticle sent {len(seen.sent)} messages, each taken at the first try",
            bool(first_time) and all(first_time),
            "; ".join(answers),
        ),
        Finding(
            f"Tercel's numbers add up: {seen.balance.line()}",
            seen.balance.closes and seen.balance.received == wanted == seen.balance.parts["delivered"],
            f"{wanted} records should have been received and delivered",
        ),
    ]


def lines(found: Sequence[Finding]) -> Iterator[Line]:
    """Return the findings for a person."""
    good = all(one.holds for one in found)
    yield Line("All of it is as it should be" if good else "SOMETHING IS NOT AS IT SHOULD BE", HEAD if good else BAD)
    for one in found:
        yield Line(f"  {one.says}", GOOD) if one.holds else Line(f"  WRONG: {one.says}: {one.instead}", BAD)
