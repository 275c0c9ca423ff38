import json
from typing import Any

import pytest
from sailthru_requests import Api, error

from sandbox.sailthru import Config, StandIn
from sandbox.sailthru.account import Account
from sandbox.sailthru.calls.base import Request
from sandbox.sailthru.calls.lists import read_post

ANA, BEA = "ana@example.com", "bea@example.com"


def lines(*rows: Any) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


def test_a_list_is_made_once_and_read_under_another_word_for_its_kind(api: Api, standin: StandIn) -> None:
    made = [api.post("list", list="vips").json() for _ in range(2)]
    assert made[0] == made[1] == {"list": "vips", "type": "natural", "list_id": made[0]["list_id"]}
    assert api.get("list", list="vips").json()["type"] == "normal"
    assert [one["name"] for one in standin.admin.lists()] == ["news", "vips"]


def test_two_who_make_the_same_list_at_the_same_time_make_two() -> None:
    # given two requests that both came before either was done
    account = Account(Config())
    request = Request({"list": "vips"}, None, account.config, account.world, account.jobs)
    calls = [read_post(request), read_post(request)]
    assert [call.pause_s for call in calls] == [account.config.list_race_s] * 2
    # when
    for call in calls:
        call.run(frozenset())
    # then
    assert [one.name for one in account.world.lists.values()] == ["vips", "vips"]
    assert read_post(request).pause_s == 0


def test_an_unknown_list_is_error_15(api: Api) -> None:
    assert error(api.get("list", list="other")) == (404, 15)
    assert error(api.get("list", list_id=99)) == (404, 15)
    assert error(api.delete("list", list="other")) == (404, 15)


def test_a_removed_list_has_no_members_any_more(api: Api, standin: StandIn) -> None:
    api.post("user", id=ANA, lists={"news": 1})
    assert api.delete("list", list="news").is_success
    assert (standin.admin.lists(), standin.admin.profiles()[ANA]["lists"]) == ([], [])
    assert api.get("user", id=ANA).json()["lists"] is None


def test_all_lists_are_listed(api: Api) -> None:
    assert [one["name"] for one in api.get("list").json()["lists"]] == ["news"]


def test_a_dollar_is_not_usable_in_a_lists_name(api: Api) -> None:
    assert error(api.post("list", list="a$b")) == (400, 99)


def test_nobody_joins_a_smart_list(api: Api) -> None:
    assert error(api.post("list", list="clever", type="smart")) == (400, 2)
    api.post("list", list="clever", type="smart", query={})
    assert error(api.post("user", id=ANA, lists={"clever": 1})) == (400, 99)


def test_events_are_kept_in_order(api: Api, standin: StandIn) -> None:
    for number in (1, 2):
        assert api.post("event", id=ANA, event="visit", vars={"n": number}).json() == {"ok": True}
    assert [(one["id"], one["event"], one["vars"]) for one in standin.admin.events()] == [
        (ANA, "visit", {"n": 1}),
        (ANA, "visit", {"n": 2}),
    ]
    assert standin.admin.repeats() == []


@pytest.mark.parametrize("name", ["send", "cancel", "open", "click", "purchase", "daily"])
def test_a_reserved_event_is_refused(api: Api, name: str) -> None:
    assert error(api.post("event", id=ANA, event=name)) == (400, 99)


def test_a_time_must_be_a_text(api: Api) -> None:
    assert error(api.post("event", id=ANA, event="visit", schedule_time=7)) == (400, 18)


def test_an_update_job_is_pending_and_then_completed(api: Api, standin: StandIn) -> None:
    # given a job that takes long
    standin.admin.configure({"job_delay_s": 3_600})
    file = lines({"email": ANA, "vars": {"n": 1}, "lists": {"news": 1}}, {"id": BEA, "vars": {"n": 2}})
    job = api.upload(file, job="update").json()
    assert (job["status"], api.get("job", job_id=job["job_id"]).json()["status"]) == ("pending", "pending")
    assert standin.admin.profiles() == {}
    # when its time has come
    standin.admin.configure({"job_delay_s": 0})
    # then
    done = api.get("job", job_id=job["job_id"]).json()
    assert (done["status"], "end_time" in done, "errors" in done) == ("completed", True, False)
    assert {email: one["vars"] for email, one in standin.admin.profiles().items()} == {ANA: {"n": 1}, BEA: {"n": 2}}
    assert standin.admin.members("news") == {ANA}


def test_bad_lines_are_told_in_the_report_only_and_the_others_are_applied(api: Api, standin: StandIn) -> None:
    rows = ("no json", {"vars": {}}, {"email": "nobody"}, {"email": ANA, "vars": {"1": 1}}, {"email": BEA})
    assert api.upload(lines(*rows), job="update").is_success
    [job] = standin.admin.jobs()
    assert [(one["line"], one["error"]) for one in job["errors"]] == [(1, 99), (2, 2), (3, 11), (4, 99)]
    assert (job["lines"], list(standin.admin.profiles())) == (5, [BEA])


def test_a_job_can_end_with_an_error(api: Api, standin: StandIn) -> None:
    standin.admin.configure({"job_ends": "error"})
    job = api.upload(lines({"email": ANA}), job="update").json()
    assert api.get("job", job_id=job["job_id"]).json()["status"] == "error"
    assert standin.admin.profiles() == {}


@pytest.mark.parametrize("arguments", [{}, {"emails": ANA, "query": {}}, {"url": "http://x/"}, {"file": "here"}])
def test_an_update_job_has_exactly_one_source(api: Api, arguments: dict[str, Any]) -> None:
    assert error(api.post("job", job="update", **arguments)) == (400, 99)


def test_one_change_can_be_made_to_all(api: Api, standin: StandIn) -> None:
    api.post("job", job="update", emails=f"{ANA}, {BEA}", update={"optout": "all"})
    assert {one["optout_email"] for one in standin.admin.profiles().values()} == {"all"}


def test_an_import_adds_to_its_list(api: Api, standin: StandIn) -> None:
    assert api.upload(f"email,city\n{ANA},Bern\n".encode(), job="import", list="cold").is_success
    assert (standin.admin.members("cold"), standin.admin.profiles()[ANA]["vars"]) == ({ANA}, {"city": "Bern"})


def test_erasing_a_list_keeps_it(api: Api, standin: StandIn) -> None:
    api.post("user", id=ANA, lists={"news": 1})
    api.post("job", job="list_erase", lists=["news"])
    assert [one["members"] for one in standin.admin.lists()] == [[]]


def test_an_unknown_job_is_not_found(api: Api) -> None:
    assert error(api.get("job", job_id="1")) == (404, 99)
