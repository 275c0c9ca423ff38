"""The server has executed a script, its answer is lost, redis-py sends it again: nothing is changed twice.

Every script runs twice on the same beginning: once undisturbed, once through a proxy that cuts the connection after the
server's work. What lies in Redis afterwards must be the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from redis import Redis

from tercel.connections import connect
from tercel.embedded import EmbeddedRedis
from tercel.lanes import Claim, Enqueued, Lanes
from tercel.lanes.receipts import written
from tercel.messages import row_record_id
from tercel.records import Event, LaneKind, Profile, Urgency
from tests.support.cutting_proxy import CuttingProxy
from workers.limiter import Limiter, Limits

CALL = "0123456789abcdef"
PEOPLE = ("ann", "bob", "cat", "ann")  # one of them twice: its second record is merged, waits, or goes back
ROW_IDS = [row_record_id("0000000a", 0, n) for n in range(1, 5)]
LIMITS = Limits(rate=5, breaker_failures=1)


def enqueue(lanes: Lanes, urgency: Urgency = Urgency.BULK) -> Enqueued:
    records = [Profile(profile_id=who) for who in PEOPLE]
    return lanes.enqueue(
        "prod", urgency, records, run="0000000a", checkpoint=("", "4 rows"), tally={"rejected": 2}, record_ids=ROW_IDS
    )


def cut(lanes: Lanes, kind: LaneKind = LaneKind.PROFILE, urgency: Urgency = Urgency.BULK, size: int = 10) -> int:
    return lanes.cut("prod", kind, urgency, size=size, window=9, cap=9, call_id=CALL)


def claimed(lanes: Lanes, lease_s: float = 60) -> Claim:
    claim = lanes.claim("prod", CALL, lease_s=lease_s)
    assert claim is not None
    return claim


def ready(lanes: Lanes) -> Claim:
    """A call in hand, with records of its keys behind it."""
    enqueue(lanes)
    cut(lanes)
    lanes.enqueue("prod", Urgency.LIVE, [Profile(profile_id="ann"), Event(profile_id="bob", type="t", event_id="e")])
    lanes.enqueue("prod", Urgency.BULK, [Profile(profile_id="cat")])
    return claimed(lanes)


def due(lanes: Lanes) -> None:
    """A call whose backoff is over, and one whose worker died."""
    lanes.postpone(ready(lanes), delay_s=0, answered=True)
    lanes.enqueue("prod", Urgency.BULK, [Event(profile_id="dan", type="t", event_id="e")])
    lanes.cut("prod", LaneKind.EVENT, Urgency.BULK, size=1, window=9, cap=9, call_id="f" * 16)
    lanes.claim("prod", "f" * 16, lease_s=0)


def queued(lanes: Lanes) -> None:
    """Records of the run in its lane, between those of others."""
    for run in ("0000000b", "0000000a", "0000000b"):
        lanes.enqueue("prod", Urgency.BULK, [Profile(profile_id=who) for who in PEOPLE], run=run)


def asked(lanes: Lanes) -> Claim:
    """The same, of a run that asks for receipts."""
    lanes.ask_receipts("0000000a")
    return ready(lanes)


def with_receipts(lanes: Lanes, claim: Claim, leaving: Sequence[int] = ()) -> object:
    chosen = [claim.messages[i] for i in leaving] if leaving else claim.messages
    receipts = written(claim.receipts, chosen, delivered=True)
    return lanes.settle(claim, counts=delivered(len(chosen)), leaving=leaving, receipts=receipts)


def delivered(n: int) -> dict[tuple[str, str], int]:
    return {("0000000a", "delivered"): n}


# name: (what is there before, what is done with it)
SCRIPTS: dict[str, tuple[Callable[[Lanes], Any], Callable[[Lanes, Any], object]]] = {
    "enqueue bulk": (lambda lanes: None, lambda lanes, _: enqueue(lanes)),
    "enqueue live": (lambda lanes: None, lambda lanes, _: enqueue(lanes, Urgency.LIVE)),
    "cut bulk": (enqueue, lambda lanes, _: cut(lanes, size=3)),
    "cut live": (partial(enqueue, urgency=Urgency.LIVE), lambda lanes, _: cut(lanes, urgency=Urgency.LIVE)),
    "claim": (lambda lanes: (enqueue(lanes), cut(lanes)), lambda lanes, _: claimed(lanes)),
    "renew": (ready, lambda lanes, c: lanes.renew("prod", [(CALL, c.fence)], lease_s=600)),
    "settle": (ready, lambda lanes, c: lanes.settle(c, counts=delivered(4), kind_counts={"profile.delivered": 4})),
    "settle some": (ready, lambda lanes, c: lanes.settle(c, counts=delivered(2), leaving=[1, 2])),
    "settle with receipts": (asked, with_receipts),
    "settle some with receipts": (asked, lambda lanes, c: with_receipts(lanes, c, [1, 2])),
    "cancel": (queued, lambda lanes, _: lanes.cancel("prod", "0000000a")),
    "postpone": (ready, lambda lanes, c: lanes.postpone(c, delay_s=60, answered=True)),
    "put off": (ready, lambda lanes, c: lanes.postpone(c, delay_s=60, answered=False)),
    "split by key": (ready, lambda lanes, c: lanes.split(c, [0, 3])),
    "split by age": (ready, lambda lanes, c: lanes.split(c, [0, 1, 2], back=True)),
    "wake": (due, lambda lanes, _: lanes.wake("prod", Urgency.BULK)),
    "survey": (ready, lambda lanes, _: lanes.survey("prod")),
    "repair": (ready, lambda lanes, _: lanes.repair("prod")),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_lane_script_sent_again_changes_nothing_twice(
    name: str,
    redis_server: EmbeddedRedis,
    redis_client: Redis,
    cutting_proxy: Callable[..., CuttingProxy],
    prefix: str,
) -> None:
    before, change = SCRIPTS[name]
    plain, cut_off = f"{prefix}plain:", f"{prefix}cut:"
    lanes = Lanes(redis_client, prefix=plain)
    change(lanes, before(lanes))

    there = before(Lanes(redis_client, prefix=cut_off))
    proxy = cutting_proxy(redis_server.socket)
    with connect(proxy.url) as client:
        proxy.cut_next("EVALSHA")
        change(Lanes(client, prefix=cut_off), there)

    assert proxy.cuts == 1
    assert contents(redis_client, cut_off) == contents(redis_client, plain)


@pytest.mark.parametrize("command", ["book", "slow", "failed", "passed"])
def test_a_limiter_script_sent_again_changes_nothing_twice(
    command: str,
    redis_server: EmbeddedRedis,
    redis_client: Redis,
    cutting_proxy: Callable[..., CuttingProxy],
    prefix: str,
) -> None:
    def change(limiter: Limiter) -> object:
        match command:
            case "book":
                return replace(limiter.book("prod", LIMITS, horizon_s=2, records=10), at=0.0)  # two clocks' readings
            case "failed":
                return limiter.failed("prod", LIMITS)
            case "slow":
                limiter.slow("prod", LIMITS, after_s=5)
            case _:
                limiter.passed("prod")
        return None

    plain, cut_off = f"{prefix}plain:", f"{prefix}cut:"
    undisturbed = change(Limiter(redis_client, prefix=plain))
    proxy = cutting_proxy(redis_server.socket)
    with connect(proxy.url) as client:
        proxy.cut_next("EVALSHA")
        disturbed = change(Limiter(client, prefix=cut_off))

    assert proxy.cuts == 1
    assert disturbed == undisturbed
    assert limiter_state(redis_client, cut_off) == limiter_state(redis_client, plain)


def contents(client: Redis, prefix: str) -> list[tuple[str, object]]:
    """What lies under a prefix. Ids that are drawn, and times, are left out; arrivals are added up."""
    found: list[tuple[str, object]] = []
    arrivals: Counter[str] = Counter()
    for key in client.scan_iter(match=f"{prefix}*", count=1_000):
        name = key.decode().removeprefix(prefix)
        drawn = name if name.endswith(CALL) else re.sub(r"(call|batch):[0-9a-f]{16}", r"\1:#", name)
        match client.type(key):
            case b"hash":
                held: dict[bytes, bytes] = client.hgetall(key)  # type: ignore[assignment]
                fields = {f.decode(): v.decode() for f, v in held.items()}
                if ":arrivals:" in name:  # named by the time; two runs of a test may lie on either side of a border
                    arrivals.update({field: int(n) for field, n in fields.items()})
                    continue
                times = ("created", "not_before", "op", "holder")
                found.append((drawn, sorted((f, v) for f, v in fields.items() if f not in times)))
            case b"list":
                found.append((drawn, client.llen(key)))
            case b"zset":
                found.append((drawn, client.zcard(key)))
            case b"stream":
                entries: Any = client.xrange(key)
                found.append((drawn, [sorted(fields.items()) for _, fields in entries]))
            case _:
                found.append((drawn, client.get(key)))
    return [*sorted(found, key=str), ("arrivals", sorted(arrivals.items()))]


def limiter_state(client: Redis, prefix: str) -> dict[bytes, bytes]:
    """The limiter's counters and its rate; not its times."""
    held: dict[bytes, bytes] = client.hgetall(f"{prefix}tercel:limiter:prod")  # type: ignore[assignment]
    counters = (b"slots", b"slowed", b"fails", b"opens", b"allowed")
    return {name: value for name, value in held.items() if name in counters}
