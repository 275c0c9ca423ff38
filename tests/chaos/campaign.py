"""A campaign of kills while records flow, and its judgement. ``make test`` runs short ones, ``make chaos`` long ones.

Everything random comes from the plan's seed, which a failure shows: the same seed draws the same records, kills and
faults again. (When a kill hits a process is up to the machine.)
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Literal

from sandbox.talon_one import Hang, Latency, Reset, Status
from tercel.lanes import Lanes
from tercel.records import LaneKind, Record, Urgency
from tests.chaos.ledger import KINDS, Ledger, Verdict, numbers_of, shuffled_records
from tests.support.house import DEPLOYMENT, READY_S, House
from tests.support.processes import Process
from tests.support.waiting import eventually

Victim = Literal["worker", "redis", "producer"]
Weather = Literal["fair", "503", "429", "resets", "hangs", "slow"]

BATCH: Final = 10  # records an enqueue carries, about
FILE_PROFILES: Final = 200  # profiles of the producer's file; each has many rows
RESTART_S: Final = 0.3  # seconds Redis stays away after a kill
RECOVERED_S: Final = 60.0  # seconds for a killed worker's calls to be in hand again; twice what is promised: it is busy
FAULTS: Final = {
    "fair": (),
    "slow": (Latency(delay_s=0.05, jitter_s=0.1),),
    "503": (Status(status=503), Latency(delay_s=0.02)),
    "429": (Status(status=429, share=0.5, retry_after="0"), Latency(delay_s=0.02)),
    "resets": (Reset(share=0.2), Reset(share=0.2, apply=True), Latency(delay_s=0.02)),
    "hangs": (Hang(share=0.1, hang_s=3), Latency(delay_s=0.02)),
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What a campaign does. ``weather`` changes with every kill; ``pause_s`` lies between two kills."""

    seed: int
    kills: int
    victims: tuple[Victim, ...] = ("worker",)
    weather: tuple[Weather, ...] = ("slow",)
    profiles: int = 100
    each: int = 30
    kinds: tuple[LaneKind, ...] = KINDS
    file_rows: int = 0
    workers: int = 2
    pause_s: tuple[float, float] = (0.2, 1.0)


@dataclass
class Result:
    """How a campaign went. Times are seconds; ``recovered_s`` has one for every killed worker that had calls."""

    plan: Plan
    records: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    in_hand: int = 0
    recovered_s: list[float] = field(default_factory=list)
    verdict: Verdict | None = None
    file_wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Recoveries:
    """Watches how long the calls that were in hand at a kill take to be taken in hand again, or settled."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._watched: list[tuple[float, dict[str, int]]] = []
        self.seconds: list[float] = []
        self.calls = 0

    def killed(self, fences: dict[str, int]) -> None:
        """A worker was killed now, while these calls were in hand."""
        self.calls += len(fences)
        if fences:
            self._watched.append((time.monotonic(), fences))

    def look(self) -> bool:
        """Look once. True when nothing is left to be watched. Where Redis is away, nothing is seen."""
        still = []
        for since, fences in self._watched:
            for call_id in self._house.moved_on(fences):
                del fences[call_id]
            if fences:
                still.append((since, fences))
            else:
                self.seconds.append(time.monotonic() - since)
        self._watched = still
        return not still


def put_in(lanes: Lanes, records: Sequence[tuple[Urgency, Record, str]], rng: random.Random, pace_s: float) -> None:
    """Enqueue records in order, in batches. A batch that Redis did not answer is sent again, under its own id."""
    at = 0
    while at < len(records):
        urgency = records[at][0]
        most, n = rng.randint(1, 3 * BATCH), 0
        while n < most and at + n < len(records) and records[at + n][0] is urgency:
            n += 1
        batch = records[at : at + n]
        eventually(partial(_sent, lanes, batch), describe="Redis to take a batch")
        at += n
        time.sleep(pace_s)


def _sent(lanes: Lanes, batch: Sequence[tuple[Urgency, Record, str]]) -> bool:
    urgencies, records, ids = zip(*batch, strict=True)
    lanes.enqueue(DEPLOYMENT, urgencies[0], records, batch_id=f"batch-{ids[0]}", record_ids=ids)
    return True


def write_file(path: Path, rows: int) -> None:
    """Write a file of rows whose ``Row`` ascends; every profile has many of them."""
    lines = (f"file-{n % FILE_PROFILES},{n}\n" for n in range(rows))
    path.write_text("id,Row\n" + "".join(lines))


def run_campaign(house: House, plan: Plan) -> Result:
    """Let records flow, kill by the plan until they are all in, wait for rest, and judge."""
    rng = random.Random(plan.seed)
    result, ledger, recoveries = Result(plan), Ledger(), Recoveries(house)
    started = time.monotonic()
    records = shuffled_records(ledger, rng, profiles=plan.profiles, each=plan.each, kinds=plan.kinds)
    result.records = len(records) + plan.file_rows
    house.start_workers(plan.workers)
    expected_s = plan.kills * (sum(plan.pause_s) / 2 + 0.5)
    pace_s = expected_s / max(1, len(records) / BATCH)
    failed: list[BaseException] = []
    feeder = threading.Thread(target=_feed, args=(house, records, random.Random(plan.seed), pace_s, failed))
    producer = _Producer(house, plan.file_rows)
    feeder.start()
    try:
        for kill in range(plan.kills):
            _wait(recoveries, rng.uniform(*plan.pause_s))
            house.standin.admin.set_faults(*FAULTS[plan.weather[kill % len(plan.weather)]])
            victim = plan.victims[kill % len(plan.victims)]
            result.killed[victim] += _kill(house, victim, rng, recoveries, producer, feeder)
    finally:
        house.standin.admin.clear_faults()
        house.standin.admin.release()
        while feeder.is_alive():
            _wait(recoveries, 0.1)
    assert not failed, failed
    producer.finish()
    eventually(lambda: recoveries.look() and not house.unfinished(), 120, lambda: f"rest; {house.unfinished()}")
    journal = house.standin.admin.order()
    result.verdict = ledger.judge([one for one in journal if not one.profile.startswith("file-")], house.rejected_ids())
    result.file_wrong = _file_wrong(house, plan.file_rows)
    result.recovered_s, result.in_hand = recoveries.seconds, recoveries.calls
    result.seconds = time.monotonic() - started
    return result


def check(house: House, result: Result) -> None:
    """Assert everything that must hold after a campaign."""
    verdict, seed = result.verdict, f"seed {result.plan.seed}"
    assert verdict is not None
    received = house.lanes.totals(DEPLOYMENT)["received"]
    assert received == result.records, f"{seed}: {result.records} records were put in, {received} received"
    assert not verdict.lost, f"{seed}: {verdict}"
    assert not verdict.reordered, f"{seed}: {verdict}"
    assert not verdict.rejected, f"{seed}: {verdict}"
    assert not result.file_wrong, f"{seed}: {result.file_wrong[:5]}"
    house.balance_closes()
    assert not house.left_over(), f"{seed}: {house.left_over()}"
    events = Counter((one.profile, *numbers_of(one)) for one in house.standin.admin.order() if one.kind == "event")
    assert not [event for event, n in events.items() if n > 1], f"{seed}: an event was kept twice"
    assert all(s < RECOVERED_S for s in result.recovered_s), f"{seed}: {max(result.recovered_s)} s"


def _feed(
    house: House,
    records: Sequence[tuple[Urgency, Record, str]],
    rng: random.Random,
    pace_s: float,
    failed: list[BaseException],
) -> None:
    try:
        with house.redis.client() as client:
            put_in(Lanes(client), records, rng, pace_s)
    except BaseException as error:
        failed.append(error)


def _wait(recoveries: Recoveries, seconds: float) -> None:
    """Let time pass between two kills, with an eye on the recoveries."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        recoveries.look()
        time.sleep(0.02)


