from collections.abc import Callable
from typing import Any

import httpx
import pytest
from talon_one_requests import members, one, pointers, titles, upsert

from sandbox.talon_one import StandIn

Assume = Callable[..., None]


def test_a_bulk_upsert_answers_204_and_merges_attributes(api: httpx.Client, standin: StandIn) -> None:
    # given
    upsert(api, ("p1", {"Name": "Ann", "Points": 1}))
    # when
    answer = upsert(api, ("p1", {"Points": 2}), ("p2", {}))
    # then
    assert (answer.status_code, answer.content) == (204, b"")
    assert standin.admin.profiles() == {"p1": {"Name": "Ann", "Points": 2}, "p2": {}}


def test_a_loud_bulk_upsert_answers_with_the_profiles(api: httpx.Client) -> None:
    body = {"customerProfiles": [{"integrationId": "p1", "attributes": {"Name": "Ann"}}]}
    answer = api.put("/v2/customer_profiles?silent=no", json=body)
    assert answer.status_code == 200
    profile = answer.json()["integrationStates"][0]["customerProfile"]
    assert (profile["integrationId"], profile["attributes"]) == ("p1", {"Name": "Ann"})


@pytest.mark.parametrize(
    ("attributes", "title"),
    [
        ({"Shoe": 1}, "Unknown"),
        ({"name": "case counts"}, "Unknown"),
        ({"Name": 1}, "Invalid type"),
        ({"Points": "1"}, "Invalid type"),
        ({"Points": True}, "Invalid type"),
        ({"Vip": 1}, "Invalid type"),
        ({"Joined": "1997-01-01"}, "Invalid type"),
        ({"Joined": "1997-02-30T00:00:00Z"}, "Invalid type"),
        ({"Home": "here"}, "Invalid type"),
        ({"Tags": "one"}, "Invalid type"),
        ({"Tags": [1]}, "Invalid type"),
        ({"Scores": [True]}, "Invalid type"),
        ({"Visits": ["yesterday"]}, "Invalid type"),
    ],
)
def test_an_attribute_that_is_not_right_is_named(api: httpx.Client, attributes: dict[str, Any], title: str) -> None:
    answer = upsert(api, ("p1", {}), ("p2", attributes))
    assert answer.status_code == 400
    assert titles(answer) == [title]
    assert pointers(answer) == [f"/customerProfiles/1/attributes/{next(iter(attributes))}"]
    assert answer.json()["StatusCode"] == 400


def test_every_type_takes_its_values(api: httpx.Client, standin: StandIn) -> None:
    attributes = {
        "Name": "Ann",
        "Points": 1.5,
        "Vip": False,
        "Joined": "1997-01-01T10:00:00.123456789+02:00",
        "Home": {"lat": 1.0, "lon": 2},
        "Tags": ["a"],
        "Scores": [1, 2.5],
        "Visits": ["1997-01-01t10:00:00z"],
    }
    assert upsert(api, ("p1", attributes)).status_code == 204
    assert standin.admin.profiles()["p1"] == attributes


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], ""),
        ({}, "/customerProfiles"),
        ({"customerProfiles": {}}, "/customerProfiles"),
        ({"customerProfiles": [], "runRuleEngine": True}, "/runRuleEngine"),
        ({"customerProfiles": [5]}, "/customerProfiles/0"),
        ({"customerProfiles": [{"attributes": {}}]}, "/customerProfiles/0/integrationId"),
        ({"customerProfiles": [{"integrationId": 5}]}, "/customerProfiles/0/integrationId"),
        ({"customerProfiles": [{"integrationId": ["p"]}]}, "/customerProfiles/0/integrationId"),
        ({"customerProfiles": [{"integrationId": ""}]}, "/customerProfiles/0/integrationId"),
        ({"customerProfiles": [{"integrationId": "x" * 1_001}]}, "/customerProfiles/0/integrationId"),
        ({"customerProfiles": [{"integrationId": "p", "attributes": []}]}, "/customerProfiles/0/attributes"),
        (
            {"customerProfiles": [{"integrationId": "p", "audiencesChanges": {}}]},
            "/customerProfiles/0/audiencesChanges",
        ),
    ],
)
def test_a_bulk_body_that_is_not_right_is_refused(api: httpx.Client, body: Any, pointer: str) -> None:
    answer = api.put("/v2/customer_profiles", json=body)
    assert answer.status_code == 400
    assert pointers(answer) == [pointer]


