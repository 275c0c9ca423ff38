"""Profile calls of the third-party API become profile records."""

from __future__ import annotations

from typing import Any

import pytest

from producers.third_party import BadCall, Call, CallName, Platform, translate
from tercel.records import AudienceRef, LaneKind, Profile


def called(
    body: Any, name: CallName = CallName.PROFILE, *, platform: Platform = Platform.SEGMENT, skip: bool = False
) -> Call:
    return Call(name, "c-7", body, skip, platform=platform)


def the_profile(call: Call) -> Profile:
    [record] = translate(call).records
    assert isinstance(record, Profile)
    return record


def codes(call: Call, **options: Any) -> list[tuple[str, str]]:
    with pytest.raises(BadCall) as caught:
        translate(call, **options)
    return [(problem.code, problem.where) for problem in caught.value.problems]


def test_a_profile_without_rules_can_be_batched() -> None:
    record = the_profile(called({"attributes": {"city": "Riga", "old": None}}))

    assert record == Profile(profile_id="c-7", attributes={"city": "Riga", "old": None})
    assert record.lane_kind is LaneKind.PROFILE


def test_a_profile_that_runs_rules_travels_with_its_audience_changes() -> None:
    changes = {"adds": [4, 5], "deletes": [6]}

    record = the_profile(called({"attributes": {"a": 1}, "runRuleEngine": True, "audiencesChanges": changes}))

    assert record == Profile(
        profile_id="c-7", attributes={"a": 1}, run_rules=True, audiences_add=(4, 5), audiences_delete=(6,)
    )
    assert record.lane_kind is LaneKind.RULES


@pytest.mark.parametrize("name", [CallName.PROFILE, CallName.PROFILE_V1])
def test_without_rules_segments_audience_changes_are_not_applied_and_noted(name: CallName) -> None:
    made = translate(called({"attributes": {"a": 1}, "audiencesChanges": {"adds": [4]}}, name))

    assert made.records == (Profile(profile_id="c-7", attributes={"a": 1}),)
    assert made.notes == ("audience_changes_without_rules",)


def test_without_rules_named_audiences_are_not_applied_either() -> None:
    made = translate(called({"audiencesChanges": {"adds": [{"name": "Gold"}]}}, CallName.PROFILE_NAMED))

    assert made.records == (Profile(profile_id="c-7"),)
    assert made.notes == ("audience_changes_without_rules",)


@pytest.mark.parametrize("rules", [False, None])
def test_audience_changes_at_the_cdp_door_force_rules(rules: bool | None) -> None:
    body = {"runRuleEngine": rules, "audiencesChanges": {"adds": [4]}}

    made = translate(called(body, platform=Platform.CDP))

    assert made.records == (Profile(profile_id="c-7", run_rules=True, audiences_add=(4,)),)
    assert made.notes == ("rules_forced_by_audience_changes",)


def test_the_cdp_door_runs_no_rules_unasked() -> None:
    assert not the_profile(called({"audiencesChanges": {}}, platform=Platform.CDP)).run_rules


@pytest.mark.parametrize("nothing", [{}, None, {"adds": [], "deletes": None}])
@pytest.mark.parametrize("rules", [True, False])
def test_empty_audience_changes_are_no_change(nothing: Any, rules: bool) -> None:
    made = translate(called({"audiencesChanges": nothing, "runRuleEngine": rules}))

    assert made.records == (Profile(profile_id="c-7", run_rules=rules),)
    assert made.notes == ()


@pytest.mark.parametrize("body", [{}, {"attributes": None}])
def test_a_profile_without_attributes_is_still_created(body: Any) -> None:
    assert the_profile(called(body)) == Profile(profile_id="c-7")


def test_skipping_unknown_attributes_is_asked_for_per_call_and_else_left_to_the_deployment() -> None:
    assert the_profile(called({}, skip=True)).skip_unknown is True
    assert the_profile(called({})).skip_unknown is None


def test_fields_that_the_call_does_not_know_are_ignored_and_noted() -> None:
    made = translate(called({"attribute": {"a": 1}}))

    assert made.records == (Profile(profile_id="c-7"),)
    assert made.notes == ("unknown_fields_ignored",)


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        ({"attributes": []}, "T601", "attributes"),
        ({"attributes": {"a": float("nan")}}, "T608", "attributes"),
        ({"runRuleEngine": "true"}, "T601", "runRuleEngine"),
        ({"audiencesChanges": []}, "T601", "audiencesChanges"),
        ({"audiencesChanges": {"adds": 4}}, "T601", "audiencesChanges.adds"),
        ({"audiencesChanges": {"adds": [1, "4"]}}, "T601", "audiencesChanges.adds[1]"),
        ({"audiencesChanges": {"adds": [True]}}, "T601", "audiencesChanges.adds[0]"),
        ({"audiencesChanges": {"adds": [1.0]}}, "T601", "audiencesChanges.adds[0]"),
        ({"audiencesChanges": {"deletes": [0]}}, "T608", "audiencesChanges.deletes[0]"),
        ({"audiencesChanges": {"deletes": [2**63]}}, "T608", "audiencesChanges.deletes[0]"),
        ({"audiencesChanges": {"adds": [4], "deletes": [4]}}, "T604", "audiencesChanges"),
        ([], "T601", ""),
    ],
)
def test_what_is_wrong_with_a_profile_is_named(body: Any, code: str, where: str) -> None:
    assert codes(called(body)) == [(code, where)]


