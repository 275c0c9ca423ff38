from collections.abc import Callable
from typing import Any

import pytest
from sailthru_requests import Api, error

from sandbox.sailthru import StandIn
from tests.support.waiting import eventually

ANA, BEA, NEW = "ana@example.com", "bea@example.com", "new@example.com"
Assume = Callable[..., None]


def test_a_profile_is_made_and_its_vars_are_merged(api: Api, standin: StandIn) -> None:
    assert api.post("user", id=ANA, vars={"city": "Zürich", "n": 1}).json() == {"ok": True}
    api.post("user", id=ANA, vars={"n": 2})
    assert standin.admin.profiles()[ANA]["vars"] == {"city": "Zürich", "n": 2}


def test_null_is_stored_and_the_key_stays(api: Api, standin: StandIn) -> None:
    api.post("user", id=ANA, vars={"city": "Bern"})
    api.post("user", id=ANA, vars={"city": None})
    assert standin.admin.profiles()[ANA]["vars"] == {"city": None}


@pytest.mark.parametrize("name", ["1st", "42", "a-b", "$x", "a.b", "a b", "x" * 33, ""])
def test_a_bad_var_name_is_error_99_and_nothing_is_applied(api: Api, standin: StandIn, name: str) -> None:
    assert error(api.post("user", id=ANA, vars={"good": 1, name: 1})) == (400, 99)
    assert standin.admin.profiles() == {}


def test_bad_var_names_can_be_cleaned_as_imports_are(api: Api, standin: StandIn, assume: Assume) -> None:
    assume(bad_var_names="cleaned")
    api.post("user", id=ANA, vars={"$first name": "Ana"})
    assert standin.admin.profiles()[ANA]["vars"] == {"first_name": "Ana"}


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        ({}, 2),
        ({"id": "no address"}, 11),
        ({"id": ANA, "key": "cookie"}, 99),
        ({"id": "x", "key": "sid"}, 99),
        ({"id": ANA, "lists": {"news": 2}}, 99),
        ({"id": ANA, "lists": {"news": True}}, 99),
        ({"id": ANA, "optout_email": "some"}, 99),
        ({"id": ANA, "keysconflict": "win"}, 99),
        ({"id": ANA, "keys": {"email": "nobody"}}, 11),
        ({"id": ANA, "vars": []}, 99),
        ({"id": ANA, "variables": {}}, 99),
    ],
)
def test_what_is_not_as_it_must_be_is_refused(
    api: Api, standin: StandIn, arguments: dict[str, Any], number: int
) -> None:
    assert error(api.post("user", **arguments)) == (400, number)
    assert standin.admin.profiles() == {}


def test_lists_are_joined_and_left(api: Api, standin: StandIn) -> None:
    api.post("user", id=ANA, lists={"news": 1})
    assert standin.admin.members("news") == {ANA}
    api.post("user", id=ANA, lists={"news": 0})
    assert standin.admin.members("news") == set()


def test_no_lists_read_back_as_null(api: Api) -> None:
    api.post("user", id=ANA)
    seen = api.get("user", id=ANA).json()
    assert seen["lists"] is None
    assert sorted(seen) == ["engagement", "keys", "lists", "optout_email", "vars"]


def test_an_unknown_list_is_error_15_unless_assumed_otherwise(api: Api, standin: StandIn, assume: Assume) -> None:
    assert error(api.post("user", id=ANA, lists={"other": 1})) == (404, 15)
    assume(unknown_list="created")
    assert api.post("user", id=ANA, lists={"other": 1}).is_success
    assert standin.admin.members("other") == {ANA}


def test_fields_choose_what_is_answered(api: Api) -> None:
    assert api.post("user", id=ANA, vars={"a": 1}, fields={"vars": 1}).json() == {"ok": True, "vars": {"a": 1}}
    assert list(api.get("user", id=ANA, fields={"optout_email": 1}).json()) == ["optout_email"]


def test_an_unknown_profile_is_400_to_read_and_404_to_delete(api: Api) -> None:
    assert error(api.get("user", id=ANA)) == (400, 99)
    assert error(api.delete("user", id=ANA)) == (404, 99)


def test_a_deleted_profile_is_gone(api: Api, standin: StandIn) -> None:
    api.post("user", id=ANA)
    assert api.delete("user", id=ANA).is_success
    assert standin.admin.profiles() == {}


