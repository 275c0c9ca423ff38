"""What the stand-in tells about itself."""

import os
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from talon_one_requests import event, members, one, session, upsert

from sandbox.talon_one import Audience, Config, Hang, StandIn, start
from sandbox.talon_one.digest import events_digest, memberships_digest, profiles_digest, sessions_digest
from tests.support.waiting import eventually


def test_updates_of_a_profile_are_told_in_the_order_they_were_applied(api: httpx.Client, standin: StandIn) -> None:
    upsert(api, ("p1", {"Points": 1}), ("p2", {"Points": 2}))
    members(api, ("add", "p1", 7))
    event(api, {"attributes": {"Amount": 3}})
    one(api, "p1", {"attributes": {"Points": 4}}, query="?runRuleEngine=true")
    session(api, "s1", {"profileId": "p1"})
    told = standin.admin.order("p1")
    assert [entry.kind for entry in told] == ["profile", "membership", "event", "rules", "session"]
    assert [entry.seq for entry in told] == [1, 3, 4, 5, 6]
    assert [told[0].content, told[3].content] == [{"Points": 1}, {"Points": 4}]


def test_what_is_held_has_a_digest_that_does_not_depend_on_order(api: httpx.Client, standin: StandIn) -> None:
    upsert(api, ("b", {"Points": 2, "Name": "B"}), ("a", {}))
    members(api, ("add", "b", 9), ("add", "a", 7))
    event(api, {"profileId": "b", "attributes": {"Amount": 2}})
    event(api, {"profileId": "a"})
    session(api, "s1", {"profileId": "a", "state": "closed"})
    assert standin.admin.digest() == {
        "profiles": {"count": 2, "digest": profiles_digest({"a": {}, "b": {"Name": "B", "Points": 2}})},
        "memberships": {"count": 2, "digest": memberships_digest([(9, "b"), (7, "a")])},
        "events": {
            "count": 2,
            "digest": events_digest(
                [
                    {"profileId": "a", "type": "purchase"},
                    {"profileId": "b", "type": "purchase", "attributes": {"Amount": 2}},
                ]
            ),
        },
        "sessions": {"count": 1, "digest": sessions_digest({"s1": {"profileId": "a", "state": "closed"}})},
    }


@pytest.mark.parametrize("changed", [{"a": {"Points": 1.5}}, {"a": {"Points": 2}}, {"b": {"Points": 1}}, {}])
def test_another_content_has_another_digest(changed: dict[str, dict[str, float]]) -> None:
    assert profiles_digest(changed) != profiles_digest({"a": {"Points": 1}})


def test_requests_are_counted_by_call_and_outcome(api: httpx.Client, standin: StandIn) -> None:
    upsert(api, ("p1", {}), ("p2", {}))
    upsert(api, ("p1", {"Shoe": 1}))
    one(api, "p1", {})
    api.get("/nowhere")
    stats = standin.admin.stats()
    assert stats["counts"] == {
        "PUT /v2/customer_profiles": {"204": 1, "400": 1},
        "PUT /v2/customer_profiles/{id}": {"200": 1},
        "no such call": {"404": 1},
    }
    assert (stats["items"]["204"], stats["requests"], stats["max_in_any_second"]) == (2, 4, 4)


def test_the_request_log_is_bounded_and_names_no_profile(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.configure({"requests_kept": 2})
    standin.admin.reset()
    for _ in range(3):
        one(api, "p1", {}, **{"Idempotency-Key": "k"})
    logged = standin.admin.requests()
    assert [(entry["call"], entry["outcome"], entry["key"], entry["idempotency_key"]) for entry in logged] == [
        ("PUT /v2/customer_profiles/{id}", "200", "default", "k")
    ] * 2


def test_the_journal_keeps_the_newest_updates(api: httpx.Client, standin: StandIn) -> None:
    standin.admin.configure({"journal_entries": 2})
    standin.admin.reset()
    for number in range(4):
        upsert(api, ("p1", {"Points": number}))
    assert [entry.seq for entry in standin.admin.order()] == [3, 4]


def test_arrivals_can_be_asked_for_since_a_moment(api: httpx.Client, standin: StandIn) -> None:
    for _ in range(3):
        api.get("/v2/authping")
    all_of_them = standin.admin.arrivals()["ns"]
    assert all_of_them == sorted(all_of_them)
    assert standin.admin.arrivals(all_of_them[0])["ns"] == all_of_them[1:]


def test_a_reset_forgets_all_but_the_configuration(api: httpx.Client, standin: StandIn) -> None:
    upsert(api, ("p1", {}), **{"Idempotency-Key": "k"})
    api.delete("/v2/audiences/7")
    standin.admin.reset()
    stats = standin.admin.stats()
    assert (stats["profiles"], stats["requests"], stats["stored_answers"], stats["audiences"]) == (0, 0, 0, 2)


def test_an_audience_can_be_added_at_run_time(api: httpx.Client, standin: StandIn) -> None:
    held = standin.admin.config()["audiences"]
    standin.admin.configure({"audiences": [*held, Audience(id=8, name="Eight").model_dump()]})
    assert members(api, ("add", "p1", 8)).status_code == 204


def test_a_stand_in_stops_although_a_request_hangs() -> None:
    with ThreadPoolExecutor(1) as pool:
        with start(Config()) as standin:
            pid = standin.pid
            standin.admin.set_faults(Hang())
            headers = {"Authorization": "ApiKey-v1 sandbox-key"}
            waiting = pool.submit(httpx.get, f"{standin.url}/v2/authping", headers=headers, timeout=60)
            eventually(lambda: standin.admin.stats()["hung"] == 1, describe="the request to hang")
        assert waiting.result().status_code == 204
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