@pytest.mark.parametrize(("number", "status"), [(1_000, 204), (1_001, 400)])
def test_a_bulk_call_takes_1000_profiles_and_no_more(api: httpx.Client, number: int, status: int) -> None:
    assert upsert(api, *((f"p{i}", {}) for i in range(number))).status_code == status


@pytest.mark.parametrize(("choice", "held"), [("nothing", []), ("good_items", ["p1", "p3"]), ("items_before", ["p1"])])
def test_a1_says_what_of_a_call_with_a_bad_item_is_applied(
    api: httpx.Client, standin: StandIn, assume: Assume, choice: str, held: list[str]
) -> None:
    assume(a1_bad_item=choice)
    assert upsert(api, ("p1", {}), ("p2", {"Shoe": 1}), ("p3", {})).status_code == 400
    assert sorted(standin.admin.profiles()) == held


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("indexed", ["/customerProfiles/1/attributes/Shoe"]), ("plain", ["/attributes/Shoe"]), ("no_errors", [])],
)
def test_a2_says_how_a_bad_item_is_pointed_at(
    api: httpx.Client, assume: Assume, choice: str, expected: list[str]
) -> None:
    assume(a2_pointer=choice)
    assert pointers(upsert(api, ("p1", {}), ("p2", {"Shoe": 1}))) == expected


@pytest.mark.parametrize(
    ("choice", "status", "held"), [("delete", 204, {}), ("store", 204, {"Name": None}), ("400", 400, {"Name": "Ann"})]
)
def test_a7_says_what_null_does(
    api: httpx.Client, standin: StandIn, assume: Assume, choice: str, status: int, held: dict[str, Any]
) -> None:
    assume(a7_null=choice)
    upsert(api, ("p1", {"Name": "Ann"}))
    assert upsert(api, ("p1", {"Name": None})).status_code == status
    assert standin.admin.profiles()["p1"] == held


@pytest.mark.parametrize(("choice", "held"), [("last_wins", {"p1": {"Points": 2}}), ("400", {})])
def test_a8_says_what_a_profile_twice_in_one_call_does(
    api: httpx.Client, standin: StandIn, assume: Assume, choice: str, held: dict[str, Any]
) -> None:
    assume(a8_same_profile=choice)
    upsert(api, ("p1", {"Name": "Ann"}), ("p1", {"Points": 2}))
    assert standin.admin.profiles() == held


def test_one_profile_answers_200_with_the_three_lists(api: httpx.Client, standin: StandIn) -> None:
    answer = one(api, "p1", {"attributes": {"Name": "Ann"}})
    assert (answer.status_code, answer.json()) == (200, {"effects": [], "createdCoupons": [], "createdReferrals": []})
    assert standin.admin.profiles() == {"p1": {"Name": "Ann"}}


def test_one_profile_with_rules_answers_with_the_profile_if_asked(api: httpx.Client) -> None:
    body = {"attributes": {"Name": "Ann"}, "responseContent": ["customerProfile"]}
    answer = one(api, "p1", body, query="?runRuleEngine=true")
    assert answer.json()["customerProfile"]["attributes"] == {"Name": "Ann"}