@pytest.mark.parametrize("profile_id", ["", "x" * 1_001])
def test_an_id_has_1_to_1000_characters(profile_id: str) -> None:
    assert codes(Call(CallName.PROFILE, profile_id, {})) == [("T603", "customerProfileId")]


def test_every_problem_is_named_at_once_and_no_value_is_repeated() -> None:
    with pytest.raises(BadCall) as caught:
        translate(called({"attributes": "secret-1", "runRuleEngine": "secret-2"}))

    assert str(caught.value) == "attributes: must be an object; runRuleEngine: must be true or false."


def test_more_than_1000_changes_of_one_profile_are_refused() -> None:
    body = {
        "runRuleEngine": True,
        "audiencesChanges": {"adds": list(range(1, 601)), "deletes": list(range(601, 1_002))},
    }

    assert codes(called(body)) == [("T605", "audiencesChanges")]


def test_more_than_1000_changes_are_split_where_the_sender_may() -> None:
    adds, deletes = list(range(1, 1_501)), list(range(1_501, 2_101))
    body = {"attributes": {"a": 1}, "runRuleEngine": True, "audiencesChanges": {"adds": adds, "deletes": deletes}}

    made = translate(called(body), split_large=True)

    profiles = [record for record in made.records if isinstance(record, Profile)]
    assert [len(each.audiences_add) + len(each.audiences_delete) for each in profiles] == [1_000, 1_000, 100]
    assert [each.attributes for each in profiles] == [{"a": 1}, {}, {}]
    assert [id_ for each in profiles for id_ in each.audiences_add] == adds
    assert [id_ for each in profiles for id_ in each.audiences_delete] == deletes
    assert made.notes == ("split_large_request",)


def test_named_audiences_carry_their_name_so_that_they_are_created_on_the_way() -> None:
    changes = {"adds": [{"name": "Gold"}, {"name": "Trips", "integrationId": "trips1"}], "deletes": [{"name": "Old"}]}

    record = the_profile(called({"runRuleEngine": True, "audiencesChanges": changes}, CallName.PROFILE_NAMED))

    assert record.audiences_add == (AudienceRef(name="Gold"), AudienceRef(name="Trips", external_id="trips1"))
    assert record.audiences_delete == (AudienceRef(name="Old"),)


def test_a_named_audiences_id_keeps_letters_and_digits_only() -> None:
    changes = {"adds": [{"name": "Trips", "integrationId": "My Travel audience1"}]}

    made = translate(called({"runRuleEngine": True, "audiencesChanges": changes}, CallName.PROFILE_NAMED))

    [record] = made.records
    assert isinstance(record, Profile)
    assert record.audiences_add == (AudienceRef(name="Trips", external_id="My_Travel_audience1"),)
    assert made.notes == ("audience_id_cleaned",)


def test_a_named_audience_needs_its_name() -> None:
    changes = {"adds": [{"integrationId": "x"}]}

    assert codes(called({"audiencesChanges": changes}, CallName.PROFILE_NAMED)) == [
        ("T602", "audiencesChanges.adds[0].name")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [({"name": "A"}, {"name": "A"}), ({"name": "A", "integrationId": "x"}, {"name": "B", "integrationId": "x"})],
)
def test_one_named_audience_cannot_be_joined_and_left(one: Any, other: Any) -> None:
    changes = {"adds": [one], "deletes": [other]}

    assert codes(called({"audiencesChanges": changes}, CallName.PROFILE_NAMED)) == [("T604", "audiencesChanges")]


