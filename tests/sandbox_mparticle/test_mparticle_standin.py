from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from firehose_partner import MEMBERSHIP, SUBSCRIPTION, Partner, taking

from sandbox.mparticle import Audience, Config, Output, Retries, StandIn, start
from sandbox.mparticle.batches import Batch
from sandbox.mparticle.users import Users
from tests.support.waiting import eventually

FEED = ("feed-key", "feed-secret")
SEED: dict[str, Any] = {  # the body of the tutorial's curl command
    "schema_version": 2,
    "environment": "development",
    "user_identities": {"customer_id": "John Doe"},
    "events": [{"data": {}, "event_type": "session_start"}],
}
FAST = Retries(tries=3, first_s=0.0, most_s=0.0)
Start = Callable[..., StandIn]


@pytest.fixture
def partner() -> Iterator[Partner]:
    with taking() as found:
        yield found


@pytest.fixture
def begin(partner: Partner) -> Iterator[Start]:
    """Start a stand-in that forwards to the partner."""
    with ExitStack() as stack:

        def make(**options: Any) -> StandIn:
            output = Output(url=partner.url, token="t0ken", deployment_url="https://x", api_key="k")
            return stack.enter_context(start(Config(output=output, retries=FAST, **options)))

        yield make


def post(standin: StandIn, body: Any = SEED, auth: tuple[str, str] | None = FEED) -> httpx.Response:
    return httpx.post(f"{standin.url}/v2/events", json=body, auth=auth, trust_env=False)


def states(standin: StandIn) -> list[str]:
    return [one["state"] for one in standin.admin.sent()]


def test_the_curl_of_the_tutorial_makes_a_member_and_tells_the_partner(begin: Start, partner: Partner) -> None:
    # given an audience that is connected
    partner.answers[SUBSCRIPTION] = [(200, {"audience_subscription_settings": {"t1AudienceID": 7}})]
    standin = begin()
    standin.admin.connect()
    eventually(lambda: standin.admin.state()["subscription_settings"])
    # when
    assert post(standin).status_code == 202
    # then
    [change] = eventually(lambda: partner.of(MEMBERSHIP))
    [user] = change["user_profiles"]
    assert user["user_identities"] == [{"type": "customer", "encoding": "raw", "value": "John Doe"}]
    assert user["mpid"] == standin.admin.users()[0]["mpid"]
    [audience] = user["audiences"]
    assert (audience["action"], audience["audience_name"]) == ("add", "Recent visitors")
    assert audience["audience_subscription_settings"] == {"t1AudienceID": 7}
    assert change["account"]["account_settings"] == {
        "deploymentURL": "https://x",
        "apiKey": "k",
        "userIdField": "customerId",
        "runRuleEngine": "true",
    }


def test_connecting_asks_what_the_module_is_without_a_token_and_then_subscribes(begin: Start, partner: Partner) -> None:
    standin = begin()
    standin.admin.connect()
    eventually(lambda: len(partner.came) == 2)
    assert [(token, message["type"]) for token, message in partner.came] == [
        ("", "module_registration_request"),
        ("Token t0ken", SUBSCRIPTION),
    ]


def test_a_second_session_is_no_second_joining(begin: Start, partner: Partner) -> None:
    standin = begin()
    standin.admin.connect()
    for _ in range(2):
        post(standin)
    post(standin, SEED | {"user_identities": {"customer_id": "Jane"}})
    eventually(lambda: len(states(standin)) == 4 and set(states(standin)) == {"delivered"})
    assert len(partner.of(MEMBERSHIP)) == 2


def test_a_member_leaves_when_the_session_is_too_old(begin: Start, partner: Partner) -> None:
    standin = begin(audience=Audience(within_s=1.0), look_every_s=0.05)
    standin.admin.connect()
    post(standin)
    changes = eventually(lambda: found if len(found := partner.of(MEMBERSHIP)) == 2 else None)
    assert changes is not None
    assert [change["user_profiles"][0]["audiences"][0]["action"] for change in changes] == ["add", "delete"]


def test_sessions_count_within_the_time_only() -> None:
    now = [1_000.0]
    users = Users(Audience(more_than=1, within_s=10), lambda: now[0])
    moves = []
    for at in (1_000.0, 1_011.0, 1_012.0, 1_013.0):
        now[0] = at
        moves.append(users.moved(users.take(Batch("production", {"email": "a"}, {}, ("session_start",)))))
    now[0] = 1_022.5
    moves.append(users.moved(next(users.members())))
    assert moves == [None, None, "add", None, "delete"]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_temporary_fault_is_tried_again(begin: Start, partner: Partner, status: int) -> None:
    partner.answers[SUBSCRIPTION] = [(status, {}), (status, {})]
    standin = begin()
    standin.admin.connect()
    eventually(lambda: states(standin) == ["delivered", "delivered"])
    assert standin.admin.sent()[1]["tries"] == 3


def test_when_the_tries_are_exhausted_the_connection_is_faulted(begin: Start, partner: Partner) -> None:
    partner.answers[SUBSCRIPTION] = [(503, {})] * 3
    standin = begin()
    standin.admin.connect()
    post(standin)
    eventually(lambda: states(standin) == ["delivered", "lost", "suspended"])
    assert "exhausted" in standin.admin.state()["stopped"]


def test_what_is_refused_otherwise_is_lost(begin: Start, partner: Partner) -> None:
    partner.answers[MEMBERSHIP] = [(400, {})]
    standin = begin()
    standin.admin.connect()
    post(standin)
    eventually(lambda: states(standin) == ["delivered", "delivered", "lost"])
    assert standin.admin.sent()[2]["tries"] == 1


def test_a_partner_can_stop_the_connection(begin: Start, partner: Partner) -> None:
    partner.answers[MEMBERSHIP] = [(200, {"suspend_subscription": True})]
    standin = begin()
    standin.admin.connect()
    post(standin)
    eventually(lambda: standin.admin.state()["stopped"] == "suspended by the partner")


def test_the_live_stream_holds_no_key(begin: Start, partner: Partner) -> None:
    standin = begin()
    standin.admin.connect()
    eventually(lambda: len(partner.came) == 2)
    assert all("account" not in one["message"] for one in standin.admin.sent())


@pytest.mark.parametrize(
    ("body", "auth", "status", "said"),
    [
        (SEED, None, 401, "Missing authorization header"),
        (SEED, ("feed-key", "wrong"), 403, "Wrong credentials"),
        ([], FEED, 400, "the body must be an object"),
        (SEED | {"user_identities": {}}, FEED, 400, "at least one identity"),
        (SEED | {"user_identities": {"shoe_size": "9"}}, FEED, 400, "user_identities.shoe_size"),
        (SEED | {"events": [{"event_type": "nap", "data": {}}]}, FEED, 400, "events[0].event_type"),
        (SEED | {"events": [{"event_type": "session_start"}]}, FEED, 400, "events[0].data"),
        (SEED | {"environment": "moon"}, FEED, 400, "environment"),
    ],
)
def test_what_is_not_as_it_must_be_is_refused(
    begin: Start, body: Any, auth: tuple[str, str] | None, status: int, said: str
) -> None:
    answer = post(begin(), body, auth)
    assert answer.status_code == status
    assert said in answer.json()["errors"][0]["message"]
