"""What was put in, and the judgement of what came out: lost, reordered, doubled.

Every record of a profile carries a number, whatever its kind: a profile's attribute ``S<n>``, a membership's audience
``n``, an event's attribute ``Seq``, a session's id. So the stand-in's journal says which records each of its updates
held, even where several were merged into one.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sandbox.talon_one import Applied
from tercel.records import Event, LaneKind, Membership, Profile, Record, Session, Urgency
from tests.support.house import EVENT_TYPE

KINDS: Final = (LaneKind.PROFILE, LaneKind.MEMBERSHIP, LaneKind.EVENT, LaneKind.SESSION, LaneKind.RULES)


SWITCH: Final = 0.1  # chance that the next record is of another urgency: they come in runs, and so in batches


class Entry(NamedTuple):
    """One record that was put in."""

    kind: LaneKind
    urgency: Urgency
    record_id: str


@dataclass(frozen=True)
class Verdict:
    """What became of the records: (profile, number) each. ``doubled`` counts updates beyond a record's first."""

    lost: list[tuple[str, int]]
    reordered: list[tuple[str, int, int]]
    doubled: Counter[tuple[str, int]]
    rejected: int
    both: list[tuple[str, int]]
    """Delivered, and in rejections as well."""

    def __str__(self) -> str:
        return (
            f"lost {self.lost[:5]}, reordered {self.reordered[:5]}, doubled {self.doubled.most_common(5)}, "
            f"rejected {self.rejected}, rejected and delivered {self.both[:5]}"
        )


@dataclass
class Ledger:
    """Everything that was put in, by (profile, number)."""

    entries: dict[tuple[str, int], Entry] = field(default_factory=dict)
    _last: Counter[str] = field(default_factory=Counter)

    def record(self, profile: str, kind: LaneKind, urgency: Urgency) -> tuple[Record, str]:
        """Make the next record of a profile, and its id."""
        self._last[profile] += 1
        number = self._last[profile]
        record_id = f"{len(self.entries):020x}"
        self.entries[profile, number] = Entry(kind, urgency, record_id)
        return numbered(kind, profile, number), record_id

    def judge(self, journal: Iterable[Applied], rejected: set[str]) -> Verdict:
        """Compare with the stand-in's journal and the ids of the rejected records."""
        seen: Counter[tuple[str, int]] = Counter()
        newest: dict[tuple[str, Urgency, str], int] = defaultdict(int)
        reordered = []
        for (_, profile), numbers in by_request(journal).items():
            seen.update((profile, n) for n in numbers)
            mine = [n for n in numbers if (profile, n) in self.entries]
            if not mine:
                continue
            entry = self.entries[profile, mine[-1]]
            # Live records of a profile keep their order across kinds, bulk ones within their lane.
            within = "" if entry.urgency is Urgency.LIVE else entry.kind.value
            group = (profile, entry.urgency, within)
            if mine[-1] < newest[group]:
                reordered.append((profile, mine[-1], newest[group]))
            newest[group] = max(newest[group], mine[-1])
        ids = {key: entry.record_id for key, entry in self.entries.items()}
        return Verdict(
            lost=[key for key, record_id in ids.items() if key not in seen and record_id not in rejected],
            reordered=reordered,
            doubled=Counter({key: n - 1 for key, n in seen.items() if n > 1}),
            rejected=sum(record_id in rejected for record_id in ids.values()),
            both=[key for key, record_id in ids.items() if key in seen and record_id in rejected],
        )

    def of_kind(self, kinds: Sequence[LaneKind]) -> set[tuple[str, int]]:
        """The records of some kinds."""
        return {key for key, entry in self.entries.items() if entry.kind in kinds}


def numbered(kind: LaneKind, profile: str, number: int) -> Record:
    """Return a record of a kind that carries a number."""
    match kind:
        case LaneKind.MEMBERSHIP:
            return Membership(profile_id=profile, action="add", audience_id=number)
        case LaneKind.EVENT:
            return Event(
                profile_id=profile, type=EVENT_TYPE, event_id=f"{profile}:{number}", attributes={"Seq": number}
            )
        case LaneKind.SESSION:
            return Session(session_id=f"{profile}:{number}", profile_id=profile)
        case _:
            return Profile(profile_id=profile, attributes={f"S{number}": number}, run_rules=kind is LaneKind.RULES)


def numbers_of(update: Applied) -> list[int]:
    """The numbers of the records that an update of the stand-in held, ascending."""
    content: Mapping[str, Any] = update.content
    match update.kind:
        case "membership":
            return [content["audienceId"]]
        case "event":
            return [int(content["attributes"]["Seq"])]
        case "session":
            return [int(content["integrationId"].rpartition(":")[2])]
        case _:
            return sorted(int(name[1:]) for name in content if name[0] == "S")


def by_request(journal: Iterable[Applied]) -> dict[tuple[int, str], list[int]]:
    """The numbers that each request held of each profile, ascending; in the order the requests were applied.

    A request counts as one update: a repeat of it begins with its oldest record again, and that is no disorder.
    """
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    for update in journal:
        found[update.request, update.profile] += numbers_of(update)
    return {key: sorted(numbers) for key, numbers in found.items()}


def shuffled_records(
    ledger: Ledger, rng: random.Random, *, profiles: int, each: int, kinds: Sequence[LaneKind] = KINDS
) -> list[tuple[Urgency, Record, str]]:
    """Make ``each`` records of every profile, of random kinds and urgencies, the profiles' mixed with each other."""
    turns = [f"p{n:03d}" for n in range(profiles) for _ in range(each)]
    rng.shuffle(turns)
    made = []
    urgency = Urgency.LIVE
    for profile in turns:
        if rng.random() < SWITCH:
            urgency = rng.choice((Urgency.LIVE, Urgency.BULK))
        made.append((urgency, *ledger.record(profile, rng.choice(kinds), urgency)))
    return made
