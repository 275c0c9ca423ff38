"""A claimed call's records, and the pure decisions about them: counts, halves, what is left after some have left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tercel import messages
from tercel.lanes import Claim
from tercel.messages import Envelope


@dataclass(frozen=True, slots=True)
class Contents:
    """The records of a call that could be read, each with its position in the claim, and the positions that could not.

    ``data[i]`` is record ``i``'s object; ``positions[i]`` its place among the claim's messages.
    """

    envelopes: tuple[Envelope, ...]
    positions: tuple[int, ...]
    unreadable: tuple[int, ...]

    @property
    def data(self) -> list[dict[str, Any]]:
        """The records as destinations take them."""
        return [envelope.data for envelope in self.envelopes]

    def without(self, positions: Collection[int]) -> Contents:
        """What is left when the records at these claim positions have been taken out of the call."""
        gone = sorted(positions)
        kept = [(e, p) for e, p in zip(self.envelopes, self.positions, strict=True) if p not in positions]
        unreadable = [p for p in self.unreadable if p not in positions]
        return Contents(
            tuple(e for e, _ in kept),
            tuple(p - _below(gone, p) for _, p in kept),
            tuple(p - _below(gone, p) for p in unreadable),
        )


def read(claim: Claim) -> Contents:
    """Decode a claim's messages."""
    envelopes, positions, unreadable = [], [], []
    decode = messages.decode
    for position, message in enumerate(claim.messages):
        try:
            envelopes.append(decode(message))
        except (ValueError, KeyError, TypeError, IndexError):
            unreadable.append(position)
        else:
            positions.append(position)
    return Contents(tuple(envelopes), tuple(positions), tuple(unreadable))


def delivered_counts(contents: Contents, items: Sequence[Sequence[int]]) -> dict[tuple[str, str], int]:
    """Count, by run, the records of delivered items: the last of each was delivered, the others merged into it."""
    envelopes = contents.envelopes
    runs = {envelope.run for envelope in envelopes}
    merged: Counter[str] = Counter()
    for item in items:
        if len(item) > 1:
            merged.update(envelopes[i].run for i in item[:-1])
    if len(runs) == 1:
        (run,) = runs
        delivered = {run: sum(map(len, items)) - merged[run]}
    else:
        delivered = dict(Counter(envelopes[item[-1]].run for item in items))
    counts = {(run, "delivered"): n for run, n in delivered.items()}
    counts.update({(run, "merged"): n for run, n in merged.items() if n})
    return counts


def counts_of(records: Iterable[Envelope], field: str) -> dict[tuple[str, str], int]:
    """Count records by run, all under one field."""
    return {(run, field): n for run, n in Counter(record.run for record in records).items()}


def by_kind(kind: str, counts: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """The same counts for the totals of a lane kind: ``{"profile.delivered": 998}``."""
    totals: Counter[str] = Counter()
    for (_, field), n in counts.items():
        totals[f"{kind}.{field}"] += n
    return dict(totals)


@dataclass(frozen=True, slots=True)
class Halves:
    """How to split a call: ``first`` are positions; with ``back`` the others go back to wait for their turn."""

    first: tuple[int, ...]
    back: bool


def halves(claim: Claim) -> Halves | None:
    """Halve a call by key; a key alone, by age. None: one record cannot be halved."""
    keys = [message[messages.KEY] for message in claim.messages]
    distinct = list(dict.fromkeys(keys))
    if len(keys) < 2:
        return None
    if len(distinct) == 1:
        return Halves(tuple(range((len(keys) + 1) // 2)), back=True)
    chosen = set(distinct[: (len(distinct) + 1) // 2])
    return Halves(tuple(i for i, key in enumerate(keys) if key in chosen), back=False)


def by_audience(claim: Claim, contents: Contents) -> Halves | None:
    """Split off the keys whose records all name the first record's audience; where that fails, halve."""
    if not contents.envelopes:
        return halves(claim)
    audience = _audience(contents.envelopes[0].data)
    other = {e.key for e in contents.envelopes if _audience(e.data) != audience}
    keys = [message[messages.KEY].decode() for message in claim.messages]
    first = tuple(i for i, key in enumerate(keys) if key not in other)
    if 0 < len(first) < len(keys):
        return Halves(first, back=False)
    return halves(claim)


def oldest_of_each(claim: Claim, alone: Collection[str]) -> Halves:
    """Keep all records but the later ones of the keys ``alone``, which go back to be delivered one after the other."""
    seen: set[str] = set()
    first = []
    for i, message in enumerate(claim.messages):
        key = message[messages.KEY].decode()
        if key not in alone or key not in seen:
            first.append(i)
            seen.add(key)
    return Halves(tuple(first), back=True)


def _audience(data: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return data.get("audience_id"), data.get("audience_external_id"), data.get("audience_name")


def _below(sorted_positions: Sequence[int], position: int) -> int:
    return sum(1 for gone in sorted_positions if gone < position)
