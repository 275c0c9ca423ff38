"""Audiences of mParticle through the whole house: door, lanes, a real worker, and the strict stand-in."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sandbox.talon_one import RateLimit
from tercel.records import LaneKind, Urgency
from tests.doors.whole_house import wait_until_it_listens
from tests.mparticle.firehose import audience, custom_event, events, memberships, subscription, user
from tests.receiver.open_doors import CLIENT_S, held_port
from tests.support.house import DEPLOYMENT, EVENT_TYPE, House, open_house, standin_config
from tests.support.processes import Processes
from tests.support.waiting import eventually

MEMBERS = int(os.environ.get("TERCEL_TEST_MEMBERS", "5000"))
A_CALL = 1_000  # members that one batched call takes
USERS = 50  # of one request, as mParticle sends them
CLIENTS = 8
TOKEN = "firehose-token-firehose-token"
SETTINGS = f"""
[mparticle.audiences]
door = "talon_one"
deployment = "{DEPLOYMENT}"
token = "{TOKEN}"
bulk_above = 1000
[mparticle.single]
door = "talon_one"
deployment = "{DEPLOYMENT}"
token = "{TOKEN}-single"
bulk_above = 20
run_rules = true
"""
MEMBERSHIPS = "POST /v2/customer_audiences"


class Firehose:
    """A house with a receiver, and mParticle in front of it."""

    def __init__(self, house: House, http: httpx.Client) -> None:
        self.house, self.http = house, http

    def post(self, body: dict[str, Any], token: str = TOKEN) -> None:
        """Send one request, which must be taken."""
        body["account"] = {"account_id": 1, "account_settings": {}}
        answer = self.http.post("/mparticle", content=json.dumps(body), headers={"Authorization": f"Token {token}"})
        assert answer.status_code == 200, answer.text

    def fill(self, members: int, token: str = TOKEN, **named: Any) -> None:
        """Have so many users join an audience, as fast as the door takes them."""

        def send(start: int) -> None:
            some = range(start, min(start + USERS, members))
            self.post(memberships(*(user(f"member-{n}", audience(**named)) for n in some)), token)

        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(send, range(0, members, USERS)))

    def calls(self, call: str) -> int:
        """How many requests of a kind the stand-in was sent."""
        return sum(logged["call"] == call for logged in self.house.standin.admin.requests())

    def members(self, name: str) -> set[str]:
        """Who is in an audience at the stand-in."""
        admin = self.house.standin.admin
        ids = {one["id"] for one in admin.audiences() if one["name"] == name}
        return {profile for number, profile in admin.memberships() if number in ids}


Open = Callable[..., Firehose]


@pytest.fixture
def open_firehose(processes: Processes) -> Iterator[Open]:
    """Open a house with a receiver; workers are started by the test."""
    with contextlib.ExitStack() as stack:

        def opened(rate: int = 0) -> Firehose:
            config = standin_config().model_copy(update={"rate": RateLimit(per_second=0)})
            given = {"TERCEL_DEPLOYMENTS__PROD__RATE": str(rate)}
            house = stack.enter_context(open_house(processes, config=config, shrunk=False, **given))
            house.configure(SETTINGS)
            port = stack.enter_context(held_port())
            wait_until_it_listens(house.launch_receiver(port))
            return Firehose(
                house, stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=CLIENT_S))
            )

        yield opened


def test_an_audience_that_fills_at_once_is_created_once_and_filled_with_few_calls(open_firehose: Open) -> None:
    firehose = open_firehose()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda _: firehose.post(subscription()), range(CLIENTS)))

    firehose.fill(MEMBERS)
    firehose.house.start_workers(2)
    firehose.house.comes_to_rest()

    [created] = [one for one in firehose.house.standin.admin.audiences() if one["name"] == "Travellers"]
    assert (created["integration"], created["integrationId"]) == ("mparticle", "456")
    assert len(firehose.members("Travellers")) == MEMBERS
    assert firehose.calls("POST /v2/audiences") == 1
    assert firehose.calls(MEMBERSHIPS) <= MEMBERS / A_CALL + 10
    firehose.house.balance_closes()


def test_an_audience_nobody_told_of_is_created_once_by_its_first_members(open_firehose: Open) -> None:
    firehose = open_firehose()
    firehose.fill(2 * A_CALL, audience_id=9, name="Unheard of")
    firehose.house.start_workers(2)
    firehose.house.comes_to_rest()

    assert firehose.calls("POST /v2/audiences") == 1
    assert len(firehose.members("Unheard of")) == 2 * A_CALL


def test_live_records_of_others_overtake_an_audience_that_fills_with_rules_on(open_firehose: Open) -> None:
    firehose = open_firehose(rate=5)
    firehose.fill(400, token=f"{TOKEN}-single")  # more than a minute at this rate
    firehose.house.start_workers(1)
    firehose.post(events(custom_event(EVENT_TYPE), customer="somebody"))

    def happened() -> bool:
        return any(one["profileId"] == "somebody" for one in firehose.house.standin.admin.events())

    eventually(happened, 60, "somebody's event")
    lanes = firehose.house.lanes.survey(DEPLOYMENT).lanes
    [filling] = [lane for lane in lanes if (lane.kind, lane.urgency) == (LaneKind.RULES, Urgency.BULK)]
    assert filling.depth > 0


def test_who_joins_and_at_once_leaves_is_out_in_the_end(open_firehose: Open) -> None:
    firehose = open_firehose()
    firehose.fill(1_200)
    firehose.post(memberships(*(user(f"member-{n}", audience("delete")) for n in range(0, 1_200, 100))))
    firehose.house.start_workers(2)
    firehose.house.comes_to_rest()

    assert firehose.members("Travellers") == {f"member-{n}" for n in range(1_200) if n % 100}


def test_with_rules_on_one_call_joins_and_runs_the_rules(open_firehose: Open) -> None:
    firehose = open_firehose()
    firehose.post(memberships(user("ada")), token=f"{TOKEN}-single")
    firehose.house.start_workers(1)
    firehose.house.comes_to_rest()

    assert firehose.members("Travellers") == {"ada"}
    assert firehose.calls(MEMBERSHIPS) == 0
