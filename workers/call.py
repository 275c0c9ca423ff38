"""A claimed call's records, and the pure decisions about them: counts, halves, what is left after some have left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from tercel import messages
from tercel.lanes import Claim


@dataclass(frozen=True, slots=True)
class Contents:
    """The records of a call that could be read, each with its position in the claim, and the positions that could not.

    Record ``i`` is ``data[i]``, its message ``messages[i]``, its place among the claim's messages ``positions[i]``.
    """

    messages: tuple[bytes, ...]
    data: tuple[dict[str, Any], ...]
    positions: Sequence[int]
    unreadable: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.data)

    def key(self, i: int) -> str:
        """The key of record ``i``."""
        return self.messages[i][messages.KEY].decode()

    def run(self, i: int) -> str:
        """The run that record ``i`` belongs to."""
        return self.messages[i][messages.RUN].decode()

    def record_id(self, i: int) -> str:
        """The id of record ``i``."""
        return self.messages[i][messages.RECORD_ID].decode()

    def without(self, positions: Collection[int]) -> Contents:
        """What is left when the records at these claim positions have been taken out of the call."""
        gone = frozenset(positions)
        kept = [i for i, p in enumerate(self.positions) if p not in gone]
        below = list(accumulate((p in gone for p in range(len(self.positions) + len(self.unreadable))), initial=0))
        return Contents(
            tuple(self.messages[i] for i in kept),
            tuple(self.data[i] for i in kept),
            tuple(self.positions[i] - below[self.positions[i]] for i in kept),
            tuple(p - below[p] for p in self.unreadable if p not in gone),
        )


NOTHING: Final = Contents((), (), ())


def read(claim: Claim) -> Contents:
    """Decode a claim's messages."""
    try:
        return Contents(claim.messages, tuple(messages.decode_all(claim.messages)), range(len(claim.messages)))
    except (ValueError, KeyError, TypeError, IndexError):
        return _read_one_by_one(claim)


def _read_one_by_one(claim: Claim) -> Contents:
    data, positions, unreadable = [], [], []
    for position, message in enumerate(claim.messages):
        try:
            data.append(messages.decode(message).data)
        except (ValueError, KeyError, TypeError, IndexError):
            unreadable.append(position)
        else:
            positions.append(position)
    readable = tuple(claim.messages[p] for p in positions)
    return Contents(readable, tuple(data), tuple(positions), tuple(unreadable))


def delivered_counts(contents: Contents, items: Sequence[Sequence[int]]) -> dict[tuple[str, str], int]:
    """Count, by run, the records of delivered items: the last of each was delivered, the others merged into it."""
    merged: Counter[str] = Counter()
    if len(items) < len(contents):
        merged.update(contents.run(i) for item in items for i in item[:-1])
    everything = Counter([message[messages.RUN] for message in contents.messages])
    counts = {(run.decode(), "delivered"): n - merged[run.decode()] for run, n in everything.items()}
    counts.update({(run, "merged"): n for run, n in merged.items()})
    return {what: n for what, n in counts.items() if n}


def counts_of(contents: Contents, chosen: Iterable[int], field: str) -> dict[tuple[str, str], int]:
    """Count some records by run, all under one field."""
    return {(run, field): n for run, n in Counter(contents.run(i) for i in chosen).items()}


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
    if not contents.data:
        return halves(claim)
    audience = _audience(contents.data[0])
    other = {contents.key(i) for i, data in enumerate(contents.data) if _audience(data) != audience}
    keys = [message[messages.KEY].decode() for message in claim.messages]
    first = tuple(i for i, key in enumerate(keys) if key not in other)
    if 0 < len(first) < len(keys):
        return Halves(first, back=False)
    return halves(claim)


def naming(contents: Contents, name: str, external_id: str | None) -> list[int]:
    """Return the records that name this audience: by its external id, or by its name where it has none.

    A membership names one, a profile may change several.
    """
    wanted = _meant(None, external_id, name)
    return [i for i, data in enumerate(contents.data) if wanted in _named(data)]


def without_keys_of(claim: Claim, contents: Contents, chosen: Iterable[int]) -> Halves | None:
    """Split off the keys that none of the chosen records has. None: there are no others."""
    held = {contents.key(i) for i in chosen}
    first = tuple(i for i, message in enumerate(claim.messages) if message[messages.KEY].decode() not in held)
    return Halves(first, back=False) if 0 < len(first) < len(claim.messages) else None


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


def _named(data: Mapping[str, Any]) -> list[tuple[Any, Any, Any]]:
    """Return what a record's audiences are meant by."""
    changes = (*data.get("audiences_add", ()), *data.get("audiences_delete", ()))
    references = [change for change in changes if isinstance(change, Mapping)]
    return [_meant(*_audience(data)), *(_meant(None, one.get("external_id"), one.get("name")) for one in references)]


def _meant(audience_id: Any, external_id: Any, name: Any) -> tuple[Any, Any, Any]:
    """Return what decides which audience is meant: the first one given."""
    if audience_id is not None:
        return audience_id, None, None
    return None, external_id, name if external_id is None else None


def _audience(data: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return data.get("audience_id"), data.get("audience_external_id"), data.get("audience_name")
