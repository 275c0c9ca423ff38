"""Delivery inside the test's own process: real Redis, real SQLite, the real stand-in over HTTP, no Celery.

    rig.enqueue(profiles(3))
    rig.pump()
    assert rig.counts()["delivered"] == 3

``pump`` does what a worker does, until everything is settled (or a condition holds): it looks at the lanes, takes the
wake-ups off the Celery queues and delivers the calls they name, on a few threads.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from redis import Redis

from sandbox.talon_one import Admin, StandIn
from tercel.errors import StoreUnavailable
from tercel.messages import CALL_QUEUES, STREAM_RUN
from tercel.records import Profile, Record, Urgency
from tercel.settings import Settings
from tercel.store.values import StoredRejection
from workers.batching import Batcher
from workers.delivery import Later, deliver
from workers.runtime import Runtime

DEPLOYMENT = "prod"
PUMP_S = 120.0  # seconds; generous, machines are busy
PAUSE_S = 0.002  # seconds between two turns of the pump

Overrides = dict[str, Any]

# Time constants shrunk so that a test sees at once what takes a minute in production. Not those that a machine which
# stands still for some seconds would use up: a lease and a request's time run out only where a test wants it.
TIMEOUT_S = 60.0  # seconds a request may take
DELIVERY: Overrides = {
    "lease_s": 60.0,
    "wake_s": 1.0,
    "backoff_first_s": 0.01,
    "backoff_max_s": 0.05,
    "halt_probe_s": 0.1,
    "breaker_open_s": 0.05,
    "breaker_max_s": 0.1,
}


def profiles(n: int, *, start: int = 0, **attributes: Any) -> list[Profile]:
    """Return ``n`` profiles that differ by id, each with its number as ``Points``."""
    return [Profile(profile_id=f"p{i}", attributes={"Points": i, **attributes}) for i in range(start, start + n)]


class Rig:
    """One worker process' worth of delivery, driven by hand."""

    def __init__(
        self,
        redis_url: str,
        prefix: str,
        standin: StandIn,
        folder: Path,
        *,
        deployment: Overrides | None = None,
        deployments: dict[str, Overrides] | None = None,
        delivery: Overrides | None = None,
        lanes: Overrides | None = None,
        limiter: Overrides | None = None,
        worker: Overrides | None = None,
        receiver: Overrides | None = None,
    ) -> None:
        one = {"url": standin.url, "key": standin.admin.config()["keys"][0]["key"], "rate": 0, "timeout_s": TIMEOUT_S}
        named = deployments or {DEPLOYMENT: deployment or {}}
        self.settings = Settings.load(
            Path(os.devnull),
            environ={},
            home=str(folder),
            redis_url=redis_url,
            redis_prefix=prefix,
            database_url=f"sqlite:///{folder / 'store.db'}",
            deployments={name: {**one, **more} for name, more in named.items()},
            delivery={**DELIVERY, **(delivery or {})},
            lanes={"linger_live_s": 0.0, "linger_bulk_s": 0.0, **(lanes or {})},
            limiter=limiter or {},
            worker={"threads": 8, **(worker or {})},
            receiver=receiver or {},
        )
        self.runtime = Runtime.build(self.settings)
        self.batcher = Batcher(self.runtime, lambda: None)
        self.told: list[str] = []  # what each delivery said, in order
        self._pool = ThreadPoolExecutor(self.settings.worker.threads, thread_name_prefix="rig")
        self._under_way: set[Future[None]] = set()

    @property
    def redis(self) -> Redis:
        return self.runtime.redis

    def close(self) -> None:
        """End the threads and connections."""
        self.runtime.stopping.set()
        self.runtime.sender.cancel()
        self._pool.shutdown()
        self.runtime.sender.close()
        self.runtime.callbacks.close()
        self.runtime.aside.shutdown()
        self.runtime.store.close()
        self.runtime.redis.close()

    def enqueue(
        self,
        records: Sequence[Record],
        urgency: Urgency = Urgency.BULK,
        *,
        deployment: str = DEPLOYMENT,
        run: str = STREAM_RUN,
    ) -> None:
        self.runtime.lanes.enqueue(deployment, urgency, records, run=run)

    def look(self) -> None:
        """Do one turn of the batching thread."""
        self.batcher.renew_leases()
        for name in self.settings.deployments:
            self.batcher.look(name)

    def wakeups(self) -> list[tuple[str, str]]:
        """Take every wake-up off the Celery queues, live first, as (call id, deployment)."""
        taken = []
        for queue in CALL_QUEUES.values():
            messages: Any = self.redis.rpop(f"{self.settings.redis_prefix}{queue}", 10_000)
            for message in messages or ():
                call_id, deployment = orjson.loads(orjson.loads(message)["body"])[0]
                taken.append((call_id, deployment))
        return taken

    def deliver(self, call_id: str, deployment: str = DEPLOYMENT) -> str:
        """Deliver one call, as its task would; return what it said."""
        try:
            said = deliver(self.runtime, deployment, call_id)
        except Later as later:
            said = later.text
        self.told.append(said)
        return said

    def one_turn(self) -> None:
        """Look once, and deliver what woke, one call after the other."""
        self.look()
        for call_id, deployment in self.wakeups():
            self.deliver(call_id, deployment)

    def pump(self, until: Callable[[], bool] | None = None, timeout_s: float = PUMP_S) -> None:
        """Work until ``until`` holds, or (by default) until nothing is left; on as many threads as a worker has."""
        done = until or self.is_at_rest
        deadline = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < deadline, f"after {timeout_s:g} s: {self.counts()}; last told: {self.told[-5:]}"
            self.look()
            for call_id, deployment in self.wakeups():
                self._under_way.add(self._pool.submit(self._quietly, call_id, deployment))
            for future in [future for future in self._under_way if future.done()]:
                self._under_way.discard(future)
                future.result()
            time.sleep(PAUSE_S)

    def is_at_rest(self) -> bool:
        """Whether no record of any deployment is on its way, and no thread has anything in hand."""
        totals = [self.counts(name) for name in self.settings.deployments]
        unfinished = sum(counts[field] for counts in totals for field in ("waiting", "in_flight", "retrying"))
        return not unfinished and all(future.done() for future in self._under_way)

    def counts(self, deployment: str = DEPLOYMENT) -> dict[str, int]:
        return self.runtime.lanes.totals(deployment)

    def rejections(self, deployment: str = DEPLOYMENT) -> list[StoredRejection]:
        return list(self.runtime.store.rejections(deployment=deployment))

    def balance_closes(self, deployment: str = DEPLOYMENT) -> None:
        """Assert that every record received is counted exactly once, and that nothing is left in Redis."""
        counts = {name: n for name, n in self.counts(deployment).items() if "." not in name}
        assert counts["received"] == sum(n for name, n in counts.items() if name != "received"), counts
        assert not self.left_over(deployment)

    def left_over(self, deployment: str = DEPLOYMENT) -> list[str]:
        """The keys that hold records, calls or turns."""
        base = f"{self.settings.redis_prefix}tercel:{deployment}:"
        patterns = ("turn", "wait:*", "freed:*", "ready:*", "later:*", "call:*")
        found = [key.decode() for pattern in patterns for key in self.redis.scan_iter(base + pattern, count=1_000)]
        lanes = f"{self.settings.redis_prefix}{deployment}.*"
        return found + [key.decode() for key in self.redis.scan_iter(lanes, count=1_000)]

    def _quietly(self, call_id: str, deployment: str) -> None:
        with suppress(StoreUnavailable):
            self.deliver(call_id, deployment)


def points_in_order(admin: Admin, profile: str) -> list[Any]:
    """The values of ``Points`` that the stand-in applied to a profile, oldest first."""
    return [one.content["Points"] for one in admin.order(profile) if "Points" in one.content]