def test_reads_may_see_the_old_state(api: Api, standin: StandIn) -> None:
    # given a profile as it was
    api.post("user", id=ANA, vars={"n": 1})
    # when reads are an hour behind
    standin.admin.configure({"read_delay_s": 3_600})
    api.post("user", id=ANA, vars={"n": 2})
    api.post("user", id=BEA)
    # then
    assert api.get("user", id=ANA).json()["vars"] == {"n": 1}
    assert error(api.get("user", id=BEA)) == (400, 99)
    assert standin.admin.profiles()[ANA]["vars"] == {"n": 2}


def test_reads_see_the_new_state_in_the_end(api: Api, standin: StandIn) -> None:
    standin.admin.configure({"read_delay_s": 0.05})
    api.post("user", id=ANA, vars={"n": 1})
    eventually(lambda: api.get("user", id=ANA).json().get("vars") == {"n": 1})


def test_a_changed_address_keeps_profile_and_history(api: Api, standin: StandIn) -> None:
    api.post("user", id=ANA, vars={"n": 1}, lists={"news": 1})
    api.post("event", id=ANA, event="visit")
    sid = standin.admin.profiles()[ANA]["sid"]
    # when
    api.post("user", id=ANA, key="email", keys={"email": NEW}, keysconflict="merge")
    # then
    assert list(standin.admin.profiles()) == [NEW]
    held = standin.admin.profiles()[NEW]
    assert (held["sid"], held["vars"], held["lists"], held["emails"]) == (sid, {"n": 1}, ["news"], [ANA, NEW])
    assert [entry.kind for entry in standin.admin.history(NEW)] == ["made", "vars", "lists", "event", "keys"]


def test_a_profile_with_the_new_address_is_merged_and_removed(api: Api, standin: StandIn) -> None:
    # given two profiles, the other of which has an extid
    api.post("user", id=ANA, vars={"n": 1})
    api.post("user", id=NEW, keys={"extid": "c-7"}, vars={"n": 2, "m": 3}, lists={"news": 1})
    # when
    api.post("user", id=ANA, keys={"email": NEW}, keysconflict="merge")
    # then
    held = standin.admin.profiles()
    assert list(held) == [NEW]
    assert held[NEW]["keys"] | {"sid": ""} == {"email": NEW, "extid": "c-7", "sid": ""}
    assert (held[NEW]["vars"], held[NEW]["lists"]) == ({"n": 1, "m": 3}, ["news"])


def test_a_change_of_address_may_be_repeated(api: Api, standin: StandIn) -> None:
    api.post("user", id=ANA, vars={"n": 1})
    for _ in range(2):
        assert api.post("user", id=ANA, keys={"email": NEW}, keysconflict="merge").is_success
    held = standin.admin.profiles()
    assert list(held) == [NEW]
    assert held[NEW]["vars"] == {"n": 1}


def test_a_conflict_of_keys_is_an_error_unless_merging_is_asked_for(api: Api, standin: StandIn) -> None:
    api.post("user", id=ANA)
    api.post("user", id=BEA)
    assert error(api.post("user", id=ANA, keys={"email": BEA})) == (409, 99)
    assert error(api.post("user", id=NEW, keys={"email": BEA})) == (409, 99)
    assert sorted(standin.admin.profiles()) == [ANA, BEA]


def test_a_hard_bounced_profile_stays_when_its_address_changes(api: Api, standin: StandIn) -> None:
    standin.admin.configure({"hard_bounced": [ANA]})
    api.post("user", id=ANA, vars={"n": 1})
    api.post("user", id=ANA, keys={"email": NEW}, keysconflict="merge")
    held = standin.admin.profiles()
    assert sorted(held) == [ANA, NEW]
    assert held[NEW]["vars"] == {"n": 1}


def test_a_customer_id_finds_the_profile(api: Api, standin: StandIn) -> None:
    api.post("user", id=ANA, keys={"extid": "c-7"}, keysconflict="merge")
    api.post("user", id="c-7", key="extid", vars={"n": 1})
    assert standin.admin.profiles()[ANA]["vars"] == {"n": 1}
    assert api.get("user", id="c-7", key="extid").json()["keys"]["email"] == ANA


def test_an_extid_must_be_switched_on(api: Api, standin: StandIn) -> None:
    standin.admin.configure({"kinds": ["email", "sid"]})
    assert error(api.post("user", id=ANA, keys={"extid": "c-7"}, keysconflict="merge")) == (400, 99)
