"""Who gets in: keys, paths, the rate limit, parallel requests, Idempotency-Key."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from talon_one_requests import event, one, session, upsert

from sandbox.talon_one import ApiKey, Hang, Latency, RateLimit, StandIn
from sandbox.talon_one.idempotency import KEPT_NS, StoredAnswers
from sandbox.window import SECOND_NS, BusiestSecond, SlidingWindow
from sandbox.wire import Reply
from tests.support.waiting import eventually

Assume = Callable[..., None]


def limit(standin: StandIn, **values: Any) -> None:
    standin.admin.configure({"rate": RateLimit(**values).model_dump()})


@pytest.mark.parametrize(
    "authorization", [None, "good-key", "Bearer good-key", "ApiKey-v1 bad", "ManagementKey-v1 good-key"]
)
def test_a_request_without_a_good_key_is_a_401(standin: StandIn, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = httpx.get(f"{standin.url}/v2/authping", headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {"message": "Invalid API key", "StatusCode": 401}


def test_a_key_can_be_revoked_and_given_back_at_run_time(api: httpx.Client, standin: StandIn) -> None:
    keys = standin.admin.config()["keys"]
    standin.admin.configure({"keys": [ApiKey(key="other").model_dump()]})
    revoked = api.get("/v2/authping").status_code
    standin.admin.configure({"keys": keys})
    assert (revoked, api.get("/v2/authping").status_code) == (401, 204)


def test_each_key_belongs_to_its_application(api: httpx.Client, standin: StandIn) -> None:
    event(api, {})
    api.headers["Authorization"] = "ApiKey-v1 other-key"
    event(api, {})
    assert [e["applicationId"] for e in standin.admin.events()] == [1, 2]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/v1/authping"), ("POST", "/v2/customer_profiles"), ("PUT", "/v2/customer_profiles/")],
)
def test_a16_an_unknown_path_is_a_404_with_a_message(api: httpx.Client, method: str, path: str) -> None:
    answer = api.request(method, path)
    assert (answer.status_code, answer.json()["message"]) == (404, "Not found")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{}", "text/plain"),
        (b"{", "application/json"),
        (b'{"a":"\xff"}', "application/json"),
        (b"", "application/json"),
    ],
)
def test_a_body_must_be_json_and_say_so(api: httpx.Client, content: bytes, content_type: str) -> None:
    answer = api.put("/v2/customer_profiles/p1", content=content, headers={"Content-Type": content_type})
    assert answer.status_code == 400


def test_fields_nobody_knows_pass_if_the_setting_says_so(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.configure({"refuse_unknown_fields": False})
    assert one(api, "p1", {"runRuleEngine": True}, query="?silent=yes").status_code == 200


@given(st.lists(st.integers(0, 3 * SECOND_NS), max_size=200), st.integers(1, 8), st.booleans())
def test_no_second_ever_has_more_admitted_than_the_limit(moments: list[int], most: int, count_rejected: bool) -> None:
    window, busiest = SlidingWindow(most, count_rejected=count_rejected), BusiestSecond()
    for moment in sorted(moments):
        if window.admit(moment).admitted:
            busiest.add(moment)
    assert busiest.largest <= most


@given(st.lists(st.integers(0, 3 * SECOND_NS), max_size=60))
def test_the_busiest_second_is_the_largest_of_all_seconds(moments: list[int]) -> None:
    busiest = BusiestSecond()
    for moment in sorted(moments):
        busiest.add(moment)
    counts = (sum(start <= other < start + SECOND_NS for other in moments) for start in moments)
    assert busiest.largest == max(counts, default=0)


def test_a_window_says_when_a_place_is_free() -> None:
    window = SlidingWindow(1)
    window.admit(0)
    refused = window.admit(300)
    assert (refused.admitted, refused.free_in_ns) == (False, SECOND_NS - 300)
    assert window.admit(SECOND_NS).admitted


def test_refused_requests_can_keep_a_window_full() -> None:
    window = SlidingWindow(1, count_rejected=True)
    verdicts = [window.admit(moment).admitted for moment in (0, SECOND_NS - 1, SECOND_NS + 1, 2 * SECOND_NS + 1)]
    assert verdicts == [True, False, False, True]


def test_a_hammering_client_never_gets_more_than_the_limit_in_any_second(standin: StandIn) -> None:
    # given
    limit(standin, per_second=30)

    # when
    async def hammer() -> Counter[int]:
        statuses: Counter[int] = Counter()
        headers = {"Authorization": "ApiKey-v1 good-key"}
        async with httpx.AsyncClient(base_url=standin.url, headers=headers, timeout=60, trust_env=False) as client:
            while statuses[204] < 75:
                answers = await asyncio.gather(*(client.get("/v2/authping") for _ in range(20)))
                statuses.update(answer.status_code for answer in answers)
        return statuses

    statuses = asyncio.run(hammer())
    # then
    arrivals = standin.admin.arrivals()
    admitted = [at for at, passed in zip(arrivals["ns"], arrivals["admitted"], strict=True) if passed]
    worst = max(sum(at <= other < at + SECOND_NS for other in admitted) for at in admitted)
    assert set(statuses) == {204, 429}
    assert worst == 30
    assert standin.admin.stats()["max_admitted_in_any_second"]["deployment"] == 30
    assert standin.admin.stats()["max_in_any_second"] > 30


@pytest.mark.parametrize(("choice", "second_key"), [("deployment", 429), ("key", 204)])
def test_a4_says_what_the_rate_is_counted_by(
    api: httpx.Client, standin: StandIn, assume: Assume, choice: str, second_key: int
) -> None:
    assume(a4_rate_bucket=choice)
    limit(standin, per_second=1)
    api.get("/v2/authping")
    answer = api.get("/v2/authping", headers={"Authorization": "ApiKey-v1 other-key"})
    assert answer.status_code == second_key


@pytest.mark.parametrize(
    ("body", "expected"), [("message", "Rate limit of 1 requests per second exceeded"), ("empty", None)]
)
@pytest.mark.parametrize("header", ["none", "seconds", "http_date"])
def test_a3_says_how_a_429_looks(
    api: httpx.Client, standin: StandIn, assume: Assume, header: str, body: str, expected: str | None
) -> None:
    assume(a3_retry_after=header, a3_body=body)
    limit(standin, per_second=1)
    api.get("/v2/authping")
    answer = api.get("/v2/authping")
    assert answer.status_code == 429
    assert (answer.json()["message"] if answer.content else None) == expected
    retry_after = answer.headers.get("retry-after")
    if header == "http_date":
        assert parsedate_to_datetime(retry_after)
    else:
        assert retry_after == {"none": None, "seconds": "1"}[header]


def test_admin_requests_are_not_traffic(standin: StandIn) -> None:
    assert standin.admin.stats()["requests"] == 0
    assert standin.admin.arrivals() == {"ns": [], "admitted": []}


async def at_once(standin: StandIn, number: int, send: Callable[[httpx.AsyncClient, int], Any]) -> list[httpx.Response]:
    headers = {"Authorization": "ApiKey-v1 good-key"}
    async with httpx.AsyncClient(base_url=standin.url, headers=headers, timeout=60, trust_env=False) as client:
        return list(await asyncio.gather(*(send(client, place) for place in range(number))))


PARALLEL = {
    "profile": lambda c, _: c.put("/v2/customer_profiles/p1", json={}),
    "session": lambda c, _: c.put("/v2/customer_sessions/s1", json={"customerSession": {}}),
    "v2 event": lambda c, _: c.post("/v2/events", json={"profileId": "p1", "type": "purchase"}),
    "v3 event": lambda c, i: c.post(
        "/v3/events", json={"profileId": "p1", "type": "purchase", "integrationId": f"e{i}"}
    ),
}


@pytest.mark.parametrize("what", PARALLEL)
def test_the_fourth_parallel_request_for_an_id_is_a_409(standin: StandIn, what: str) -> None:
    # given a first request that keeps its turn
    standin.admin.set_faults(Hang(times=1))
    with ThreadPoolExecutor(1) as pool:
        # when five come at once
        answers = pool.submit(lambda: asyncio.run(at_once(standin, 5, PARALLEL[what])))
        eventually(lambda: standin.admin.stats()["requests"] == 2, describe="two requests to be refused")
        assert standin.admin.stats()["in_hand"] == 3
        standin.admin.release()
    # then
    refused = [answer.json() for answer in answers.result() if answer.status_code == 409]
    named = "session" if what == "session" else "profile"
    message = f"Too many requests are updating this {named} at the same time"
    assert refused == [{"message": message, "StatusCode": 409}] * 2


def test_bulk_calls_are_not_under_the_parallel_rule_but_their_overlap_is_seen(standin: StandIn) -> None:
    standin.admin.set_faults(Hang())
    body = {"customerProfiles": [{"integrationId": "p1"}, {"integrationId": "p2"}]}
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(
            lambda: asyncio.run(at_once(standin, 5, lambda c, _: c.put("/v2/customer_profiles", json=body)))
        )
        eventually(lambda: standin.admin.stats()["hung"] == 5, describe="all five to be in hand")
        standin.admin.release()
    assert {answer.status_code for answer in answers.result()} == {204}
    assert standin.admin.overlap() == {"p1": 5, "p2": 5}


def test_requests_one_after_the_other_do_not_overlap(api: httpx.Client, standin: StandIn) -> None:
    for _ in range(3):
        upsert(api, ("p1", {}))
        one(api, "p1", {})
    assert (standin.admin.overlap(), standin.admin.stats()["max_overlap"]) == ({}, 1)


def send_keyed(api: httpx.Client, call: str, points: int) -> httpx.Response:
    api.headers["Idempotency-Key"] = "k1"
    attributes = {"Points": points}
    match call:
        case "bulk":
            return upsert(api, ("p1", attributes))
        case "one":
            return one(api, "p1", {"attributes": attributes})
        case "event":
            return event(api, {"attributes": {"Amount": points}})
        case _:
            return session(api, "s1", {"attributes": {"Shop": str(points)}})


@pytest.mark.parametrize(
    ("choice", "status", "applied"),
    [("stored_answer", 200, 1), ("400_if_differs", 400, 1), ("409_if_differs", 409, 1), ("ignored", 200, 2)],
)
@pytest.mark.parametrize("call", ["bulk", "one", "event", "session"])
def test_a12_says_what_a_repeated_key_with_another_body_does(
    api: httpx.Client, standin: StandIn, assume: Assume, call: str, choice: str, status: int, applied: int
) -> None:
    assume(a12_repeated_key=choice)
    first = send_keyed(api, call, 1)
    again = send_keyed(api, call, 2)
    assert again.status_code == (first.status_code if status == 200 else status)
    assert sum(standin.admin.stats()["applied"].values()) == applied


@pytest.mark.parametrize("choice", ["stored_answer", "400_if_differs", "409_if_differs"])
def test_a_repeat_with_the_same_body_gets_the_stored_answer(
    api: httpx.Client, standin: StandIn, assume: Assume, choice: str
) -> None:
    assume(a12_repeated_key=choice)
    assert [send_keyed(api, "event", 1).status_code for _ in range(2)] == [204, 204]
    assert len(standin.admin.events()) == 1


def test_a_refused_request_may_be_tried_again_under_its_key(api: httpx.Client) -> None:
    key = {"Idempotency-Key": "k1"}
    assert upsert(api, ("p1", {"Shoe": 1}), **key).status_code == 400
    assert upsert(api, ("p1", {}), **key).status_code == 204


@pytest.mark.parametrize(("length", "status"), [(255, 204), (256, 400)])
def test_an_idempotency_key_has_255_characters_at_most(api: httpx.Client, length: int, status: int) -> None:
    assert upsert(api, ("p1", {}), **{"Idempotency-Key": "k" * length}).status_code == status


def test_v3_events_do_not_look_at_the_idempotency_key(api: httpx.Client, standin: StandIn) -> None:
    api.headers["Idempotency-Key"] = "k1"
    for number in ("e1", "e2"):
        event(api, {"integrationId": number}, version="v3")
    assert len(standin.admin.events()) == 2


def test_a_repeat_while_the_first_one_runs_waits_for_its_answer(standin: StandIn) -> None:
    standin.admin.set_faults(Latency(delay_s=0.1))
    body = {"customerProfiles": [{"integrationId": "p1"}]}
    answers = asyncio.run(
        at_once(standin, 2, lambda c, _: c.put("/v2/customer_profiles", json=body, headers={"Idempotency-Key": "k"}))
    )
    assert [answer.status_code for answer in answers] == [204, 204]
    assert standin.admin.stats()["applied"] == {"profile": 1}


@pytest.mark.parametrize(("passed_ns", "stored"), [(KEPT_NS - 1, True), (KEPT_NS, False)])
def test_a_stored_answer_is_kept_for_24_hours(passed_ns: int, stored: bool) -> None:
    clock = [0]

    async def ask() -> Reply | None:
        answers = StoredAnswers(lambda: clock[0])
        await answers.begin(("key", "k1"), b"body", "stored_answer")
        answers.finish(("key", "k1"), b"body", Reply(204))
        clock[0] = passed_ns
        return await answers.begin(("key", "k1"), b"body", "stored_answer")

    assert (asyncio.run(ask()) is not None) == stored
