"""How much the receiver takes in on one core, and how long a message is on its way to the API's answer.

Messages come in through Segment's webhook: signature, deduplication, and three mappings that all apply, so each message
becomes three records (a profile, a membership, an event). The receiver has one core to itself; Redis and the client
that sends share another. Nothing is delivered meanwhile, but in the last part, where workers deliver to the stand-in.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import socket
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.error import URLError

import orjson

from bench.answers import answers
from bench.applications import Tercel, working
from bench.children import Child, running, wait_for
from bench.cpu import CpuMeter
from bench.errors import BenchError
from bench.latency import DRAIN_S, PROCESSES, Latency, summarise
from bench.load import Loaded, load, request
from bench.machine import load_average
from bench.producing import DEPLOYMENT
from bench.rig import FSYNCS, RedisRig, own_redis
from bench.stand_in import CONFIG, MS, RATE
from sandbox.talon_one import start
from tercel.lanes import STREAM_RUN, Lanes

SECRET: Final = "bench-webhook-secret"
CONNECTIONS: Final = 64  # of the sender; it asks again when it is answered, so fewer would measure its patience
BATCH: Final = 1_000  # messages in a batch, Segment's default
BATCH_CONNECTIONS: Final = 4
WARM_UP: Final = 2_000  # messages before anything counts
READY_S: Final = 30.0  # seconds the receiver gets to answer
RECEIVER_CORE, REST_CORE = 0, 1
PACE_PER_S: Final = 500.0  # identifies a second in the part that is delivered

MAPPINGS: Final[Sequence[Mapping[str, Any]]] = (
    {
        "trigger": 'type = "identify"',
        "action": "updateCustomerProfileV3",
        "fields": {
            "customerProfileId": {"@path": "$.userId"},
            "attributes": {
                "Name": {"@path": "$.traits.name"},
                "Email": {"@path": "$.traits.email"},
                "Country": {"@path": "$.traits.address.country"},
                "Spend": {"@path": "$.traits.spend"},
            },
            "runRuleEngine": False,
        },
    },
    {
        "trigger": 'type = "identify" and traits.spend > 0',
        "action": "updateCustomerProfilesAudiences",
        "fields": {"data": [{"customerProfileId": {"@path": "$.userId"}, "adds": [1], "deletes": []}]},
    },
    {
        "trigger": 'type = "identify" and contains(traits.email, "@")',
        "action": "trackEventV2",
        "fields": {
            "customerProfileId": {"@path": "$.userId"},
            "eventType": "identified",
            "attributes": {"country": {"@path": "$.traits.address.country"}},
        },
    },
)


@dataclass(frozen=True, slots=True)
class Plan:
    """``messages`` come one by one, ``batches`` of a thousand after them; ``seconds`` of what is delivered."""

    messages: int
    batches: int
    seconds: float


FULL: Final = Plan(60_000, 100, 30.0)
QUICK: Final = Plan(20_000, 30, 8.0)


def measure(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure, and return the figures by name."""
    before = load_average()
    figures: dict[str, Any] = {"load_before": before, "cores": "own" if _cores() else "shared"}
    for fsync in FSYNCS:
        with own_redis(fsync) as redis, _pinned(redis.pid), _receiver(redis, three=True) as receiver:
            _all_taken(_sent(receiver.port, _singles("warm", WARM_UP)), WARM_UP)
            processes = {"receiver": (receiver.pid,), "redis": (redis.pid,)}
            meter = CpuMeter(processes)
            single = _sent(receiver.port, _singles("one", plan.messages))
            single_cpu = _us_each(meter, plan.messages)
            _all_taken(single, plan.messages)
            say(f"single messages, {fsync}: {single}; CPU us a message: {single_cpu}")
            meter = CpuMeter(processes)
            batches = _sent(receiver.port, _batches(plan.batches), connections=BATCH_CONNECTIONS)
            batch_cpu = _us_each(meter, plan.batches * BATCH)
            _all_taken(batches, plan.batches)
            per_s = plan.batches * BATCH / batches.seconds
            say(
                f"batches of {BATCH:,}, {fsync}: {per_s:,.0f} messages/s, {per_s * len(MAPPINGS):,.0f} records/s; "
                f"CPU us a message: {batch_cpu}"
            )
            expected = (WARM_UP + plan.messages + plan.batches * BATCH) * len(MAPPINGS)
            queued = Lanes(redis.client).run_counts(STREAM_RUN)["waiting"]
            if queued != expected:
                raise BenchError(f"{expected} records were taken in, {queued} are on the lanes")
        figures |= {
            f"single_per_s_{fsync}": round(single.per_second),
            f"single_p50_ms_{fsync}": round(single.percentile_ms(50), 2),
            f"single_p99_ms_{fsync}": round(single.percentile_ms(99), 2),
            f"single_cpu_us_{fsync}": single_cpu,
            f"batch_cpu_us_{fsync}": batch_cpu,
            f"batch_messages_per_s_{fsync}": round(per_s),
            f"batch_records_per_s_{fsync}": round(per_s * len(MAPPINGS)),
        }
    delivered = _delivered(plan.seconds)
    say(f"from arrival to the API's answer at {PACE_PER_S:g} identifies/s: {delivered}")
    figures["arrival_to_answer"] = asdict(delivered)
    figures["arrival_to_answer_p99_ms"] = round(delivered.p99_ms, 1)
    return figures


