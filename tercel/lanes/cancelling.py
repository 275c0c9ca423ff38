"""Cancelling a run: its records that still wait are taken out of the lanes. Part of :class:`tercel.lanes.Lanes`."""

from __future__ import annotations

from typing import Final

from tercel.lanes.managing import Managed
from tercel.messages import STREAM_RUN
from tercel.records import LaneKind

LOOK: Final = 1_000  # records of a lane a script looks at: about a ms, and a few more where it takes all of them out
KEYS: Final = 500  # keys' turns a script looks at


class Cancelling(Managed):
    """Takes back what was enqueued."""

    def cancel(self, deployment: str, run: str) -> int:
        """Take a run's bulk records that still wait out of the lanes. Return how many were found.

        They count as discarded, leave no receipt, and were not sent. Calls under way and in backoff end as they would
        have. Stop the run's producer before: what it enqueues meanwhile may stay. It is done in many short scripts, so
        that nobody has to wait for it; where it is broken off, or repeated, nothing is counted twice.

        Raises ValueError for the run of what streams in: its records are not one sender's.
        """
        if run == STREAM_RUN:
            raise ValueError("what streams in is no run that could be cancelled")
        # Lanes first: a record that a cut moves from its lane to a wait list meanwhile is found there.
        return sum(self._cancel_lane(deployment, run, kind) for kind in LaneKind) + self._cancel_waiting(
            deployment, run
        )

    def _cancel_lane(self, deployment: str, run: str, kind: LaneKind) -> int:
        taken, at = 0, 0
        while at >= 0:
            at, n = self._scripts.run("cancel_lane", self._keys(deployment), [run, kind.letter, at, LOOK])
            taken += n
        return taken

    def _cancel_waiting(self, deployment: str, run: str) -> int:
        taken, cursor = 0, b""
        while cursor != b"0":
            cursor, n = self._scripts.run("cancel_waiting", self._keys(deployment), [run, cursor or b"0", KEYS])
            taken += n
        return taken