@pytest.mark.parametrize(
    ("body", "query", "expected"),
    [
        ({"attributes": {"Shoe": 1}}, "", ["/attributes/Shoe"]),
        ({"attributes": []}, "", ["/attributes"]),
        ({"runRuleEngine": True}, "", ["/runRuleEngine"]),
        ({"responseContent": ["customerProfile"]}, "", ["/responseContent"]),
        ({"responseContent": ["nothing"]}, "?runRuleEngine=true", ["/responseContent"]),
        ({"evaluableCampaignIds": [1]}, "?runRuleEngine=true", ["/evaluableCampaignIds"]),
        ({"audiencesChanges": {"adds": ["7"], "deletes": []}}, "", ["/audiencesChanges/adds"]),
        ({"audiencesChanges": {"adds": [7, 8], "deletes": []}}, "", ["/audiencesChanges/adds/1"]),
    ],
)
def test_a_body_for_one_profile_that_is_not_right_is_refused(
    api: httpx.Client, body: Any, query: str, expected: list[str]
) -> None:
    answer = one(api, "p1", body, query=query)
    assert (answer.status_code, pointers(answer)) == (400, expected)


@pytest.mark.parametrize("query", ["?dry=true", "?runRuleEngine=1", "?silent=yes", "?dry=true&dry=true"])
def test_a_query_that_is_not_right_is_refused_by_its_name(api: httpx.Client, query: str) -> None:
    answer = one(api, "p1", {}, query=query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["source"] == {"parameter": query[1:].partition("=")[0]}


def test_a_dry_run_saves_nothing(api: httpx.Client, standin: StandIn) -> None:
    answer = one(api, "p1", {"evaluableCampaignIds": [1]}, query="?runRuleEngine=true&dry=true")
    assert answer.status_code == 200
    assert standin.admin.profiles() == {}


@pytest.mark.parametrize("changes", [{}, {"adds": [7]}, {"deletes": [7]}])
@pytest.mark.parametrize(("choice", "status"), [("400", 400), ("empty", 200)])
def test_a9_says_whether_a_side_may_be_missing(
    api: httpx.Client, assume: Assume, changes: dict[str, list[int]], choice: str, status: int
) -> None:
    assume(a9_missing_side=choice)
    assert one(api, "p1", {"audiencesChanges": changes}).status_code == status


@pytest.mark.parametrize(
    ("choice", "query", "held"),
    [
        ("not_applied", "", {(9, "p1")}),
        ("not_applied", "?runRuleEngine=true", {(7, "p1")}),
        ("applied", "", {(7, "p1")}),
    ],
)
def test_a13_says_whether_audience_changes_need_the_rules(
    api: httpx.Client, standin: StandIn, assume: Assume, choice: str, query: str, held: set[tuple[int, str]]
) -> None:
    assume(a13_audiences_without_rules=choice)
    members(api, ("add", "p1", 9))
    one(api, "p1", {"audiencesChanges": {"adds": [7], "deletes": [9]}}, query=query)
    assert standin.admin.memberships() == held


@pytest.mark.parametrize(
    ("encoded", "profile"),
    [("a%2Fb", "a/b"), ("a%20b", "a b"), ("%24%23%3F", "$#?"), ("%C3%A4", "ä"), ("-._~", "-._~"), ("%252F", "%2F")],
)
def test_ids_in_paths_are_percent_decoded_once(api: httpx.Client, standin: StandIn, encoded: str, profile: str) -> None:
    assert one(api, encoded, {}).status_code == 200
    assert list(standin.admin.profiles()) == [profile]


@pytest.mark.parametrize("encoded", ["a$b", "a@b", "a:b", "%FF", "x" * 1_001])
def test_ids_in_paths_that_are_not_encoded_or_too_long_are_refused(api: httpx.Client, encoded: str) -> None:
    assert one(api, encoded, {}).status_code == 400


def test_an_unencoded_slash_is_another_path(api: httpx.Client) -> None:
    assert one(api, "a/b", {}).status_code == 404


def test_an_attribute_created_at_run_time_is_known(api: httpx.Client, standin: StandIn) -> None:
    assert upsert(api, ("p1", {"Shoe": 44})).status_code == 400
    standin.admin.configure({"attributes": {"profile": {"Shoe": "number"}}})
    assert upsert(api, ("p1", {"Shoe": 44})).status_code == 204