def _kill(
    house: House,
    victim: Victim,
    rng: random.Random,
    recoveries: Recoveries,
    producer: _Producer,
    feeder: threading.Thread,
) -> bool:
    """Kill one process and have it started again. False: it had nothing left to do."""
    match victim:
        case "worker":
            place = rng.randrange(len(house.workers))
            worker = house.workers[place]

            def ready() -> bool:
                """Whether it has begun: one that has not is not worth killing."""
                recoveries.look()
                return house.is_ready(worker)

            def in_hand() -> bool:
                """Whether there are calls in somebody's hands, or none to come."""
                recoveries.look()
                return bool(house.fences()) or not (feeder.is_alive() or house.unfinished())

            eventually(ready, READY_S, worker.describe)
            eventually(in_hand, describe="calls in somebody's hands")
            fences = house.fences()
            house.replace(place)
            recoveries.killed(fences)
        case "redis":
            house.redis.kill9()
            time.sleep(RESTART_S)
            house.redis.restart()
        case "producer":
            return producer.kill()
    return True


class _Producer:
    """The backfill of one file, in a process that is killed and started again."""

    def __init__(self, house: House, rows: int) -> None:
        self._house, self._rows = house, rows
        self._file = house.key_file.with_name("rows.csv")
        self._hold = house.key_file.with_name("hold")
        self._process: Process | None = None
        if rows:
            write_file(self._file, rows)
            self._hold.touch()
            self._process = self._start()

    def kill(self) -> bool:
        """Kill it in the middle of its work, and start it again. False: it is through with the file."""
        process = self._process
        assert process is not None, "the plan has no file"
        eventually(lambda: "rows" in process.output or not process.running, describe=process.describe)
        process.kill9()
        if process.returncode == 0:
            return False
        self._process = self._start()
        return True

    def finish(self) -> None:
        """Let it go on, and wait until it has read everything."""
        self._hold.unlink(missing_ok=True)
        if self._process is not None:
            assert self._process.wait(120) == 0, self._process.describe()

    def _start(self) -> Process:
        return self._house.processes.python(
            "-m", "tests.chaos.backfill_process", self._house.redis.url, self._house.store_url,
            str(self._file), str(self._hold),
            name="backfill",
        )  # fmt: skip


def _file_wrong(house: House, rows: int) -> list[str]:
    """What is wrong with the rows of the file at the stand-in."""
    wrong = []
    if rows:
        last = {f"file-{n % FILE_PROFILES}": n for n in range(rows)}
        held = {name: a.get("Row") for name, a in house.standin.admin.profiles().items() if name.startswith("file-")}
        wrong += [f"{name}: Row {held.get(name)}, not {row}" for name, row in last.items() if held.get(name) != row]
        newest: Counter[str] = Counter()
        for one in house.standin.admin.order():
            if "Row" in one.content:
                if one.content["Row"] < newest[one.profile]:
                    wrong.append(f"{one.profile}: Row {one.content['Row']} after {newest[one.profile]}")
                newest[one.profile] = max(newest[one.profile], one.content["Row"])
    return wrong
