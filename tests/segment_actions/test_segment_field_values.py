"""What Segment does with a field's value before it sends it: empty ones go, the rest is coerced, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.segment.actions import ACTIONS, request_of
from producers.segment.actions.checking import FieldsWrong, compile_check

PROFILE = compile_check(ACTIONS["updateCustomerProfileV3"].fields)
SESSION = compile_check(ACTIONS["updateCustomerSessionV2"].fields)
AUDIENCES = compile_check(ACTIONS["updateCustomerProfilesAudiences"].fields)
NAMED = compile_check(ACTIONS["updateCustomerProfileV2"].fields)
ADA = {"customerProfileId": "ada"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def profile(**fields: Any) -> dict[str, Any]:
    return {key: value for key, value in PROFILE({**ADA, **fields}).items() if key not in ADA}


def session(**fields: Any) -> dict[str, Any]:
    found = SESSION({"customerSessionId": "s", **fields})
    return {key: value for key, value in found.items() if key != "customerSessionId"}


def problem_of(check: Any, payload: dict[str, Any]) -> str:
    with pytest.raises(FieldsWrong) as wrong:
        check(payload)
    (problem,) = wrong.value.problems
    return str(problem)


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_value_at_the_top_is_left_out(empty: str | None) -> None:
    assert profile(attributes=empty, addAudienceIds=empty, runRuleEngine=empty) == {}


def test_what_lies_inside_a_free_object_is_sent_as_it_is() -> None:
    attributes = {"a": None, "b": "", "c": {"d": None}, "e": [None, ""]}

    assert profile(attributes=attributes) == {"attributes": attributes}


def test_in_a_typed_object_null_goes_and_an_empty_text_stays_only_where_a_text_is_asked_for() -> None:
    item = {"name": "", "sku": None, "quantity": "", "price": None, "attributes": ""}

    assert session(cartItems=[item]) == {"cartItems": [{"name": ""}]}


def test_empty_entries_of_a_list_are_left_out() -> None:
    assert profile(addAudienceIds=[None, 1, "", 2]) == {"addAudienceIds": [1, 2]}
    assert session(couponCodes=[None, "A", ""]) == {"couponCodes": ["A"]}


@pytest.mark.parametrize(("value", "sent"), [(12, 12), ("12", 12), (" 12 ", 12), (12.0, 12), ("1e2", 100), ([7], 7)])
def test_what_reads_as_a_whole_number_becomes_one(value: Any, sent: int) -> None:
    found = profile(addAudienceIds=[value])["addAudienceIds"]

    assert found == [sent]
    assert type(found[0]) is int


@pytest.mark.parametrize("value", ["q", 1.5, "1.5", True, {}, [1, 2], "nan", "1_000", 2**53, float("nan"), "9" * 500])
def test_what_is_no_whole_number_is_refused_by_the_place_of_its_field(value: Any) -> None:
    problem = problem_of(PROFILE, {**ADA, "addAudienceIds": [1, value]})

    assert problem.startswith("addAudienceIds[1] ")
    assert problem.endswith("it must be a whole number, such as 12")


@pytest.mark.parametrize(("value", "sent"), [(1.5, 1.5), ("1.5", 1.5), (3, 3), ("3", 3), (3.0, 3), (".5", 0.5)])
def test_what_reads_as_a_number_becomes_one(value: Any, sent: float) -> None:
    found = session(cartItems=[{"price": value}])["cartItems"][0]["price"]

    assert (found, type(found)) == (sent, type(sent))


@pytest.mark.parametrize("value", ["dear", True, {}, [], float("inf"), 10**400])
def test_what_is_no_number_is_refused_by_the_place_of_its_field(value: Any) -> None:
    problem = problem_of(SESSION, {"customerSessionId": "s", "cartItems": [{"price": 1}, {"price": value}]})

    assert problem.startswith("cartItems[1].price ")
    assert "it must be a number" in problem


@pytest.mark.parametrize(("value", "sent"), [("true", True), (1, True), (True, True), ("false", False), (0, False)])
def test_what_reads_as_true_or_false_becomes_it(value: Any, sent: bool) -> None:
    assert profile(runRuleEngine=value)["runRuleEngine"] is sent


@pytest.mark.parametrize("value", ["yes", 2, {}, [], "TRUE"])
def test_what_is_neither_true_nor_false_is_refused(value: Any) -> None:
    assert problem_of(PROFILE, {**ADA, "runRuleEngine": value}).endswith("it must be true or false")


@pytest.mark.parametrize(
    ("value", "sent"), [(123, "123"), (1.5, "1.5"), (2.0, "2"), (True, "true"), (["ada"], "ada"), (False, "false")]
)
def test_a_scalar_becomes_a_text_where_one_is_asked_for(value: Any, sent: str) -> None:
    assert PROFILE({"customerProfileId": value}) == {"customerProfileId": sent}


@pytest.mark.parametrize("value", [{}, {"id": 1}, ["a", "b"], []])
def test_an_object_or_a_list_is_no_text(value: Any) -> None:
    assert problem_of(PROFILE, {"customerProfileId": value}).startswith("customerProfileId is ")


def test_a_single_value_for_a_list_becomes_a_list_of_one() -> None:
    assert profile(addAudienceIds="12") == {"addAudienceIds": [12]}
    assert session(cartItems={"sku": "p"}) == {"cartItems": [{"sku": "p"}]}


def test_unknown_keys_are_dropped_at_the_top_and_in_typed_objects() -> None:
    assert session(width=1, cartItems=[{"sku": "p", "width": 3}]) == {"cartItems": [{"sku": "p"}]}


@pytest.mark.parametrize("value", ["text", 1, [], True])
def test_a_free_object_must_be_an_object(value: Any) -> None:
    assert problem_of(PROFILE, {**ADA, "attributes": value}).endswith("it must be an object")


def test_a_text_with_choices_must_be_one_of_them() -> None:
    assert session(state="partially_returned") == {"state": "partially_returned"}
    problem = problem_of(SESSION, {"customerSessionId": "s", "state": "gone"})
    assert problem == "state is another text; it must be one of open, closed, partially_returned, cancelled"


def test_a_field_that_every_entry_of_a_list_needs_is_named_with_the_entrys_place() -> None:
    problem = problem_of(AUDIENCES, {"data": [{"customerProfileId": "a"}, {"adds": [1]}]})
    assert problem.startswith("data[1].customerProfileId is missing")
    assert problem_of(NAMED, {**ADA, "audiencesToAdd": [{"integrationId": "x"}]}).startswith("audiencesToAdd[0].name ")


def test_each_wrong_field_is_named() -> None:
    with pytest.raises(FieldsWrong) as wrong:
        PROFILE({"addAudienceIds": ["q"], "runRuleEngine": "perhaps", "attributes": {}})

    assert [problem.where for problem in wrong.value.problems] == [
        "customerProfileId",
        "addAudienceIds[0]",
        "runRuleEngine",
    ]


def test_a_wrong_value_is_not_repeated_to_whom_reads_the_log() -> None:
    secret = "ada@example.com"

    assert secret not in problem_of(PROFILE, {**ADA, "addAudienceIds": [secret]})


@given(st.sampled_from(sorted(ACTIONS)), st.data())
def test_any_values_are_either_refused_or_make_a_request_that_is_json(slug: str, data: st.DataObject) -> None:
    action = ACTIONS[slug]
    payload = {field.name: data.draw(json_values, label=field.name) for field in action.fields if not _is_free(field)}
    before = repr(payload)
    try:
        checked = compile_check(action.fields)(payload)
    except FieldsWrong:
        return
    json.dumps(request_of(action, checked).body, allow_nan=False)
    assert repr(payload) == before


def _is_free(field: Any) -> bool:
    """Whether a field holds, anywhere, a free object: what lies in it is the record's to check, not the action's."""
    return (field.type == "object" and not field.fields) or any(_is_free(inner) for inner in field.fields)
