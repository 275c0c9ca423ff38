"""Cancelling a run: its records that still wait are taken out of the lanes. Part of :class:`tercel.lanes.Lanes`."""

from __future__ import annotations

from typing import Final

from tercel.lanes.managing import Managed
from tercel.messages import STREAM_RUN
from tercel.records import LaneKind

STEP: Final = 1_000  # records of a lane a script moves: about two ms of Redis
KEYS: Final = 500  # keys' turns a script looks at


class Cancelling(Managed):
    """Takes back what was enqueued."""

    def cancel(self, deployment: str, run: str) -> int:
        """Take a run's bulk records that still wait out of the lanes. Return how many were discarded meanwhile.

        They count as discarded, leave no receipt, and were not sent. Calls under way and in backoff end as they would
        have. Stop the run's producer before: what it enqueues meanwhile may stay. It is done in many short scripts, so
        that nobody has to wait for it; others may enqueue, cut and cancel at the same time, and where it is broken off
        or repeated nothing is counted twice.

        Raises ValueError for the run of what streams in: its records are not one sender's.
        """
        if run == STREAM_RUN:
            raise ValueError("what streams in is no run that could be cancelled")
        before = self.run_counts(run)["discarded"]
        # Lanes first: a record that a cut moves from its lane to a wait list meanwhile is found there.
        for kind in LaneKind:
            self._sweep(deployment, run, kind)
        cursor = self._take_from_waiting(deployment, run, b"0")
        while cursor != b"0":
            cursor = self._take_from_waiting(deployment, run, cursor)
        self._scripts.run("cancel_end", self._keys(deployment), [run])
        return self.run_counts(run)["discarded"] - before

    def _sweep(self, deployment: str, run: str, kind: LaneKind) -> None:
        """Have every record that lies in a bulk lane now passed by: by one sweep, or two where one is under way."""
        keys = self._keys(deployment)
        done, under_way, is_empty = self._scripts.run("cancel_lane", keys, [run, kind.letter, 0])
        needed = done + 1 + under_way
        while done < needed and not is_empty:
            done, _, is_empty = self._scripts.run("cancel_lane", keys, [run, kind.letter, STEP])

    def _take_from_waiting(self, deployment: str, run: str, cursor: bytes) -> bytes:
        then: bytes = self._scripts.run("cancel_waiting", self._keys(deployment), [run, cursor, KEYS])
        return then
