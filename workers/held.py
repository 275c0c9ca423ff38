"""The calls a worker process has in hand: their leases are prolonged from here, and thread shares are kept here."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tercel.lanes import Claim
from tercel.records import Urgency


class Held:
    """Calls in hand, by deployment. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claims: dict[str, Claim] = {}

    @contextmanager
    def holding(self, claim: Claim) -> Iterator[None]:
        """Hold a claim while something is done with it."""
        with self._lock:
            self._claims[claim.call_id] = claim
        try:
            yield
        finally:
            with self._lock:
                self._claims.pop(claim.call_id, None)

    def by_deployment(self) -> dict[str, list[tuple[str, int]]]:
        """Return (call id, fence) of every call in hand."""
        held: dict[str, list[tuple[str, int]]] = {}
        with self._lock:
            for claim in self._claims.values():
                held.setdefault(claim.deployment, []).append((claim.call_id, claim.fence))
        return held


class Shares:
    """How many threads bulk, and one deployment, may take: neither may ever have all of them.

    ``threads`` is the size of the pool, ``deployments`` how many there are. Thread-safe.
    """

    def __init__(self, threads: int, deployments: int) -> None:
        self._lock = threading.Lock()
        self._bulk_most = max(1, threads * 3 // 4)
        others = max(1, deployments - 1)  # were all of these to hang, a thread is still left for the last one
        self._one_most = threads if deployments < 2 else max(1, min(threads * 3 // 4, (threads - 1) // others))
        self._bulk = 0
        self._by_deployment: Counter[str] = Counter()

    def take(self, deployment: str, urgency: Urgency) -> bool:
        """Take a thread's place; False: not now."""
        with self._lock:
            bulk = urgency is Urgency.BULK
            if (bulk and self._bulk >= self._bulk_most) or self._by_deployment[deployment] >= self._one_most:
                return False
            self._bulk += bulk
            self._by_deployment[deployment] += 1
            return True

    def give(self, deployment: str, urgency: Urgency) -> None:
        """Give the place back."""
        with self._lock:
            self._bulk -= urgency is Urgency.BULK
            self._by_deployment[deployment] -= 1
