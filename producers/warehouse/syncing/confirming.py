"""What became of the rows of a run: receipts are written down in the state, and only then dropped.

A crash between the two reads the same receipts again, and writing them down twice changes nothing.
"""

from __future__ import annotations

from typing import Final

from producers.warehouse.syncing.work import GivenUp, Work
from tercel.records import LaneKind

RECEIPTS_AT_ONCE: Final = 50_000  # receipts a transaction takes: a few hundred kB, and a fraction of a second
NO_SUCH_AUDIENCE: Final = "T455"
UNFINISHED: Final = ("waiting", "in_flight", "retrying")


class Confirming:
    """Reads the receipts of one run into the state of its sync."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._rejected_before = work.counts.rejected

    def drain(self) -> int:
        """Write down every receipt there is. Return how many there were.

        Raises Stopped where it was asked to stop while a server was away, StoreUnavailable where the lock was lost.
        """
        work, tools = self._work, self._work.tools
        taken = 0
        while found := work.redis(lambda: tools.lanes.receipts(work.run, most=RECEIPTS_AT_ONCE)):
            tools.held.check()
            delivered, rejected = found.delivered, found.rejected
            work.patiently(lambda d=delivered, r=rejected: tools.state.confirm(d, r))  # type: ignore[misc]
            work.redis(lambda read=found: tools.lanes.drop_receipts(work.run, read))  # type: ignore[misc]
            taken += len(found)
            counts = work.counts
            work.count(
                succeeded=counts.succeeded + len(delivered),
                rejected=counts.rejected + len(rejected),
                pending=max(0, counts.sent - counts.succeeded - counts.rejected - len(found)),
            )
        return taken

    def recount(self, *, discarded: int = 0) -> None:
        """Take the counts from the state: they are exact, also after a crash, and where a receipt came twice.

        ``discarded`` rows were taken off the lanes again, and so were not sent.
        """
        work = self._work
        outcomes = work.patiently(work.tools.state.outcomes)
        ended = outcomes.delivered + outcomes.rejected
        sent = max(work.reached - discarded, ended)
        work.count(sent=sent, succeeded=outcomes.delivered, rejected=outcomes.rejected, pending=sent - ended)

    def unfinished(self) -> int:
        """Return how many records of the run are still on the lanes or in calls.

        Where it is none, the receipts of all of them are there: both move in one step. So look here first.
        """
        work = self._work
        counts = work.redis(lambda: work.tools.lanes.run_counts(work.run))
        return sum(counts[name] for name in UNFINISHED)

    def check_audience(self) -> None:
        """Stop a run whose audience does not exist: its other rows would only waste the limit (contract, part 3)."""
        work, tools = self._work, self._work.tools
        if work.counts.rejected == self._rejected_before or tools.sync.kind is not LaneKind.MEMBERSHIP:
            return
        self._rejected_before = work.counts.rejected
        counts = work.patiently(lambda: tools.store.rejection_counts(run=work.run))
        if any(one.code == NO_SUCH_AUDIENCE for one in counts):
            raise GivenUp(
                NO_SUCH_AUDIENCE,
                f"{tools.sync.deployment} does not know the audience of sync {tools.sync.name} (404). Its id is the "
                "number in the column ID of Audiences in the Campaign Manager, not its name. What was not sent yet was "
                "taken off the lanes.",
            )
