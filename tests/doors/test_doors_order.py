"""What one user's messages are in the order they were posted, is what Talon.One gets, whatever happens on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sandbox.talon_one import Latency, Reset, Status
from tercel.records import LaneKind, Urgency
from tests.chaos.ledger import Ledger, numbers_of
from tests.doors.conftest import OpenHouse
from tests.doors.whole_house import identify_numbered, track_numbered
from tests.receiver.open_doors import CLIENT_S, signed
from tests.receiver.stream import PATH, Stream
from tests.support.house import DEPLOYMENT, House
from tests.support.waiting import eventually

pytestmark = pytest.mark.chaos

USERS, EACH = 30, 6
LOAD_CLIENTS = 3  # who post other users' messages all the while
FAULTS = (
    Status(status=429, share=0.1, retry_after="0"),
    Status(status=503, share=0.15),
    Reset(share=0.1),
    Reset(share=0.1, apply=True),
    Latency(delay_s=0.02, jitter_s=0.05),
)


def messages_of(user: str, ledger: Ledger) -> list[dict[str, Any]]:
    """Identify and track in turn, numbered, and known to the ledger."""
    made = []
    for number in range(1, EACH + 1):
        kind, make = (LaneKind.PROFILE, identify_numbered) if number % 2 else (LaneKind.EVENT, track_numbered)
        ledger.record(user, kind, Urgency.LIVE)
        made.append(make(user, number, f"{user}:{number}"))
    return made


def post_in_order(http: httpx.Client, bodies: list[Any]) -> list[int]:
    """Post one after the other, each on a connection of its own: so they meet different processes."""
    statuses = []
    for body in bodies:
        content, signature = signed(body)
        statuses.append(http.post(PATH, content=content, headers={"X-Signature": signature}).status_code)
    return statuses


def kill_a_worker_with_calls_in_hand(house: House) -> int:
    """Kill one and start another in its place. Return how many calls somebody had in hand."""
    in_hand = eventually(house.fences, describe="calls in hand")
    house.replace(0)
    return len(in_hand)


def test_identify_and_track_of_a_user_arrive_in_the_order_they_were_posted(open_house_of_my_own: OpenHouse) -> None:
    house, doors = open_house_of_my_own(workers=2, receivers=2)
    house.standin.admin.set_faults(*FAULTS)
    ledger = Ledger()
    work: list[list[Any]] = []
    for n in range(USERS):
        messages = messages_of(f"user-{n}", ledger)
        work.append(messages if n % 2 else [messages[at : at + 2] for at in range(0, EACH, 2)])
    fresh_connections = httpx.Limits(max_keepalive_connections=0, max_connections=USERS)

    with (
        Stream(doors.port, clients=LOAD_CLIENTS),
        httpx.Client(base_url=doors.http.base_url, limits=fresh_connections, timeout=CLIENT_S) as http,
        ThreadPoolExecutor(USERS) as pool,
    ):
        posting = [pool.submit(post_in_order, http, bodies) for bodies in work]
        in_hand = kill_a_worker_with_calls_in_hand(house)
        statuses = {status for one in posting for status in one.result()}
    house.standin.admin.clear_faults()
    house.comes_to_rest()

    assert statuses == {200}
    assert in_hand > 0
    journal = [one for one in house.standin.admin.order() if one.profile.startswith("user-")]
    verdict = ledger.judge(journal, house.rejected_ids())
    assert not verdict.lost, str(verdict)
    assert not verdict.reordered, str(verdict)
    events = [(one.profile, *numbers_of(one)) for one in journal if one.kind == "event"]
    assert len(events) == len(set(events)) == USERS * EACH // 2
    assert house.lanes.totals(DEPLOYMENT)["rejected"] == 0
    house.balance_closes()
    assert not house.left_over()
