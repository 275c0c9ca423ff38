"""Every rule of the directives, one example each, as the contract gives them."""

from __future__ import annotations

from typing import Any

import pytest

from producers.segment.mapping import MappingNotApplied, compile_mapping

MESSAGE: dict[str, Any] = {
    "id": "c-7",
    "n": 0,
    "e": "",
    "nul": None,
    "no": False,
    "s": "Gold-Tier-Gold",
    "price": 25.0,
    "obj": {"k": 1, "z": [1, {"q": 2}]},
    "arr": [{"sku": "A", "q": 1}, {"sku": "B"}],
    "list": ["p", "q"],
    "nothing": [],
    "one": {"sku": "Z"},
    "a.b": "dotted",
    "odd[x]": "bracketed",
    "$": {"k": "dollar"},
    "k": "plain",
    "text": '{"a": [1.0, 2]}',
}
MISSING = "the field is left out"


def applied(value: Any, message: Any = MESSAGE) -> Any:
    return compile_mapping({"field": value}).apply(message).get("field", MISSING)


def path(text: str) -> dict[str, Any]:
    return {"@path": text}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$.arr[0].sku", "A"),
        ("$.arr.1.sku", "B"),
        ("$.nul.x", None),
        ("$.n.x", 0),
        ("$.e.x", ""),
        ("$.no.x", False),
        ("$.list.length", 2),
        ("$.s.length", 14),
        ("$.s[0]", "G"),
        ("$.arr['0']['sku']", "A"),
        ('$.obj["k"]', 1),
        ("$.['k']", "plain"),
        ("$['k']", "dollar"),
        ("$.odd[x]", "bracketed"),
        ("k", "plain"),
        ("obj.$.k", 1),
        ("$.nope", MISSING),
        ("$.nope.x", MISSING),
        ("$.arr[9]", MISSING),
        ("$.arr.01", MISSING),
        ("$.['a.b']", MISSING),
        ("$.price.x", MISSING),
    ],
)
def test_a_path_finds_what_javascript_finds(text: str, found: Any) -> None:
    assert applied(path(text)) == found


def test_the_dollar_alone_is_a_key_like_any_other() -> None:
    assert applied(path("$"), {"id": "c-7"}) == MISSING


def test_the_path_of_the_root_is_the_whole_message() -> None:
    assert applied(path("$."), {"id": "c-7"}) == {"id": "c-7"}


def test_a_path_may_come_from_a_directive() -> None:
    assert applied({"@path": {"@template": "$.{{list[0]}}x"}}, {"list": ["p"], "px": 3}) == 3


def test_a_path_that_is_no_text_fails_with_its_place() -> None:
    with pytest.raises(MappingNotApplied, match=r"^/field/@path: should give a string but it gives the type number"):
        applied({"@path": path("$.n")})


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{id}}/{{nul}}/{{list}}", "c-7//p,q"),
        ("{{{id}}}-{{ id }}", "c-7-c-7"),
        ("{{obj}}", "[object Object]"),
        ("{{arr}}", "[object Object],[object Object]"),
        ("{{price}} {{n}} {{no}}", "25 0 false"),
        ("{{nope}}", ""),
        ("{{id", "{{id"),
        ("{{id}", "{{id}"),
        ("{{}}", "{{}}"),
        ("{{{{id}}}}", "}"),
        ("{{ $.id }}", ""),
        ("{{arr.0.sku}}{{arr[1].sku}}", "AB"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_a_template_puts_in_what_lies_at_its_paths(template: str, text: str) -> None:
    assert applied({"@template": template}) == text


def test_what_a_template_puts_in_is_not_looked_through_again() -> None:
    assert applied({"@template": "{{{a}}}"}, {"a": "{{b}}", "b": "secret"}) == "{{b}}"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1.5e-7, "1.5e-7"),
        (0.000001, "0.000001"),
        (123.456, "123.456"),
        (1.2345678901234567e20, "123456789012345670000"),
        (2**53 + 1, "9007199254740992"),
        (-2.5, "-2.5"),
        (10**400, "Infinity"),
    ],
)
def test_a_number_prints_as_in_javascript(number: float, text: str) -> None:
    assert applied({"@template": "{{n}}"}, {"n": number}) == text


def test_a_literal_stays_as_it_stands() -> None:
    assert applied({"@literal": "{{id}}"}) == "{{id}}"


def test_directives_inside_a_literal_are_resolved() -> None:
    assert applied({"@literal": {"x": path("$.id")}}) == {"x": "c-7"}


