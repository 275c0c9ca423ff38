"""The Lua and the model in lockstep, on a real Redis, through every move the lanes know, each sent once or twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis import Redis

from tercel import messages
from tercel.lanes import Change, Claim, Lanes, Receipt
from tercel.lanes.receipts import written
from tercel.records import Event, LaneKind, Membership, Profile, Record, Urgency, key_of
from tests.lanes.model import Call, Model, Rec

DEPLOYMENT = "prod"
KINDS = [LaneKind.PROFILE, LaneKind.MEMBERSHIP, LaneKind.EVENT]
URGENCIES = {"l": Urgency.LIVE, "b": Urgency.BULK}
SYNC = "0000abcd"  # a run that asks for receipts, and may be cancelled
RUNS = [messages.STREAM_RUN, SYNC]
people = st.sampled_from(["ann", "bob", "cat"])
kinds = st.sampled_from(KINDS)


def record(kind: LaneKind, person: str) -> Record:
    match kind:
        case LaneKind.PROFILE:
            return Profile(profile_id=person)
        case LaneKind.MEMBERSHIP:
            return Membership(profile_id=person, action="add", audience_id=1)
        case _:
            return Event(profile_id=person, type="visit", event_id="1")


class Twice:
    """Sends scripts twice, as redis-py does when an answer is lost, and hands on the second answer."""

    def __init__(self, scripts: Any) -> None:
        self._scripts = scripts
        self.twice = False

    def run(self, name: str, keys: list[str], args: list[Any]) -> Any:
        if self.twice:
            self._scripts.run(name, keys, args)
        return self._scripts.run(name, keys, args)

    def run_before(self, name: str, keys: list[str], args: list[Any], then: Any) -> Any:
        if self.twice:
            self._scripts.run(name, keys, args)
        return self._scripts.run_before(name, keys, args, then)


class Turns(RuleBasedStateMachine):
    redis: ClassVar[Redis]

    @initialize()
    def start(self) -> None:
        self.redis.flushdb()
        self.lanes = Lanes(self.redis)
        self.scripts = Twice(self.lanes._scripts)
        self.lanes._scripts = self.scripts  # type: ignore[assignment]
        self.model = Model()
        self.ids = count()
        self.entered: list[Rec] = []
        self.left: list[Rec] = []
        self.held: dict[str, Claim] = {}
        self.delivered: dict[tuple[str, str, str], str] = {}
        self.lanes.ask_receipts(SYNC)
        self.ended: dict[int, bool] = {}  # seqs of that run, and whether they were delivered

    # -- moves ----------------------------------------------------------------------------------------------------

    @rule(
        u=st.sampled_from("lb"),
        run=st.sampled_from(RUNS),
        what=st.lists(st.tuples(people, kinds), min_size=1, max_size=6),
        twice=st.booleans(),
    )
    def enqueue(self, u: str, run: str, what: list[tuple[str, LaneKind]], twice: bool) -> None:
        self.scripts.twice = twice
        ids = [messages.row_record_id(run, 0, next(self.ids)) for _ in what]
        records = [record(kind, who) for who, kind in what]
        self.lanes.enqueue(DEPLOYMENT, URGENCIES[u], records, run=run, record_ids=ids)
        new = [Rec(i, key_of(who), kind.letter, u, run) for i, (who, kind) in zip(ids, what, strict=True)]
        self.model.enqueue(new)
        self.entered += new

    @rule(
        kind=kinds,
        u=st.sampled_from("lb"),
        size=st.integers(1, 4),
        people=st.integers(0, 2),
        twice=st.booleans(),
        take_it=st.booleans(),
    )
    def cut(self, kind: LaneKind, u: str, size: int, people: int, twice: bool, take_it: bool) -> None:
        self.scripts.twice = twice
        freed = [key.decode() for key in self.redis.zrange(f"tercel:{DEPLOYMENT}:freed:{kind.letter}", 0, -1)]
        call_id = messages.new_call_id()
        taken = self.lanes.cut(
            DEPLOYMENT, kind, URGENCIES[u], size=size, people=people, window=99, cap=99, call_id=call_id
        )
        model = self.model
        expected = model.cut_live(kind.letter, size, people) if u == "l" else model.cut_bulk(kind.letter, size, freed)
        assert taken == len(expected) <= size
        if expected:
            self.model.calls[call_id] = Call(kind.letter, u, expected)
            if take_it:
                claim = self.lanes.claim(DEPLOYMENT, call_id, lease_s=60)
                assert claim is not None
                self.held[call_id] = claim

    @rule(data=st.data(), twice=st.booleans())
    def claim(self, data: st.DataObject, twice: bool) -> None:
        """A lease of no length: every claim is as if the holder before had died."""
        if not self.model.calls:
            return
        self.scripts.twice = twice
        call_id = data.draw(st.sampled_from(list(self.model.calls)))
        self._dead_lease(call_id)
        claim = self.lanes.claim(DEPLOYMENT, call_id, lease_s=60)
        assert claim is not None
        assert claim.ticket == self.model.calls[call_id].ticket
        before = self.held.get(call_id)
        if before is not None:
            assert self.lanes.settle(before, counts={}) is Change.STALE, "a dead worker's late word must change nothing"
            assert self.lanes.postpone(before, delay_s=0, answered=True) is Change.STALE
            assert self.lanes.split(before, [0]) is Change.STALE
        self.held[call_id] = claim

    @precondition(lambda self: self.held)
    @rule(data=st.data(), twice=st.booleans())
    def settle(self, data: st.DataObject, twice: bool) -> None:
        claim = self._take(data, twice)
        change = self._settle(claim)
        assert change is (Change.GONE if twice else Change.DONE)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), twice=st.booleans())
    def reject_some(self, data: st.DataObject, twice: bool) -> None:
        claim = self._take(data, twice)
        n = len(claim.messages)
        some = data.draw(st.sets(st.integers(0, n - 1), min_size=1))
        gone = self.model.leave(claim.call_id, some)
        self.left += gone
        change = self._leave(claim, gone, delivered=False, leaving=sorted(some))
        assert change in ((Change.REPEAT, Change.GONE) if twice else (Change.DONE,))

    @precondition(lambda self: self.held)
    @rule(
        data=st.data(), answered=st.booleans(), ticket=st.none() | st.sampled_from(["", "job 7"]), twice=st.booleans()
    )
    def postpone(self, data: st.DataObject, answered: bool, ticket: str | None, twice: bool) -> None:
        claim = self._take(data, twice)
        change = self.lanes.postpone(claim, delay_s=60, answered=answered, ticket=ticket)
        if ticket is not None:
            self.model.calls[claim.call_id].ticket = ticket
        assert change is (Change.STALE if twice else Change.DONE)

    @precondition(lambda self: any(len(claim.messages) > 1 for claim in self.held.values()))
    @rule(data=st.data(), twice=st.booleans())
    def split(self, data: st.DataObject, twice: bool) -> None:
        able = [call_id for call_id, claim in self.held.items() if len(claim.messages) > 1]
        claim = self.held.pop(data.draw(st.sampled_from(able)))
        self.scripts.twice = twice
        keys = [message[messages.KEY].decode() for message in claim.messages]
        if len(set(keys)) == 1:
            first = set(range(data.draw(st.integers(1, len(keys) - 1))))
        else:
            chosen = data.draw(st.sets(st.sampled_from(sorted(set(keys))), min_size=1, max_size=len(set(keys)) - 1))
            first = {i for i, key in enumerate(keys) if key in chosen}
        known = set(self._redis_calls())
        self.lanes.split(claim, sorted(first), back=len(set(keys)) == 1)
        new = {self._first_id(call_id): call_id for call_id in set(self._redis_calls()) - known}
        records = self.model.calls[claim.call_id].records
        one = new[next(r.id for i, r in enumerate(records) if i in first)]
        if len(set(keys)) == 1:
            self.model.split_tail(claim.call_id, one, first)
        else:
            other = new[next(r.id for i, r in enumerate(records) if i not in first)]
            self.model.split_keys(claim.call_id, (one, other), first)

    @rule(twice=st.booleans())
    def wake(self, twice: bool) -> None:
        self.scripts.twice = twice
        for urgency in Urgency:
            self.lanes.wake(DEPLOYMENT, urgency)
            alive = int(self.redis.get(f"tercel:calls:{urgency.value[0]}") or 0)
            made = self.redis.llen(messages.CALL_QUEUES[urgency])
            assert alive == sum(call.u == urgency.value[0] for call in self.model.calls.values())
            assert made >= 0

    @rule(twice=st.booleans())
    def cancel(self, twice: bool) -> None:
        self.scripts.twice = twice
        self.left += self.model.cancel(SYNC)
        self.lanes.cancel(DEPLOYMENT, SYNC)

    @rule(kind=kinds, step=st.integers(1, 3), steps=st.integers(1, 3), twice=st.booleans())
    def begin_to_cancel(self, kind: LaneKind, step: int, steps: int, twice: bool) -> None:
        """Somebody cancels, and dies before he is through with the lane."""
        self.scripts.twice = twice
        for _ in range(steps):
            self.scripts.run("cancel_lane", self.lanes._keys(DEPLOYMENT), [SYNC, kind.letter, step])
        lane = self.model.lane(kind.letter, "b")
        here = set(self._lane_ids(kind.letter, "b"))
        gone = [r for r in lane if r.id not in here]
        assert {r.run for r in gone} <= {SYNC}
        self.left += gone
        for r in gone:
            lane.remove(r)

    @rule()
    def repair(self) -> None:
        """Where nothing is wrong, a repair changes nothing."""
        self.scripts.twice = False
        self.lanes.repair(DEPLOYMENT)
        self.model.forget_stale_freed()

    # -- what must hold -------------------------------------------------------------------------------------------

    @invariant()
    def lua_and_model_agree(self) -> None:
        if not hasattr(self, "model"):
            return
        assert self._turns() == self.model.turn
        for (letter, u), lane in self.model.lanes.items():
            assert self._lane_ids(letter, u) == [r.id for r in lane]
        for (u, key), wait in self.model.waits.items():
            assert self._record_ids(f"tercel:{DEPLOYMENT}:wait:{u}:{key}") == [r.id for r in wait]
        calls = self._redis_calls()
        assert {i: self._record_ids(f"tercel:{DEPLOYMENT}:call:{i}:r") for i in calls} == {
            i: [r.id for r in call.records] for i, call in self.model.calls.items()
        }
        waiting = Counter((r.letter, r.u) for wait in self.model.waits.values() for r in wait)
        told = {
            (lane.kind.letter, lane.urgency.value[0]): lane.waiting for lane in self._survey().lanes if lane.waiting
        }
        assert told == dict(waiting)

    @invariant()
    def nothing_is_lost(self) -> None:
        if hasattr(self, "model"):
            assert Counter(self.model.all_records()) + Counter(self.left) == Counter(self.entered)

    @invariant()
    def no_key_is_in_two_calls(self) -> None:
        if hasattr(self, "model"):
            keys = Counter(key for call in self.model.calls.values() for key in {r.key for r in call.records})
            assert not keys or max(keys.values()) == 1

    @invariant()
    def the_balance_closes(self) -> None:
        if hasattr(self, "model"):
            in_calls = [r for call in self.model.calls.values() for r in call.records]
            for run in RUNS:
                counts = self.lanes.run_counts(run)
                entered = sum(r.run == run for r in self.entered)
                assert counts["received"] == entered == sum(n for field, n in counts.items() if field != "received")
                assert counts["in_flight"] + counts["retrying"] == sum(r.run == run for r in in_calls)

    @invariant()
    def each_record_that_ended_has_one_receipt(self) -> None:
        if hasattr(self, "model"):
            found = list(self.lanes.receipts(SYNC))
            assert Counter(found) == Counter(Receipt(*one) for one in self.ended.items())

    def teardown(self) -> None:
        """Settle all there is: then no key, no record and no call may be left in Redis."""
        if not hasattr(self, "model"):
            return
        self.scripts.twice = False
        for _ in range(10 * len(self.entered) + 10):
            for call_id in sorted(self.model.calls):
                self._dead_lease(call_id)
                claim = self.lanes.claim(DEPLOYMENT, call_id, lease_s=60)
                assert claim is not None
                self._settle(claim)
                self.lua_and_model_agree()
            if not self.model.all_records():
                break
            for kind in KINDS:
                for u in "lb":
                    self.cut(kind, u, 4, 0, False, False)
                    self.lua_and_model_agree()
        assert not self.model.all_records()
        self.lua_and_model_agree()
        self.lanes.cancel(DEPLOYMENT, SYNC)  # whoever cancels last tidies up what was begun
        keep = (b"tercel:batch:", b"tercel:run:", b"calls.", b"tercel:calls:", b"tercel:prod:arrivals:")
        rest = {key for key in self.redis.keys("*") if not key.startswith(keep)}
        assert rest <= {b"tercel:prod:totals", b"tercel:prod:waiting", b"tercel:prod:freeings"}, rest
        assert all(int(n) == 0 for n in self.redis.hvals("tercel:prod:waiting"))
        assert all(int(self.redis.get(f"tercel:calls:{u}") or 0) == 0 for u in "lb")

    # -- helpers --------------------------------------------------------------------------------------------------

    def _take(self, data: st.DataObject, twice: bool) -> Claim:
        self.scripts.twice = twice
        return self.held.pop(data.draw(st.sampled_from(list(self.held))))

    def _settle(self, claim: Claim) -> Change:
        gone = self.model.leave(claim.call_id, set(range(len(claim.messages))))
        self._deliver(gone)
        return self._leave(claim, gone, delivered=True)

    def _leave(self, claim: Claim, gone: list[Rec], *, delivered: bool, leaving: Sequence[int] = ()) -> Change:
        assert claim.receipts == {r.run for r in map(messages.decode, claim.messages)} & {SYNC}
        self.ended |= {int(r.id[-10:], 16): delivered for r in gone if r.run == SYNC}
        chosen = [claim.messages[i] for i in leaving] if leaving else claim.messages
        runs = Counter(r.run for r in gone)
        return self.lanes.settle(
            claim,
            counts={(run, "delivered" if delivered else "rejected"): n for run, n in runs.items()},
            leaving=leaving,
            receipts=written(claim.receipts, chosen, delivered=delivered),
        )

    def _deliver(self, gone: list[Rec]) -> None:
        """What is delivered of a key comes in the order it was enqueued: over all kinds if live, by lane if bulk."""
        self.left += gone
        for r in gone:
            group = (r.key, r.u, "" if r.u == "l" else r.letter)
            order = r.id[-10:]  # ids begin with the run
            assert self.delivered.get(group, "") < order, "an older record was delivered after a newer one"
            self.delivered[group] = order

    def _dead_lease(self, call_id: str) -> None:
        self.redis.hset(f"tercel:{DEPLOYMENT}:call:{call_id}", "not_before", 0)

    def _survey(self) -> Any:
        return self.lanes.survey(DEPLOYMENT)

    def _turns(self) -> dict[str, str]:
        return {k.decode(): v.decode() for k, v in self.redis.hgetall(f"tercel:{DEPLOYMENT}:turn").items()}

    def _record_ids(self, key: str) -> list[str]:
        return [messages.decode(m).record_id for m in self.redis.lrange(key, 0, -1)]

    def _lane_ids(self, letter: str, u: str) -> list[str]:
        """The records of a lane, oldest first; in front of it lies what a sweep has carried out."""
        name = messages.lane_name(DEPLOYMENT, next(k for k in KINDS if k.letter == letter), URGENCIES[u])
        front = self._record_ids(f"tercel:{DEPLOYMENT}:front:{letter}") if u == "b" else []
        return front[::-1] + self._record_ids(name)[::-1]

    def _first_id(self, call_id: str) -> str:
        return self._record_ids(f"tercel:{DEPLOYMENT}:call:{call_id}:r")[0]

    def _redis_calls(self) -> Iterator[str]:
        for where in ("ready:l", "ready:b", "later:l", "later:b"):
            for call_id in self.redis.zrange(f"tercel:{DEPLOYMENT}:{where}", 0, -1):
                yield call_id.decode()


@pytest.fixture
def machine(redis_client: Redis) -> type[Turns]:
    Turns.redis = redis_client
    return Turns


def test_lanes_keep_every_rule_of_the_model_whatever_happens(machine: type[Turns]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=120,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
