"""A house of its own for a test: Redis that may be killed, a stand-in, a store, and real worker processes to kill.

    house.start_workers(2)
    house.lanes.enqueue(DEPLOYMENT, Urgency.LIVE, records)
    house.workers[0].kill9()
    house.comes_to_rest()
    house.balance_closes()

Time constants are shrunk so that a test sees in seconds what takes a minute in production; a test that wants the real
ones gives ``shrunk=False``. Everything is gone when the house closes, whatever happened in it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from redis import Redis

from sandbox.talon_one import Config, RateLimit, StandIn, start
from sandbox.talon_one.config import AttributeType, Audience, Schema
from tercel import messages
from tercel.balance import balance, cross_check
from tercel.lanes import Lanes
from tercel.lanes.lanes import WAKE_S
from tercel.store import Store
from tests.support.processes import Process, Processes
from tests.support.redis_server import DurableRedis
from tests.support.waiting import eventually

DEPLOYMENT = "prod"
EVENT_TYPE = "step"
LONGEST = 120  # the highest number a record of one profile may carry: so many attributes and audiences exist
READY_S = 120.0  # seconds a worker gets to start; generous, machines are busy
REST_S = 120.0  # seconds for everything to be delivered

SHRUNK: Mapping[str, str] = {
    "TERCEL_DELIVERY__LEASE_S": "1.5",
    "TERCEL_DELIVERY__WAKE_S": "1",
    "TERCEL_DELIVERY__BACKOFF_FIRST_S": "0.05",
    "TERCEL_DELIVERY__BACKOFF_MAX_S": "0.5",
    "TERCEL_DELIVERY__HALT_PROBE_S": "0.5",
    "TERCEL_DELIVERY__BREAKER_OPEN_S": "0.1",
    "TERCEL_DELIVERY__BREAKER_MAX_S": "0.5",
    "TERCEL_LANES__LINGER_LIVE_S": "0.02",
    "TERCEL_LANES__LINGER_BULK_S": "0.05",
    "TERCEL_WORKER__GRACE_S": "3",
    "TERCEL_DEPLOYMENTS__PROD__TIMEOUT_S": "1.5",
}
PATIENT: Final[Mapping[str, str]] = {
    "TERCEL_DELIVERY__LEASE_S": "60",
    "TERCEL_DEPLOYMENTS__PROD__TIMEOUT_S": "60",
    "TERCEL_RECEIVER__REDIS_ANSWER_S": "60",
}
"""For houses where no worker dies: whatever stands still for some seconds is not taken for dead, and nothing is sent
twice because of it."""


def standin_config() -> Config:
    """Return a stand-in without a limit that knows numbered attributes, numbered audiences and one event type."""
    number = AttributeType.NUMBER
    numbered = {f"S{n}": number for n in range(1, LONGEST + 1)}
    return Config(
        attributes=Schema(profile={**numbered, "Row": number}, event={"Seq": number}),
        event_types=frozenset({EVENT_TYPE}),
        audiences=tuple(Audience(name=f"audience {n}", id=n) for n in range(1, LONGEST + 1)),
        rate=RateLimit(per_second=0),
    )


_KEPT: Final = ("surge:", "arrivals:", "seen:")  # what the lanes remember for a while beyond the last record


@dataclass
class House:
    """What runs. ``workers`` are those started last in each place; killed ones stay there until they are replaced."""

    redis: DurableRedis
    client: Redis
    standin: StandIn
    lanes: Lanes
    store: Store
    processes: Processes
    environment: dict[str, str]
    key_file: Path
    workers: list[Process] = field(default_factory=list)
    started: int = 0

    @property
    def store_url(self) -> str:
        """The store's URL, for processes of the test's own."""
        return self.environment["TERCEL_DATABASE_URL"]

    def launch_worker(self, **settings: str) -> Process:
        """Start a worker process and return at once. ``settings`` are more ``TERCEL_*`` variables."""
        self.started += 1
        return self.processes.python(
            "-m", "celery", "-A", "workers.app", "worker", "-n", f"w{self.started}@%h", "--without-mingle",
            env={**self.environment, **settings}, name=f"worker-{self.started}",
        )  # fmt: skip

    def configure(self, settings: str) -> None:
        """Give the processes that are started from now on a settings file with this text; variables go before it."""
        file = self.key_file.with_name("tercel.toml")
        file.write_text(settings)
        self.environment["TERCEL_CONFIG"] = str(file)

    def launch_receiver(self, port: int) -> Process:
        """Start one process of the receiver on a port, which it shares with others there. Return at once."""
        return self.processes.python(
            "-m", "producers.receiver", "--port", str(port), env=self.environment, name="receiver"
        )

    def start_workers(self, n: int = 1, **settings: str) -> list[Process]:
        """Start ``n`` more workers and wait until they are ready to work."""
        new = [self.launch_worker(**settings) for _ in range(n)]
        for worker in new:
            self.wait_ready(worker)
        self.workers += new
        return new

    def wait_ready(self, worker: Process) -> None:
        """Wait until a worker says that it is ready."""
        eventually(lambda: self.is_ready(worker), READY_S, worker.describe)

    def is_ready(self, worker: Process) -> bool:
        """Whether a worker has said that it is ready."""
        return " ready." in worker.output

    def replace(self, place: int) -> Process:
        """Kill the worker in a place with SIGKILL and launch another one there."""
        self.workers[place].kill9(group=True)
        self.workers[place] = self.launch_worker()
        return self.workers[place]

    def comes_to_rest(self, timeout_s: float = REST_S) -> None:
        """Wait until every record has ended somewhere and nothing of it is left in Redis."""
        eventually(lambda: not self.unfinished(), timeout_s, lambda: f"rest; there is still {self.unfinished()}")

    def unfinished(self) -> dict[str, int]:
        """What the counters say is still to be delivered."""
        totals = self.lanes.totals(DEPLOYMENT)
        return {name: totals[name] for name in ("waiting", "in_flight", "retrying") if totals[name]}

    def balance_closes(self) -> None:
        """Assert that the numbers of the deployment add up, and agree with what lies in Redis."""
        found = balance(self.lanes.totals(DEPLOYMENT))
        assert found.closes, found.line()
        assert not (complaints := cross_check(found, self.lanes.survey(DEPLOYMENT))), complaints

    def left_over(self) -> dict[str, object]:
        """What lanes and calls have left behind in Redis: empty where all is settled."""
        left: dict[str, object] = {}
        for name in sorted(key.decode() for key in self.client.scan_iter(count=1_000)):
            if name.startswith((f"{DEPLOYMENT}.", f"tercel:{DEPLOYMENT}:")):
                rest = name.removeprefix(f"tercel:{DEPLOYMENT}:")
                if rest in ("totals", "freeings", "probe", "unknown-attributes") or rest.startswith(_KEPT):
                    continue
                if rest == "waiting" and not any(int(n) for n in self.client.hvals(name)):
                    continue
                left[name] = self.client.type(name)
        for letter in "lb":
            if alive := int(self.client.get(f"tercel:calls:{letter}") or 0):
                left[f"tercel:calls:{letter}"] = alive
        return left

    def queued_wakeups(self) -> int:
        """Wake-ups that no worker has read."""
        return sum(self.client.llen(queue) for queue in messages.CALL_QUEUES.values())

    def rejected_ids(self) -> set[str]:
        """The ids of the records in rejections."""
        return {one.record_id for one in self.store.rejections(deployment=DEPLOYMENT)}

    def fences(self) -> dict[str, int]:
        """The calls in somebody's hands, with their fencing numbers."""
        found = {}
        for urgency in ("l", "b"):
            ids: list[Any] = self.client.zrange(f"tercel:{DEPLOYMENT}:ready:{urgency}", 0, -1)
            for call_id in map(bytes.decode, ids):
                claims, fence = self.client.hmget(f"tercel:{DEPLOYMENT}:call:{call_id}", ["claims", "fence"])
                if claims and int(claims):
                    found[call_id] = int(fence or 0)
        return found

    def moved_on(self, fences: Mapping[str, int]) -> set[str]:
        """Those of the calls that are settled, or were taken in hand again since."""
        with self.client.pipeline(transaction=False) as pipe:
            for call_id in fences:
                pipe.hget(f"tercel:{DEPLOYMENT}:call:{call_id}", "fence")
            now = pipe.execute()
        return {call for (call, before), fence in zip(fences.items(), now, strict=True) if int(fence or -1) != before}


