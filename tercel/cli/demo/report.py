"""What the demo says at its end, and whether all is as it should be. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tercel.balance import Balance
from tercel.cli.catalogue import explanation
from tercel.cli.console import clean
from tercel.cli.demo.example import Load
from tercel.cli.demo.expected import Holding
from tercel.store import StoredRejection

GOOD, BAD, FAINT, HEAD = "green", "bold red", "dim", "bold"


class Line(NamedTuple):
    """One line, and how it is shown on a terminal (a style of rich's; empty: as it is)."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """One file that was sent: what became of its records, and the rejections among them."""

    load: Load
    run: str
    balance: Balance
    rejections: tuple[StoredRejection, ...]

    @property
    def complaints(self) -> list[str]:
        """What is not as it should be, a phrase each."""
        found = list(self.balance.complaints())
        if self.balance.received != self.load.rows:
            found.append(f"the file has {self.load.rows:,} rows")
        if self.balance.unfinished:
            found.append(f"{self.balance.unfinished:,} are not delivered")
        if self.balance.parts["rejected"] != self.load.broken:
            found.append(f"{self.load.broken:,} should have been rejected")
        return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole demo; ``expected`` and ``held`` say the same if all is well.

    ``throttled`` is the number of answers 429. ``seconds`` are from the first row read to the last record settled.
    """

    sent: tuple[Sent, ...]
    seconds: float
    calls: int
    throttled: int
    most_in_a_second: int
    limit: int
    expected: Mapping[str, Holding]
    held: Mapping[str, Holding]
    stalled: bool = False

    @property
    def ok(self) -> bool:
        """Whether every record is where it should be."""
        return not self.stalled and self.expected == self.held and not any(one.complaints for one in self.sent)


def lines(outcome: Outcome) -> list[Line]:
    """Return the report."""
    return [*_summary(outcome), *_balances(outcome), *_rejected(outcome), *_compared(outcome)]


def _summary(outcome: Outcome) -> Iterator[Line]:
    settled = sum(one.balance.received - one.balance.unfinished for one in outcome.sent)
    within = outcome.most_in_a_second <= outcome.limit
    yield Line(f"{settled:,} records in {outcome.seconds:.1f} s, with {outcome.calls:,} calls", HEAD)
    yield Line(
        f"  The limit is {outcome.limit} calls in any second. Most the stand-in saw: {outcome.most_in_a_second}. "
        f"Answers 429: {outcome.throttled}.",
        GOOD if within and not outcome.throttled else "yellow",
    )
    if outcome.throttled:
        yield Line("  A 429 should not happen; those calls were sent again, and count among the calls above.", "yellow")
    if outcome.stalled:
        yield Line("  NOTHING MOVED ANY MORE, so the demo gave up waiting.", BAD)


def _balances(outcome: Outcome) -> Iterator[Line]:
    yield Line("")
    yield Line("Every record is accounted for" if not _all_complaints(outcome) else "The numbers are wrong", HEAD)
    for one in outcome.sent:
        complaints = one.complaints
        yield Line(f"  {one.load.title:<12} {one.balance.line()}   (run {one.run})", BAD if complaints else GOOD)
        for complaint in complaints:
            yield Line(f"    WRONG: {complaint}", BAD)


def _all_complaints(outcome: Outcome) -> list[str]:
    return [complaint for one in outcome.sent for complaint in one.complaints]


def _rejected(outcome: Outcome) -> Iterator[Line]:
    for one in outcome.sent:
        if one.load.broken and len(one.rejections) == one.load.broken:
            yield Line("")
            yield Line(
                f"{_counted(one.load.broken)} of the {one.load.rows:,} corrections was broken on purpose; "
                f"the other {one.balance.parts['delivered']:,} went through",
                HEAD,
            )
        for rejection in one.rejections:
            yield Line(f"  {rejection.code}: {clean(rejection.reason)}", "yellow")
            yield Line(f"  What `tercel explain {rejection.code}` advises: {explanation(rejection.code).cure}", FAINT)


def _counted(n: int) -> str:
    return "One" if n == 1 else f"{n:,}"


def _compared(outcome: Outcome) -> Iterator[Line]:
    same = outcome.expected == outcome.held
    yield Line("")
    yield Line(
        "What the stand-in holds is exactly what the files say"
        if same
        else "WHAT THE STAND-IN HOLDS IS NOT WHAT THE FILES SAY",
        HEAD if same else BAD,
    )
    for name, wanted in outcome.expected.items():
        found = outcome.held[name]
        if found == wanted:
            yield Line(f"  {name:<12} {found.count:>7,}   digest {found.digest[:16]}   same", GOOD)
        else:
            yield Line(
                f"  {name:<12} {found.count:>7,}   digest {found.digest[:16]}   "
                f"DIFFERENT: the files say {wanted.count:,}, digest {wanted.digest[:16]}",
                BAD,
            )