@pytest.mark.parametrize(
    ("options", "result"),
    [
        ({"exists": path("$.e"), "then": "yes", "else": "no"}, "yes"),
        ({"exists": path("$.nul"), "then": "yes", "else": "no"}, "no"),
        ({"exists": path("$.nope"), "then": "yes", "else": "no"}, "no"),
        ({"exists": path("$.nope"), "else": 0}, MISSING),
        ({"exists": path("$.nope"), "else": ""}, MISSING),
        ({"exists": path("$.nope"), "else": []}, []),
        ({"exists": path("$.id"), "then": None}, None),
        ({"exists": path("$.id")}, MISSING),
        ({"blank": path("$.id"), "then": "yes", "else": "no"}, "yes"),
        ({"blank": path("$.n"), "then": "yes", "else": "no"}, "no"),
        ({"blank": path("$.no"), "then": "yes", "else": "no"}, "no"),
        ({"blank": path("$.nothing"), "then": "yes", "else": "no"}, "no"),
        ({"blank": path("$.e"), "then": "yes", "else": "no"}, "no"),
        ({"blank": path("$.obj"), "then": "yes", "else": "no"}, "yes"),
        ({"blank": path("$.nul"), "exists": path("$.id"), "then": "yes", "else": "no"}, "yes"),
    ],
)
def test_if_chooses_by_whether_something_is_there(options: dict[str, Any], result: Any) -> None:
    assert applied({"@if": options}) == result


@pytest.mark.parametrize(
    ("options", "result"),
    [
        ({"operator": "upper", "value": path("$.id")}, "C-7"),
        ({"operator": "lower", "value": path("$.s")}, "gold-tier-gold"),
        ({"operator": "upper", "value": path("$.n")}, 0),
        ({"operator": "wrong", "value": path("$.obj")}, MESSAGE["obj"]),
        ({"operator": "upper", "value": ""}, MISSING),
        ({"operator": "upper"}, MISSING),
        ({"operator": "upper", "value": "straße"}, "STRASSE"),
    ],
)
def test_case_changes_texts_only(options: dict[str, Any], result: Any) -> None:
    assert applied({"@case": options}) == result


def test_a_wrong_operator_fails_on_a_text() -> None:
    with pytest.raises(MappingNotApplied, match=r'^/field/@case/operator: should be "lower" or "upper"'):
        applied({"@case": {"operator": "wrong", "value": path("$.id")}})


@pytest.mark.parametrize(
    ("options", "result"),
    [
        ({"pattern": "Gold", "replacement": "Au"}, "Au-Tier-Au"),
        ({"pattern": "Gold", "replacement": "Au", "global": False}, "Au-Tier-Gold"),
        ({"pattern": "Gold"}, "-Tier-"),
        ({"pattern": "gold", "replacement": "Au"}, "Gold-Tier-Gold"),
        ({"pattern": "gold", "replacement": "Au", "ignorecase": True}, "Au-Tier-Au"),
        ({"pattern": "Gold", "replacement": "[$&]"}, "[Gold]-Tier-[Gold]"),
        ({"pattern": "Tier", "replacement": "$$1$9"}, "Gold-$1$9-Gold"),
        ({"pattern": "-Tier", "replacement": "$`"}, "GoldGold-Gold"),
        ({"pattern": "Tier-", "replacement": "$'"}, "Gold-GoldGold"),
        ({"pattern": ".", "replacement": "!"}, "Gold-Tier-Gold"),
        ({"pattern": "Gold", "replacement": "A", "pattern2": "A", "replacement2": "B"}, "B-Tier-B"),
        ({"pattern": "Gold", "pattern2": "Tier"}, "--"),
    ],
)
def test_replace_changes_literal_texts(options: dict[str, Any], result: str) -> None:
    assert applied({"@replace": {**options, "value": path("$.s")}}) == result


@pytest.mark.parametrize(
    ("value", "result"),
    [(path("$.price"), "2X"), (path("$.no"), "false"), (path("$.nul"), ""), (path("$.nope"), ""), (path("$.obj"), "")],
)
def test_replace_takes_numbers_and_booleans_as_texts_and_nothing_else(value: Any, result: str) -> None:
    assert applied({"@replace": {"pattern": "5", "replacement": "X", "value": value}}) == result


def test_a_flat_object_whose_names_would_fill_the_memory_fails() -> None:
    deep = {"k" * 1_000_000: {str(n): n for n in range(5_000)}}
    with pytest.raises(MappingNotApplied, match="names become too long"):
        applied({"@flatten": {"separator": "_", "value": path("$.deep")}}, {"deep": deep})


def test_a_long_text_is_not_merged_letter_by_letter() -> None:
    with pytest.raises(MappingNotApplied, match="too long to be merged"):
        applied({"@merge": {"direction": "right", "objects": [path("$.t")]}}, {"t": "a" * 100_000})


def test_a_replacement_that_would_fill_the_memory_fails() -> None:
    with pytest.raises(MappingNotApplied, match="becomes too long"):
        applied({"@replace": {"pattern": "a", "replacement": "$`", "value": path("$.t")}}, {"t": "a" * 100_000})


@pytest.mark.parametrize(
    ("options", "result"),
    [
        (["$.arr", {"c": path("$.sku")}], [{"c": "A"}, {"c": "B"}]),
        (["$.one", {"c": path("$.sku")}], [{"c": "Z"}]),
        (["$.arr", {"c": path("$.q")}], [{"c": 1}, {}]),
        (["$.arr", path("$.q")], [1, None]),
        ([path("$.arr"), {"c": path("$.sku")}], [{"c": "A"}, {"c": "B"}]),
        (["$.list", {"c": path("$.")}], [{"c": "p"}, {"c": "q"}]),
        (["$.list"], ["p", "q"]),
        (["$.list", {}], ["p", "q"]),
        (["$.n", {"c": path("$.sku")}], 0),
        (["$.nul", {"c": path("$.sku")}], None),
        (["$.nope", {"c": path("$.sku")}], MISSING),
    ],
)
def test_an_array_path_gives_each_item_its_shape(options: list[Any], result: Any) -> None:
    assert applied({"@arrayPath": options}) == result