@contextlib.contextmanager
def open_house(
    processes: Processes, *, config: Config | None = None, shrunk: bool = True, **settings: str
) -> Iterator[House]:
    """Open a house; workers are started by whoever uses it. ``settings`` are ``TERCEL_*`` variables of theirs."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tercel-house-")))
        redis = DurableRedis(folder / "redis")
        stack.callback(redis.stop)
        config = config or standin_config()
        standin = stack.enter_context(start(config))
        key_file = folder / "key"
        key_file.write_text(config.keys[0].key)
        environment = {
            "TERCEL_CONFIG": os.devnull,
            "TERCEL_HOME": str(folder),
            "TERCEL_REDIS_URL": redis.url,
            "TERCEL_DATABASE_URL": f"sqlite:///{folder / 'store.db'}",
            "TERCEL_DEPLOYMENTS__PROD__URL": standin.url,
            "TERCEL_DEPLOYMENTS__PROD__KEY_FILE": str(key_file),
            "TERCEL_DEPLOYMENTS__PROD__RATE": "0",
            "TERCEL_WORKER__THREADS": "8",
            **(SHRUNK if shrunk else {}),
            **settings,
        }
        store = stack.enter_context(Store.open(environment["TERCEL_DATABASE_URL"]))
        client = stack.enter_context(redis.client())
        stack.callback(processes.end_all)  # workers go before what they work with
        yield House(
            redis,
            client,
            standin,
            Lanes(client, wake_s=1.0 if shrunk else WAKE_S),
            store,
            processes,
            environment,
            key_file,
        )


@pytest.fixture
def make_house(processes: Processes) -> Iterator[Callable[..., House]]:
    """Open houses in a test, with its own settings: ``make_house(TERCEL_WORKER__THREADS="16")``."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(open_house(processes, **options))


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    """A house with shrunk time constants."""
    return make_house()
