"""Calls about the audiences of many profiles, and about audiences themselves, become records."""

from __future__ import annotations

from typing import Any

import pytest

from producers.third_party import BadCall, Call, CallName, Platform, Translation, translate
from tercel.records import Audience, Membership

NUMBERS = CallName.PROFILES_AUDIENCES
TEXTS = CallName.PROFILES_AUDIENCES_V2


def changed(data: Any, name: CallName = NUMBERS, **options: Any) -> Translation:
    return translate(Call(name, body={"data": data}), **options)


def codes(name: CallName, body: Any, path_id: str = "") -> list[tuple[str, str]]:
    with pytest.raises(BadCall) as caught:
        translate(Call(name, path_id, body))
    return [(problem.code, problem.where) for problem in caught.value.problems]


def test_each_profile_first_joins_and_then_leaves() -> None:
    made = changed(
        [
            {"customerProfileId": "a", "deletes": [3], "adds": [1, 2]},
            {"customerProfileId": "b", "adds": [1]},
        ]
    )

    assert made.records == (
        Membership(profile_id="a", action="add", audience_id=1),
        Membership(profile_id="a", action="add", audience_id=2),
        Membership(profile_id="a", action="delete", audience_id=3),
        Membership(profile_id="b", action="add", audience_id=1),
    )


def test_text_ids_of_many_profiles_are_resolved_later() -> None:
    made = changed([{"customerProfileId": "a", "adds": ["gold"], "deletes": ["My old one"]}], TEXTS)

    assert made.records == (
        Membership(profile_id="a", action="add", audience_external_id="gold"),
        Membership(profile_id="a", action="delete", audience_external_id="My old one"),
    )


@pytest.mark.parametrize("data", [None, [], [{"customerProfileId": "a"}], [{"customerProfileId": "a", "adds": None}]])
def test_a_request_without_changes_is_taken_and_noted(data: Any) -> None:
    assert changed(data) == Translation(notes=("no_changes",))


def test_of_many_changes_the_good_ones_are_taken_and_the_others_named() -> None:
    made = changed(
        [
            {"customerProfileId": "a", "adds": [1, "q", 2], "deletes": [0]},
            {"adds": [1]},
            {"customerProfileId": "c", "adds": [4], "deletes": [4]},
            "what",
            {"customerProfileId": 5, "adds": [1]},
            {"customerProfileId": "d", "deletes": [7]},
        ]
    )

    assert made.records == (
        Membership(profile_id="a", action="add", audience_id=1),
        Membership(profile_id="a", action="add", audience_id=2),
        Membership(profile_id="d", action="delete", audience_id=7),
    )
    assert [(each.code, each.where) for each in made.refused] == [
        ("T601", "data[0].adds[1]"),
        ("T608", "data[0].deletes[0]"),
        ("T602", "data[1].customerProfileId"),
        ("T604", "data[2]"),
        ("T601", "data[3]"),
        ("T601", "data[4].customerProfileId"),
    ]


def test_a_request_of_which_nothing_can_be_taken_is_refused_as_a_whole() -> None:
    assert codes(NUMBERS, {"data": [{"customerProfileId": "a", "adds": ["1"]}, {"adds": []}]}) == [
        ("T601", "data[0].adds[0]"),
        ("T602", "data[1].customerProfileId"),
    ]


@pytest.mark.parametrize(
    ("name", "data", "code", "where"),
    [
        (NUMBERS, {}, "T601", "data"),
        (NUMBERS, [{"customerProfileId": "a", "adds": 5}], "T601", "data[0].adds"),
        (NUMBERS, [{"customerProfileId": "", "adds": [5]}], "T603", "data[0].customerProfileId"),
        (NUMBERS, [{"customerProfileId": "x" * 1_001, "adds": [5]}], "T603", "data[0].customerProfileId"),
        (TEXTS, [{"customerProfileId": "a", "adds": [5]}], "T601", "data[0].adds[0]"),
        (TEXTS, [{"customerProfileId": "a", "adds": ["x" * 1_001]}], "T603", "data[0].adds[0]"),
    ],
)
def test_what_is_wrong_with_changes_is_named(name: CallName, data: Any, code: str, where: str) -> None:
    assert codes(name, {"data": data}) == [(code, where)]


def test_1000_changes_are_taken_however_many_profiles_they_name() -> None:
    data = [{"customerProfileId": f"p{i}", "adds": [1], "deletes": [2]} for i in range(500)]

    assert len(changed(data).records) == 1_000


def test_1001_changes_are_refused_however_many_profiles_they_name() -> None:
    data = [{"customerProfileId": f"p{i}", "adds": [1]} for i in range(1_001)]

    assert codes(NUMBERS, {"data": data}) == [("T605", "data")]


def test_1001_changes_are_taken_where_the_sender_may() -> None:
    data = [{"customerProfileId": f"p{i}", "adds": [1]} for i in range(1_001)]

    made = changed(data, split_large=True)

    assert len(made.records) == 1_001
    assert made.notes == ("split_large_request",)


def test_segments_new_audience_names_segment_as_its_integration() -> None:
    made = translate(Call(CallName.AUDIENCE_CREATE, body={"audienceId": "a/1", "audienceName": "Gold"}))

    assert made.records == (Audience(action="create", name="Gold", external_id="a/1", integration="segment"),)


def test_a_cdps_new_audience_names_no_integration() -> None:
    body = {"audienceId": "a", "audienceName": "Gold"}

    made = translate(Call(CallName.AUDIENCE_CREATE, body=body, platform=Platform.CDP))

    assert made.records == (Audience(action="create", name="Gold", external_id="a"),)


@pytest.mark.parametrize("body", [{"audienceName": "Platinum"}, {"audienceName": "Platinum", "audienceId": "other"}])
def test_a_rename_goes_by_the_id_in_the_path(body: Any) -> None:
    made = translate(Call(CallName.AUDIENCE_RENAME, "a", body))

    assert made.records == (Audience(action="rename", name="Platinum", external_id="a"),)


def test_a_delete_goes_by_the_id_in_the_path() -> None:
    assert translate(Call(CallName.AUDIENCE_DELETE, "a")).records == (Audience(action="delete", external_id="a"),)


@pytest.mark.parametrize(
    ("name", "path_id", "body", "expected"),
    [
        (CallName.AUDIENCE_CREATE, "", {}, [("T602", "audienceId"), ("T602", "audienceName")]),
        (
            CallName.AUDIENCE_CREATE,
            "",
            {"audienceId": 5, "audienceName": ""},
            [("T601", "audienceId"), ("T603", "audienceName")],
        ),
        (CallName.AUDIENCE_RENAME, "a", {"audienceName": "x" * 1_001}, [("T603", "audienceName")]),
        (CallName.AUDIENCE_RENAME, "", {"audienceName": "x"}, [("T603", "audienceId")]),
        (CallName.AUDIENCE_DELETE, "", {}, [("T603", "audienceId")]),
    ],
)
def test_what_is_wrong_with_an_audience_is_named(
    name: CallName, path_id: str, body: Any, expected: list[tuple[str, str]]
) -> None:
    assert codes(name, body, path_id) == expected