@pytest.mark.parametrize(
    ("direction", "objects", "result"),
    [
        ("right", [{"k": 9, "a": 1}, path("$.one")], {"k": 9, "a": 1, "sku": "Z"}),
        ("right", [{"k": 9, "a": 1}, {"k": 1}], {"k": 1, "a": 1}),
        ("left", [{"k": 9, "a": 1}, {"k": 1}], {"k": 9, "a": 1}),
        ("LEFT", [{"k": 9}, {"k": 1}], {"k": 1}),
        ("right", [{"k": 9}, path("$.nope"), path("$.nul")], {"k": 9}),
        ("right", [{"k": 9}, {"k": path("$.nul")}], {"k": None}),
        ("right", [{"k": 9}, {"k": path("$.nope")}], {}),
        ("right", [], {}),
    ],
)
def test_merge_lets_one_side_win(direction: str, objects: list[Any], result: Any) -> None:
    assert applied({"@merge": {"direction": direction, "objects": objects}}) == result


def test_transform_resolves_its_mapping_against_the_new_input_only() -> None:
    mapping = {"apply": {"p": path("$.obj.k")}, "mapping": {"o": {"@template": "k{{p}}"}, "old": path("$.id")}}

    assert applied({"@transform": mapping}) == {"o": "k1"}


@pytest.mark.parametrize(
    ("options", "result"),
    [
        ({"separator": "_", "value": path("$.obj")}, {"k": 1, "z_0": 1, "z_1_q": 2}),
        ({"separator": "_", "value": path("$.obj"), "omitArrays": True}, {"k": 1, "z": [1, {"q": 2}]}),
        ({"separator": ".", "value": {"a": {}, "b": [], "c": None}}, {"c": None}),
        ({"separator": "_", "value": path("$.id")}, {"": "c-7"}),
        ({"separator": "_", "value": {"": {"a": 1}}}, {"_a": 1}),
        ({"separator": "_", "value": path("$.nope")}, {}),
    ],
)
def test_flatten_joins_nested_keys(options: dict[str, Any], result: Any) -> None:
    assert applied({"@flatten": options}) == result


@pytest.mark.parametrize(
    ("mode", "value", "result"),
    [
        ("encode", path("$.one"), '{"sku":"Z"}'),
        ("encode", path("$.price"), "25"),
        ("encode", {"city": "Zürich", "gone": path("$.nope"), "l": [path("$.nope")]}, '{"city":"Zürich","l":[null]}'),
        ("encode", {"b": 1, "10": 2, "9": 3}, '{"9":3,"10":2,"b":1}'),
        ("encode", path("$.nope"), MISSING),
        ("decode", path("$.text"), {"a": [1.0, 2]}),
        ("decode", path("$.id"), "c-7"),
        ("decode", path("$.obj"), MESSAGE["obj"]),
        ("Encode", path("$.one"), MISSING),
    ],
)
def test_json_turns_values_into_text_and_back(mode: str, value: Any, result: Any) -> None:
    assert applied({"@json": {"mode": mode, "value": value}}) == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (path("$.nul"), MISSING),
        ({"a": None, "b": {"c": None}}, {"b": {}}),
        ({"a": [None, {"b": None}]}, {"a": [None, {"b": None}]}),
        (path("$.n"), 0),
    ],
)
def test_exclude_when_null_leaves_nulls_out(value: Any, result: Any) -> None:
    assert applied({"@excludeWhenNull": value}) == result


def test_metadata_beside_a_directive_is_ignored() -> None:
    assert applied({"@path": "$.id", "_metadata": {"label": "Id"}}) == "c-7"


def test_objects_leave_out_what_is_undefined_and_lists_hold_null_for_it() -> None:
    mapping = compile_mapping({"o": {"x": path("$.nope"), "n": None}, "l": [path("$.nope"), path("$.id")]})

    assert mapping.apply(MESSAGE) == {"o": {"n": None}, "l": [None, "c-7"]}


def test_the_root_directive_gets_all_other_keys_as_its_mapping() -> None:
    mapping = compile_mapping(
        {"__segment_internal_directive": {"@transform": {"apply": {"p": path("$.obj.k")}}}, "out": path("$.p")}
    )

    assert mapping.apply(MESSAGE) == {"out": 1}


def test_within_a_raw_list_an_object_with_an_at_key_among_others_is_plain() -> None:
    assert applied([{"@path": "$.id", "x": path("$.id")}]) == [{"@path": "$.id", "x": "c-7"}]


def test_within_a_raw_list_an_unknown_directive_fails_when_it_is_resolved() -> None:
    with pytest.raises(MappingNotApplied, match=r"^/field/0: @nope is not a directive"):
        applied([{"@nope": 1}])
