import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pytest
from talon_one_requests import event, members, one, pointers, session, upsert

from sandbox.faults import FaultPlan
from sandbox.misbehaviour import drip
from sandbox.talon_one import AdminError, Drip, Hang, Latency, Malformed, Reset, StandIn, Status
from tests.support.waiting import eventually

Assume = Callable[..., None]


def test_a_status_is_answered_and_nothing_applied(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.set_faults(Status(status=503))
    answer = upsert(api, ("p1", {}))
    assert (answer.status_code, answer.json()["StatusCode"]) == (503, 503)
    assert standin.admin.profiles() == {}


def test_a_status_can_be_answered_although_the_request_was_applied(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.set_faults(Status(status=500, apply=True))
    assert upsert(api, ("p1", {})).status_code == 500
    assert list(standin.admin.profiles()) == ["p1"]


def test_a_status_can_have_a_body_and_a_retry_after_of_its_own(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.set_faults(Status(status=502, body="<html>bad gateway</html>", retry_after="7"))
    answer = api.get("/v2/authping")
    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (502, "<html>bad gateway</html>", "7")
    assert answer.headers["content-type"] == "text/html"


def test_a_share_of_requests_is_hit() -> None:
    # given a plan that draws 0.0, 0.1, ... 0.9
    draws = iter(number / 10 for number in range(10))
    plan = FaultPlan(lambda: 0, lambda: next(draws))
    plan.set([Status(share=0.3)])
    # when
    hits = [plan.strike("PUT", "/").outright is not None for _ in range(10)]
    # then
    assert hits == [True] * 3 + [False] * 7


def test_a_storm_ends_after_so_many_requests(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.set_faults(Status(status=429, times=3))
    assert [api.get("/v2/authping").status_code for _ in range(5)] == [429, 429, 429, 204, 204]


def test_a_storm_ends_after_its_time() -> None:
    now_ns = [0]
    plan = FaultPlan(lambda: now_ns[0], lambda: 0.0)
    plan.set([Status(status=429, for_s=2)])
    hits = []
    for now_ns[0] in (0, 1_999_999_999, 2_000_000_000):
        hits.append(plan.strike("PUT", "/").outright is not None)
    assert hits == [True, True, False]


def test_a_storm_looks_like_the_assumed_429(api: httpx.Client, standin: StandIn, assume: Assume) -> None:
    assume(a3_retry_after="seconds", a3_body="empty")
    standin.admin.set_faults(Status(status=429))
    answer = api.get("/v2/authping")
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (429, b"", "1")


def test_delays_add_up_and_jitter_is_drawn() -> None:
    plan = FaultPlan(lambda: 0, lambda: 0.5)
    plan.set([Latency(delay_s=1, jitter_s=2), Latency(delay_s=3), Status(share=0.4)])
    hit = plan.strike("PUT", "/")
    assert (hit.delay_s, hit.outright) == (5, None)


@pytest.mark.parametrize(("rule", "hit"), [({"path": "/v2/events"}, "event"), ({"method": "PUT"}, "upsert")])
def test_a_fault_hits_only_its_path_and_method(
    api: httpx.Client, standin: StandIn, rule: dict[str, str], hit: str
) -> None:
    standin.admin.set_faults(Status(**rule))
    statuses = {"event": event(api, {}).status_code, "upsert": upsert(api, ("p1", {})).status_code}
    assert [name for name, status in statuses.items() if status == 503] == [hit]


@pytest.mark.parametrize(("apply", "held"), [(False, []), (True, ["p1"])])
def test_a_connection_is_reset_before_or_after_applying(
    api: httpx.Client, standin: StandIn, apply: bool, held: list[str]
) -> None:
    standin.admin.set_faults(Reset(apply=apply, times=1))
    with pytest.raises(httpx.ReadError, match="reset"):
        upsert(api, ("p1", {}))
    assert list(standin.admin.profiles()) == held
    assert api.get("/v2/authping").status_code == 204


def sent(standin: StandIn, start_line: bytes, body: bytes = b"") -> socket.socket:
    """A connection on which a request was sent."""
    where = urlsplit(standin.url)
    connection = socket.create_connection((where.hostname, where.port), timeout=60)
    head = b"host: x\r\nauthorization: ApiKey-v1 good-key\r\ncontent-type: application/json\r\n"
    connection.sendall(start_line + head + b"content-length: %d\r\n\r\n%b" % (len(body), body))
    return connection


def leave_during_upsert(standin: StandIn, *states: str) -> None:
    """Send a bulk upsert of p1, leave when the stand-in counts it under a state, wait until it is done with it."""
    body = b'{"customerProfiles": [{"integrationId": "p1"}]}'
    with sent(standin, b"PUT /v2/customer_profiles HTTP/1.1\r\n", body):
        eventually(lambda: 1 in map(standin.admin.stats().get, states), describe="the request to be there")
    eventually(lambda: standin.admin.stats()["in_hand"] == 0, describe="the request to end")


@pytest.mark.parametrize(
    ("choice", "apply", "held"),
    [
        ("applied", None, ["p1"]),
        ("not_applied", None, []),
        ("applied", False, []),
        ("not_applied", True, ["p1"]),
    ],
)
def test_a15_says_whether_a_hung_request_is_applied_unless_the_fault_does(
    standin: StandIn, assume: Assume, choice: str, apply: bool | None, held: list[str]
) -> None:
    assume(a15_timed_out=choice)
    standin.admin.set_faults(Hang(apply=apply))
    leave_during_upsert(standin, "hung")
    assert list(standin.admin.profiles()) == held


@pytest.mark.parametrize(("choice", "delay_s", "held"), [("applied", 1, ["p1"]), ("not_applied", 600, [])])
def test_a15_says_whether_a_slow_request_is_applied_after_its_client_left(
    standin: StandIn, assume: Assume, choice: str, delay_s: float, held: list[str]
) -> None:
    assume(a15_timed_out=choice)
    standin.admin.set_faults(Latency(delay_s=delay_s))
    leave_during_upsert(standin, "in_hand", "requests")  # a test that stands still finds the short one answered
    assert list(standin.admin.profiles()) == held


@pytest.mark.parametrize(("apply", "status"), [(True, 204), (False, 503)])
def test_a_hung_request_is_answered_when_it_is_released(
    api: httpx.Client, standin: StandIn, apply: bool, status: int
) -> None:
    standin.admin.set_faults(Hang(apply=apply))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(upsert, api, ("p1", {}))
        eventually(lambda: standin.admin.stats()["hung"] == 1, describe="the request to hang")
        assert standin.admin.release() == 1
        assert waiting.result().status_code == status


def test_a_hung_request_can_be_answered_after_a_time(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.set_faults(Hang(hang_s=0.1))
    assert upsert(api, ("p1", {})).status_code == 204


def test_a_hung_request_keeps_its_turn(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.set_faults(Hang(times=1))
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(one, api, "p1", {})]
        eventually(lambda: standin.admin.stats()["hung"] == 1, describe="the request to hang")
        waiting += [pool.submit(one, api, "p1", {}) for _ in range(3)]
        eventually(lambda: standin.admin.stats()["in_hand"] == 3, describe="two more to wait")
        eventually(lambda: any(answer.done() for answer in waiting), describe="the fourth to be refused")
        standin.admin.release()
        assert sorted(answer.result().status_code for answer in waiting) == [200, 200, 200, 409]


class Recorder:
    """A transport that keeps what is written to it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def is_closing(self) -> bool:
        return len(self.written) == 5

    def write(self, data: bytes) -> None:
        self.written.append(data)


def test_an_answer_drips_one_byte_at_a_time_until_the_client_leaves() -> None:
    transport = Recorder()
    asyncio.run(drip(cast(asyncio.Transport, transport), b"HTTP/1.1 204", 0))
    assert transport.written == [b"H", b"T", b"T", b"P", b"/"]


def test_a_dripping_answer_arrives_whole_in_the_end(standin: StandIn) -> None:
    standin.admin.set_faults(Drip(interval_s=0.001))
    with sent(standin, b"GET /v2/authping HTTP/1.1\r\n") as connection:
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer == b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"


@pytest.mark.parametrize("form", ["not_http", "bad_status", "cut_short"])
def test_an_answer_can_be_no_http(api: httpx.Client, standin: StandIn, form: Any) -> None:
    standin.admin.set_faults(Malformed(form=form))
    with pytest.raises(httpx.RemoteProtocolError):
        upsert(api, ("p1", {}))
    assert list(standin.admin.profiles()) == ["p1"]


def test_an_answer_can_be_no_json(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.set_faults(Malformed(form="not_json"))
    answer = upsert(api, ("p1", {}))
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Unterminated"):
        answer.json()


def test_a_script_is_taken_step_by_step(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.write_scripts({"p7": [200, 429, 503, 400]})
    statuses = [upsert(api, ("p7", {"Points": number})).status_code for number in range(5)]
    assert statuses == [204, 429, 503, 400, 204]
    assert [entry.content["Points"] for entry in standin.admin.order("p7")] == [0, 4]


@pytest.mark.parametrize(
    "send",
    [
        lambda api: upsert(api, ("p1", {}), ("p7", {})),
        lambda api: one(api, "p7", {}),
        lambda api: members(api, ("add", "p7", 7)),
        lambda api: event(api, {"profileId": "p7"}),
        lambda api: event(api, {"profileId": "p7", "integrationId": "e"}, version="v3"),
        lambda api: session(api, "s1", {"profileId": "p7"}),
    ],
)
def test_a_script_hits_every_call_that_contains_its_profile(
    api: httpx.Client, standin: StandIn, send: Callable[[httpx.Client], httpx.Response]
) -> None:
    standin.admin.write_scripts({"p7": [503, 400]})
    assert [send(api).status_code for _ in range(2)] == [503, 400]
    assert send(api).status_code in (200, 204)


def test_a_script_does_not_hit_other_profiles(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.write_scripts({"p7": [503]})
    assert upsert(api, ("p1", {})).status_code == 204
    assert standin.admin.scripts_left() == {"p7": [503]}


def test_a_scripted_400_points_at_the_items_it_is_for(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.write_scripts({"p2": [400], "p3": [200]})
    answer = upsert(api, ("p1", {}), ("p2", {}), ("p3", {}))
    assert (answer.status_code, pointers(answer)) == (400, ["/customerProfiles/1/integrationId"])
    assert standin.admin.scripts_left() == {}


def test_of_several_steps_the_worst_one_counts(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.write_scripts({"p1": [429, 503], "p2": [503, "reset"], "p3": [400, 400]})
    assert upsert(api, ("p1", {}), ("p2", {}), ("p3", {})).status_code == 503
    with pytest.raises(httpx.ReadError):
        upsert(api, ("p1", {}), ("p2", {}), ("p3", {}))
    assert standin.admin.profiles() == {}


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("reset", Reset()),
        ("reset_applied", Reset(apply=True)),
        ("hang", Hang()),
        ("hang_applied", Hang(apply=True)),
        ("hang_unapplied", Hang(apply=False)),
        ("malformed", Malformed()),
        ("drip", Drip()),
        (429, Status(status=429)),
        (200, None),
    ],
)
def test_a_step_is_short_for_a_fault(step: Any, fault: Any) -> None:
    plan = FaultPlan(lambda: 0)
    plan.write_scripts({"p1": [step]})
    assert plan.take_steps(["p2", "p1"]).outright == fault


def test_clearing_ends_rules_and_scripts(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.set_faults(Status())
    standin.admin.write_scripts({"p1": [503]})
    standin.admin.clear_faults()
    assert upsert(api, ("p1", {})).status_code == 204


def test_rules_in_force_tell_how_often_they_hit(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.set_faults(Status(status=503, path="/v2/events"))
    event(api, {})
    upsert(api, ("p1", {}))
    assert [(rule["fault"], rule["hits"]) for rule in standin.admin.faults()] == [("status", 1)]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [("faults", [{"fault": "fire"}], "fire"), ("scripts", {"p1": ["explode"]}, "p1"), ("faults", {}, "array")],
)
def test_a_fault_nobody_knows_is_refused_with_its_place(standin: StandIn, path: str, body: Any, said: str) -> None:
    answer = httpx.put(f"{standin.url}/_admin/{path}", json=body)
    assert answer.status_code == 400
    assert said in answer.json()["message"]


def test_a_setting_that_is_wrong_is_refused(standin: StandIn) -> None:
    with pytest.raises(AdminError, match=r"rate\.per_second"):
        standin.admin.configure({"rate": {"per_second": -1}})
