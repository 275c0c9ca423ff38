"""The balance line: every record that came in is somewhere, and the numbers say where.

received = delivered + merged + unchanged + filtered + duplicate + waiting + in flight + retrying + rejected + discarded

All numbers are records, and each record is in one of them:

received    records put on the lanes, and rows of input that became no record
delivered   the destination took it
merged      into a newer update of the same profile, in the same call
unchanged   nothing to send: it says what the destination holds already
filtered    left out on purpose, by a mapping or a policy
duplicate   came in twice
waiting     in a lane, or for its key's turn
in flight   in a call
retrying    in a call that waits for its next try
rejected    will not be delivered; in the store, until somebody replays or discards it
discarded   was rejected, and somebody gave it up

A replayed rejection is the same record once more, not a new one: in one step it leaves ``rejected`` (and ``received``)
and enters anew (``received`` and ``waiting``), so ``received`` stays the number of records that came in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tercel.lanes.values import RUN_FIELDS, Survey

PARTS: Final = RUN_FIELDS[1:]
UNFINISHED: Final = ("waiting", "in_flight", "retrying")
LARGEST_CALL: Final = 1_000  # records; a call holds at least one


@dataclass(frozen=True, slots=True)
class Balance:
    """The counters of a run or of a deployment, added up. ``parts`` holds every name of ``PARTS``, in that order."""

    received: int
    parts: Mapping[str, int]

    @property
    def accounted(self) -> int:
        """The sum of the parts."""
        return sum(self.parts.values())

    @property
    def missing(self) -> int:
        """Records that came in and are in no part; negative where the parts hold more than came in."""
        return self.received - self.accounted

    @property
    def negative(self) -> tuple[str, ...]:
        """The counters below zero: more left them than entered."""
        counters = {"received": self.received, **self.parts}
        return tuple(name for name, n in counters.items() if n < 0)

    @property
    def closes(self) -> bool:
        """Whether every record is accounted for."""
        return not self.missing and not self.negative

    @property
    def unfinished(self) -> int:
        """Records that are still to be delivered."""
        return sum(self.parts[name] for name in UNFINISHED)

    def line(self) -> str:
        """Return the balance as one line. Parts that are zero are left out; where it does not close, it shouts."""
        shown = [f"{n:,} {spoken(name)}" for name, n in self.parts.items() if n]
        text = f"{self.received:,} received {'=' if self.closes else '!='} {' + '.join(shown) or '0'}"
        return text if self.closes else f"{text}   DOES NOT CLOSE: {'; '.join(self.complaints())}"

    def complaints(self) -> list[str]:
        """Return what is wrong, a phrase each; nothing where it closes."""
        found = []
        if self.missing > 0:
            found.append(f"{self.missing:,} received but in no part")
        elif self.missing < 0:
            found.append(f"{-self.missing:,} more in the parts than received")
        found += [f"{spoken(name)} is below zero" for name in self.negative]
        return found


def balance(counts: Mapping[str, int]) -> Balance:
    """Add up counters as :meth:`tercel.lanes.Lanes.run_counts` and ``totals`` return them; others are passed over."""
    return Balance(counts.get("received", 0), {name: counts.get(name, 0) for name in PARTS})


def cross_check(found: Balance, survey: Survey) -> list[str]:
    """Compare a deployment's counters with what really lies in its lanes and calls. Return what does not agree.

    Both must be of one moment: records move between two looks. A survey counts calls, not the records in them, so
    those are only held to what so many calls can carry.
    """
    waiting = sum(lane.depth for lane in survey.lanes)
    calls = sum(survey.ready.values()) + sum(survey.later.values())
    in_calls = found.parts["in_flight"] + found.parts["retrying"]
    complaints = []
    if waiting != found.parts["waiting"]:
        complaints.append(f"{found.parts['waiting']:,} are counted as waiting, {waiting:,} lie in the lanes")
    if not calls <= in_calls <= calls * LARGEST_CALL:
        complaints.append(f"{in_calls:,} are counted in calls, of which there are {calls:,}")
    return complaints


def spoken(name: str) -> str:
    """Return a counter's name as a person says it."""
    return name.replace("_", " ")
