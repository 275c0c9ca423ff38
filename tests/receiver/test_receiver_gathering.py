"""How loads of many requests share an enqueue."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from producers.receiver.gathering import Crowded, Gatherer
from producers.receiver.values import Fate, Load
from tercel.records import Profile

FATES = {b"again": Fate.DUPLICATE, b"full": Fate.LANE_FULL, b"away": Fate.REDIS_AWAY}


class HeldPut:
    """An enqueue that waits until it is let go, and remembers what it was given."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[Load]]] = []
        self._gate = asyncio.Semaphore(0)
        self._begun = asyncio.Semaphore(0)

    async def __call__(self, deployment: str, loads: Sequence[Load]) -> list[Fate]:
        self.calls.append((deployment, list(loads)))
        self._begun.release()
        await self._gate.acquire()
        if any(load.seen_id == b"mistake" for load in loads):
            raise ZeroDivisionError
        return [FATES.get(load.seen_id, Fate.ACCEPTED) for load in loads]

    def let_go(self, calls: int = 1) -> None:
        for _ in range(calls):
            self._gate.release()

    async def has_begun(self) -> None:
        await self._begun.acquire()


def load(name: str, records: int = 1, *, deployment: str = "prod", seen_id: bytes = b"") -> Load:
    return Load(deployment, tuple(Profile(profile_id=f"{name}-{n}") for n in range(records)), seen_id)


def names(loads: Sequence[Load]) -> list[str]:
    return [load.records[0].key_text for load in loads]


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, 20))


def gatherer(put: HeldPut, **limits: int) -> Gatherer:
    return Gatherer(put, **limits)


def test_what_comes_while_an_enqueue_is_under_way_goes_together_and_in_order() -> None:
    async def scenario() -> None:
        put = HeldPut()
        gathers = gatherer(put)
        tasks = [asyncio.create_task(gathers.hand_in([load("first")]))]
        await put.has_begun()
        tasks += [asyncio.create_task(gathers.hand_in([load(f"next{n}")])) for n in range(5)]
        await asyncio.sleep(0)
        assert len(put.calls) == 1
        put.let_go(2)
        await asyncio.gather(*tasks)
        assert [names(loads) for _, loads in put.calls] == [["first-0"], [f"next{n}-0" for n in range(5)]]

    run(scenario())


def test_each_request_learns_the_fates_of_its_own_loads() -> None:
    async def scenario() -> None:
        put = HeldPut()
        put.let_go(10)
        gathers = gatherer(put)
        fates = await asyncio.gather(
            gathers.hand_in([load("a"), load("b", seen_id=b"again")]), gathers.hand_in([load("c")]), gathers.hand_in([])
        )
        assert list(fates) == [[Fate.ACCEPTED, Fate.DUPLICATE], [Fate.ACCEPTED], []]

    run(scenario())


def test_a_large_request_goes_in_several_enqueues_and_is_answered_after_the_last() -> None:
    async def scenario() -> None:
        put = HeldPut()
        gathers = gatherer(put, most_together=4)
        task = asyncio.create_task(gathers.hand_in([load(str(n), 2) for n in range(5)]))
        put.let_go(2)
        for _ in range(3):
            await put.has_begun()
        assert not task.done()
        put.let_go()
        assert await task == [Fate.ACCEPTED] * 5
        assert [len(loads) for _, loads in put.calls] == [2, 2, 1]

    run(scenario())


def test_a_load_larger_than_an_enqueue_goes_by_itself() -> None:
    async def scenario() -> None:
        put = HeldPut()
        put.let_go(10)
        await gatherer(put, most_together=4).hand_in([load("a"), load("huge", 9), load("b")])
        assert [names(loads) for _, loads in put.calls] == [["a-0"], ["huge-0"], ["b-0"]]

    run(scenario())


def test_deployments_do_not_wait_for_each_other() -> None:
    async def scenario() -> None:
        put = HeldPut()
        gathers = gatherer(put)
        task = asyncio.create_task(gathers.hand_in([load("a"), load("b", deployment="other")]))
        await put.has_begun()
        await put.has_begun()
        assert {deployment for deployment, _ in put.calls} == {"prod", "other"}
        put.let_go(2)
        await task

    run(scenario())


def test_too_much_in_memory_is_refused_and_nothing_of_it_enqueued() -> None:
    async def scenario() -> None:
        put = HeldPut()
        gathers = gatherer(put, most_waiting=10)
        tasks = [asyncio.create_task(gathers.hand_in([load("a", 5)]))]
        await put.has_begun()
        with pytest.raises(Crowded):
            await gathers.hand_in([load("b", 5)])
        put.let_go(10)
        await asyncio.gather(*tasks)
        assert await gathers.hand_in([load("c", 50)]) == [Fate.ACCEPTED]  # alone, it would never get in otherwise
        assert gathers.waiting == 0
        assert [names(loads) for _, loads in put.calls] == [["a-0"], ["c-0"]]

    run(scenario())


def test_a_request_that_nobody_waits_for_any_more_is_enqueued_all_the_same() -> None:
    async def scenario() -> None:
        put = HeldPut()
        gathers = gatherer(put)
        first = asyncio.create_task(gathers.hand_in([load("first")]))
        await put.has_begun()
        gone = asyncio.create_task(gathers.hand_in([load("gone")]))
        await asyncio.sleep(0)
        gone.cancel()
        put.let_go(2)
        await first
        await put.has_begun()
        assert names(put.calls[1][1]) == ["gone-0"]

    run(scenario())


@pytest.mark.parametrize("why", [b"full", b"away"])
def test_what_follows_in_a_request_something_of_its_profile_that_was_kept_out_is_kept_out_with_it(why: bytes) -> None:
    async def scenario() -> None:
        put = HeldPut()
        put.let_go(10)
        fates = await gatherer(put, most_together=1).hand_in(
            [load("u", seen_id=why), load("other"), load("u"), load("u", deployment="second")]
        )
        assert fates == [FATES[why], Fate.ACCEPTED, FATES[why], Fate.ACCEPTED]
        assert [names(loads) for deployment, loads in put.calls if deployment == "prod"] == [["u-0"], ["other-0"]]

    run(scenario())


def test_another_request_may_get_in_where_one_was_kept_out() -> None:
    async def scenario() -> None:
        put = HeldPut()
        put.let_go(10)
        gathers = gatherer(put)
        first, second = await asyncio.gather(
            gathers.hand_in([load("u", seen_id=b"away")]), gathers.hand_in([load("u")])
        )
        assert (first, second) == ([Fate.REDIS_AWAY], [Fate.ACCEPTED])

    run(scenario())


def test_a_mistake_is_told_to_those_it_concerns_and_the_line_goes_on() -> None:
    async def scenario() -> None:
        put = HeldPut()
        put.let_go(10)
        gathers = gatherer(put)
        with pytest.raises(ZeroDivisionError):
            await gathers.hand_in([load("a", seen_id=b"mistake")])
        assert await gathers.hand_in([load("b")]) == [Fate.ACCEPTED]

    run(scenario())