def _delivered(seconds: float) -> Latency:
    """Send identifies at a steady pace while workers deliver them, and return how long each took in all."""
    with own_redis("always") as redis, start(CONFIG) as stand_in:
        tercel = Tercel(stand_in.url, rate=RATE)
        with (
            working(tercel, redis.url, redis.folder, processes=PROCESSES) as workers,
            _receiver(redis, three=False, destination=stand_in.url) as receiver,
        ):
            port = receiver.port
            _all_taken(_sent(port, _singles("warm", int(PACE_PER_S)), rate=PACE_PER_S), int(PACE_PER_S))
            _await_delivered(redis, int(PACE_PER_S), workers)
            stand_in.admin.reset()
            n = int(seconds * PACE_PER_S)
            sent = _sent(port, _singles("paced", n), rate=PACE_PER_S)
            _all_taken(sent, n)
            _await_delivered(redis, int(PACE_PER_S) + n, workers)
        applied, requests = stand_in.admin.order(), stand_in.admin.requests()
    times = [
        (answered_ns - sent.begun_ns[int(update.profile.rpartition("-")[2])]) / MS
        for update, answered_ns in answers(applied, requests)
    ]
    if len(times) != n:
        raise BenchError(f"{n} identifies were sent, {len(times)} reached the stand-in")
    return summarise(times)


def _us_each(meter: CpuMeter, n: int) -> dict[str, float]:
    """Return the CPU time of each process for each of ``n`` messages, in us: what a busy machine changes least."""
    return {name: round(seconds / n * 1e6, 1) for name, seconds in meter.used().items()}


def _await_delivered(redis: RedisRig, records: int, workers: list[Child]) -> None:
    lanes = Lanes(redis.client)
    wait_for(
        lambda: lanes.run_counts(STREAM_RUN)["delivered"] == records,
        timeout_s=DRAIN_S,
        what=f"{records} records to be delivered",
        watched=workers,
    )


def _message(group: str, number: int) -> dict[str, Any]:
    """One identify, of the size that stores send."""
    return {
        "type": "identify",
        "messageId": f"{group}-{number:08d}-3f0a9c52",
        "userId": f"{group}-{number}",
        "anonymousId": f"{number:08x}-9b1e-4c9e-a3f4-0c61e6a5b1d2",
        "timestamp": "2026-11-22T10:00:00.000Z",
        "context": {"ip": "203.0.113.9", "library": {"name": "analytics.js", "version": "4.1.0"}, "locale": "de-DE"},
        "traits": {
            "name": f"Customer {number}",
            "email": f"customer{number}@example.com",
            "address": {"country": "DE", "city": "Berlin"},
            "spend": number % 997 + 0.5,
        },
    }


def _singles(group: str, n: int) -> list[bytes]:
    return [_signed(orjson.dumps(_message(group, number))) for number in range(n)]


def _batches(n: int) -> list[bytes]:
    found = []
    for batch in range(n):
        texts = [orjson.dumps(_message(f"batch{batch}", number)) for number in range(BATCH)]
        found.append(_signed(b"[" + b",".join(texts) + b"]", signed=texts[0]))
    return found


def _signed(body: bytes, *, signed: bytes | None = None) -> bytes:
    """Return the request that posts a body; of a batch, the first message is signed."""
    signature = hmac.new(SECRET.encode(), body if signed is None else signed, hashlib.sha1).hexdigest()
    return request("POST", "/segment/webhook/web", body, {"X-Signature": signature})


def _sent(port: int, requests: Sequence[bytes], *, connections: int = CONNECTIONS, rate: float | None = None) -> Loaded:
    return asyncio.run(load("127.0.0.1", port, requests, connections=connections, rate=rate))


def _all_taken(loaded: Loaded, n: int) -> None:
    if loaded.statuses != {200: n}:
        raise BenchError(f"{n} requests should have been answered 200: {dict(loaded.statuses)}")


class _Receiver(NamedTuple):
    """A running receiver."""

    port: int
    pid: int


@contextmanager
def _receiver(redis: RedisRig, *, three: bool, destination: str = "http://127.0.0.1:9") -> Iterator[_Receiver]:
    """Run one receiver process, on a core of its own where there are enough."""
    settings = _settings(redis.folder, three=three)
    env = Tercel(destination).environment(redis.url, redis.folder) | {"TERCEL_CONFIG": str(settings)}
    port = _free_port()
    command = [sys.executable, "-m", "producers.receiver", "--port", str(port)]
    with running(command, name="receiver", folder=redis.folder, env=env) as child:
        if three:
            _pin(child.pid, RECEIVER_CORE)
        wait_for(lambda: _answers(port), timeout_s=READY_S, what="the receiver to answer", watched=[child])
        yield _Receiver(port, child.pid)


def _settings(folder: Path, *, three: bool) -> Path:
    mappings = folder / "mappings.json"
    mappings.write_bytes(orjson.dumps(list(MAPPINGS) if three else [MAPPINGS[0]]))
    settings = folder / "tercel.toml"
    settings.write_text(
        f'[lanes]\nhigh_water = 10_000_000\n\n[senders.web]\ndoor = "segment"\nkey = "{SECRET}"\n'
        f'destinations = ["shop"]\n\n[segment.shop]\ndeployment = "{DEPLOYMENT}"\nmappings_file = "mappings.json"\n'
    )
    return settings


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _cores() -> bool:
    """Whether the receiver can have a core to itself."""
    return hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > REST_CORE


def _pin(pid: int, core: int) -> None:
    """Keep every thread of a process on one core."""
    if _cores():
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})


@contextmanager
def _pinned(redis_pid: int) -> Iterator[None]:
    """Keep Redis, and ourselves as the client, off the receiver's core."""
    if not _cores():
        yield
        return
    own = os.sched_getaffinity(0)
    _pin(redis_pid, REST_CORE)
    os.sched_setaffinity(0, {REST_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)