@pytest.mark.parametrize(
    ("kind", "sent", "becomes"),
    [
        ("number", "12", 12),
        ("number", " 1.5 ", 1.5),
        ("number", ["1", 2], [1, 2]),
        ("boolean", "True", True),
        ("string", 25, "25"),
        ("string", 1.0, "1"),
        ("string", False, "false"),
        ("time", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("location", "(1,2)", "(1,2)"),
        ("number", None, None),
    ],
)
@pytest.mark.parametrize("name", [CallName.PROFILE_V1, CallName.PROFILE_NAMED])
def test_declared_types_convert_attribute_values(name: CallName, kind: str, sent: Any, becomes: Any) -> None:
    body = {"attributes": {"a": sent, "b": "7"}, "attributesInfo": [{"name": "a", "type": kind}]}

    made = translate(called(body, name))

    assert made.records == (Profile(profile_id="c-7", attributes={"a": becomes, "b": "7"}),)
    assert made.notes == ("attributes_not_created",)


@pytest.mark.parametrize(
    ("kind", "sent"), [("number", "1_0"), ("number", "nan"), ("number", True), ("boolean", "ja"), ("time", 5)]
)
def test_a_value_that_does_not_read_as_its_declared_type_is_sent_as_it_came(kind: str, sent: Any) -> None:
    body = {"attributes": {"a": sent}, "attributesInfo": [{"name": "a", "type": kind}]}

    made = translate(called(body, CallName.PROFILE_V1))

    assert made.records == (Profile(profile_id="c-7", attributes={"a": sent}),)
    assert made.notes == ("attributes_not_created", "attributes_not_converted")


def test_a_declared_type_is_one_that_the_api_knows() -> None:
    body = {"attributesInfo": [{"name": "a", "type": "list"}]}

    assert codes(called(body, CallName.PROFILE_V1)) == [("T606", "attributesInfo[0].type")]


def test_text_ids_of_one_profile_travel_as_references_and_run_rules() -> None:
    record = the_profile(called({"data": {"adds": ["gold", "x/1"], "deletes": ["old"]}}, CallName.PROFILE_AUDIENCES))

    assert record == Profile(
        profile_id="c-7",
        run_rules=True,
        audiences_add=(AudienceRef(external_id="gold"), AudienceRef(external_id="x/1")),
        audiences_delete=(AudienceRef(external_id="old"),),
    )


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}])
def test_the_audience_call_of_one_profile_runs_rules_also_without_changes(body: Any) -> None:
    assert the_profile(called(body, CallName.PROFILE_AUDIENCES)) == Profile(profile_id="c-7", run_rules=True)


@pytest.mark.parametrize(
    ("data", "code", "where"),
    [
        ({"adds": [5]}, "T601", "data.adds[0]"),
        ({"adds": [""]}, "T603", "data.adds[0]"),
        ({"deletes": ["x" * 1_001]}, "T603", "data.deletes[0]"),
        ({"adds": ["a"], "deletes": ["a"]}, "T604", "data"),
        ({"adds": [f"a{i}" for i in range(1_001)]}, "T605", "data"),
        ([], "T601", "data"),
    ],
)
def test_what_is_wrong_with_one_profiles_audiences_is_named(data: Any, code: str, where: str) -> None:
    assert codes(called({"data": data}, CallName.PROFILE_AUDIENCES)) == [(code, where)]


def test_attributes_of_many_profiles_win_over_those_that_all_get() -> None:
    body = {
        "data": [{"customerProfileId": "a", "attributes": {"x": "1"}}, {"customerProfileId": "b"}],
        "mutualAttributes": {"x": "0", "y": "2"},
        "attributesInfo": [{"name": "x", "type": "number"}],
    }

    made = translate(Call(CallName.PROFILES_ATTRIBUTES, body=body))

    assert made.records == (
        Profile(profile_id="a", attributes={"x": 1, "y": "2"}),
        Profile(profile_id="b", attributes={"x": 0, "y": "2"}),
    )
    assert made.notes == ("attributes_not_created",)


def test_of_many_profiles_attributes_the_good_items_are_taken() -> None:
    body = {"data": [{"customerProfileId": "a"}, {"attributes": {}}, {"customerProfileId": "b", "attributes": 5}]}

    made = translate(Call(CallName.PROFILES_ATTRIBUTES, body=body))

    assert made.records == (Profile(profile_id="a"),)
    assert [(each.code, each.where) for each in made.refused] == [
        ("T602", "data[1].customerProfileId"),
        ("T601", "data[2].attributes"),
    ]


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        ({"data": {}}, "T601", "data"),
        ({"data": [5]}, "T601", "data[0]"),
        ({"data": [{"customerProfileId": "a"}] * 1_001}, "T605", "data"),
        ({"data": [], "mutualAttributes": 5}, "T601", "mutualAttributes"),
    ],
)
def test_what_is_wrong_with_many_profiles_attributes_is_named(body: Any, code: str, where: str) -> None:
    assert codes(Call(CallName.PROFILES_ATTRIBUTES, body=body)) == [(code, where)]


def test_mutual_attributes_that_would_fill_the_memory_are_refused() -> None:
    data = [{"customerProfileId": str(number)} for number in range(1_000)]
    mutual = {f"a{number}": number for number in range(10_000)}

    call = called({"data": data, "mutualAttributes": mutual}, CallName.PROFILES_ATTRIBUTES)

    assert codes(call) == [("T611", "mutualAttributes")]
