"""A call in a worker's hands, and every way it can change: settled, given back, split, some of its records rejected.

Each change is one script on the lanes and harmless when repeated; a rejection is in the store before its record leaves
Redis.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from tercel.lanes import Change, Claim
from tercel.lanes.receipts import written
from workers import call as calls
from workers.call import Contents, Halves
from workers.outcomes import Reason
from workers.rejecting import Rejector
from workers.runtime import Runtime
from workers.watching import events


class Later(Exception):
    """The call is not in these hands any more: given back, split, or taken over. ``text`` says why and until when."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass
class Tally:
    """What became of a call's records in one task, for the line a person reads in Flower."""

    delivered: int = 0
    merged: int = 0
    rejected: int = 0

    def __str__(self) -> str:
        parts = [f"{self.delivered} delivered"]
        if self.merged:
            parts.append(f"{self.merged} merged")
        if self.rejected:
            parts.append(f"{self.rejected} rejected")
        return ", ".join(parts)


class Claimed:
    """A claimed call and what is left in it. Not thread-safe: one task has it."""

    def __init__(self, runtime: Runtime, claim: Claim) -> None:
        self._rt = runtime
        self._rejector = Rejector(runtime.store, claim)
        self.claim = claim
        self.contents: Contents = calls.read(claim)
        self.tally = Tally()

    @property
    def who(self) -> tuple[str, str, str]:
        """Deployment, lane kind and call id: what every event begins with."""
        return self.claim.deployment, self.claim.kind.value, self.claim.call_id

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left in it."""
        return not self.contents.data

    def settle(self, items: Sequence[Sequence[int]], *, partial: bool = False) -> None:
        """End the call: these items were delivered. An item's last record counts, the others were merged into it.

        ``partial``: they are not all there is; the records that are in none of them stay in hand.
        """
        if partial:
            self._settle_some(items)
            return
        counts = calls.delivered_counts(self.contents, items)
        self._leave(counts, self.contents.messages, delivered=True)
        delivered = sum(n for (_, field), n in counts.items() if field == "delivered")
        records = len(self.contents)
        self.tally.delivered += delivered
        self.tally.merged += records - delivered
        self.contents = calls.NOTHING
        self._rt.surge.settled(self.claim.deployment, self.claim.kind, records)

    def give_back(
        self, delay_s: float, why: str, *, answered: bool, counted: bool = True, ticket: str | None = None
    ) -> NoReturn:
        """Give the call back, due again in ``delay_s`` seconds; see :meth:`tercel.lanes.Lanes.postpone`."""
        change = self._rt.lanes.postpone(self.claim, delay_s=delay_s, answered=answered, counted=counted, ticket=ticket)
        if change is Change.STALE:
            raise Later("another worker has it now")
        raise Later(f"{why.rstrip('.')}; next try in {delay_s:.1f} s" if delay_s else why)

    def split(self, halves: Halves, why: Reason) -> NoReturn:
        """Split the call; its parts are delivered on their own."""
        if self._rt.lanes.split(self.claim, halves.first, back=halves.back) is Change.STALE:
            raise Later("another worker has it now")
        first, total = len(halves.first), len(self.claim.messages)
        events.emit(events.CallSplit(*self.who, records=total, code=why.code, reason=why.text))
        raise Later(f"split into {first} and {total - first} records: {why.text}")

    def reject(self, refused: Mapping[int, Reason]) -> None:
        """Reject records, by their index in ``contents``; the others stay in hand."""
        if not refused:  # to the lanes, "none of them leaves" and "all leave" are the same word
            return
        contents = self.contents
        self._rejector.keep(contents, refused)
        self._take_out({contents.positions[i] for i in refused}, calls.counts_of(contents, refused, "rejected"))
        self.tally.rejected += len(refused)
        for code in {reason.code for reason in refused.values()}:
            alike = [reason for reason in refused.values() if reason.code == code]
            events.emit(events.RecordsRejected(*self.who, records=len(alike), code=code, reason=alike[0].text))

    def reject_all(self, reason: Reason) -> None:
        """Reject everything that is left."""
        self.reject(dict.fromkeys(range(len(self.contents)), reason))

    def reject_unreadable(self) -> None:
        """Reject the messages that cannot be read, if there are any."""
        bad = self.contents.unreadable
        if bad:
            counts = self._rejector.keep_unreadable([self.claim.messages[p] for p in bad])
            self._take_out(set(bad), counts)
            self.tally.rejected += len(bad)
            events.emit(events.MessageUnreadable(self.claim.deployment, code="T320", messages=len(bad)))

    def _settle_some(self, items: Sequence[Sequence[int]]) -> None:
        contents = self.contents
        last = [item[-1] for item in items]
        merged = [i for item in items for i in item[:-1]]
        counts = calls.counts_of(contents, last, "delivered") | calls.counts_of(contents, merged, "merged")
        self._take_out({contents.positions[i] for i in (*last, *merged)}, counts, delivered=True)
        self.tally.delivered += len(last)
        self.tally.merged += len(merged)
        self._rt.surge.settled(self.claim.deployment, self.claim.kind, len(last) + len(merged))

    def _take_out(
        self, positions: Collection[int], counts: Mapping[tuple[str, str], int], *, delivered: bool = False
    ) -> None:
        everything = len(positions) == len(self.claim.messages)
        taken = [self.claim.messages[p] for p in positions]
        self._leave(counts, taken, delivered=delivered, leaving=() if everything else sorted(positions))
        self.contents = self.contents.without(positions)
        kept = tuple(m for p, m in enumerate(self.claim.messages) if p not in positions)
        self.claim = replace(self.claim, messages=kept)

    def _leave(
        self,
        counts: Mapping[tuple[str, str], int],
        records: Sequence[bytes],
        *,
        delivered: bool,
        leaving: Sequence[int] = (),
    ) -> None:
        claim = self.claim
        change = self._rt.lanes.settle(
            claim,
            counts=counts,
            kind_counts=calls.by_kind(claim.kind.value, counts),
            leaving=leaving,
            receipts=written(claim.receipts, records, delivered=delivered),
        )
        if change is Change.STALE:
            raise Later("another worker has it now")
