"""Triggers under any text and any message, and against a second, slow evaluator written from the contract."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from producers.segment.triggers import compile_trigger

ROOTS = ("properties", "traits", "context")
FIELDS = ("type", "event", "name", "userId", *(f"{root}.{path}" for root in ROOTS for path in ("a", "b.c")))
PIECES = (*FIELDS, "and", "or", "(", ")", "!", "=", "!=", "<", ">=", '"a"', "'a'", '"a*"', "5", "-1.5", "true", "null")
PIECES += ("contains(", "match(", ",", " ", "\\", ".", "[0]", "foo", "\r", '"')

LITERALS = {None: "null", True: "true", False: "false"}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["a", "ab", "ba", "5", "true", "null", ""]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "c", "0"]), inner, max_size=3)
    ),
    max_leaves=8,
)
messages = st.dictionaries(st.sampled_from(["type", "event", "name", "userId", *ROOTS]), json_values)
shapely_messages = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("type", "event", "name", "userId"), json_values)
    | {
        root: st.dictionaries(
            st.sampled_from("ab"), json_values | st.dictionaries(st.just("c"), json_values, min_size=1)
        )
        for root in ROOTS
    },
)


@given(text=st.text() | st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join), message=json_values | messages)
def test_any_text_compiles_and_matching_any_json_never_raises(text: str, message: Any) -> None:
    trigger = compile_trigger(text)

    assert trigger.matches(message) in (True, False)
    assert trigger.error is None or not trigger.matches(message)


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=20), message=messages)
def test_any_pieces_put_together_compile(pieces: list[str], message: Any) -> None:
    assert compile_trigger("".join(pieces)).matches(message) in (True, False)


@dataclass(frozen=True)
class Leaf:
    """A condition, or a call of a function: what is written, and what it means by the contract."""

    field: str
    test: str
    value: Any

    def written(self) -> str:
        if self.test in ("contains", "!contains"):
            return f'{self.test}({self.field}, "{self.value}")'
        if self.test.endswith("starts"):
            return f'{self.test.removesuffix("starts")}match({self.field}, "{self.value}*")'
        if self.test.endswith("ends"):
            return f'{self.test.removesuffix("ends")}match({self.field}, "*{self.value}")'
        return f"{self.field} {self.test} {self._literal()}"

    def _literal(self) -> str:
        if not_text(self.value):
            return LITERALS[self.value]
        return str(self.value) if is_number(self.value) else f'"{self.value}"'

    def holds(self, message: dict[str, Any]) -> bool:
        actual = looked_up(message, self.field)
        if self.test in ("=", "!="):
            return self._equality(actual)
        if self.test in ("<", "<=", ">", ">="):
            compare = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}[self.test]
            return is_number(actual) and compare(float(actual), float(self.value))
        if not isinstance(actual, str):
            return False
        found = {"contains": self.value in actual, "starts": actual.startswith(self.value)}
        found["ends"] = actual.endswith(self.value)
        return found[self.test.removeprefix("!")] is not self.test.startswith("!")

    def _equality(self, actual: Any) -> bool:
        equal, typed = self.test == "=", "." in self.field
        if self.value is None and self.field not in ("type", "event"):
            return (actual is None) is equal
        if isinstance(self.value, bool) and equal and (typed or self.field == "userId"):
            return actual is self.value
        if is_number(self.value) and typed:
            return is_number(actual) and (float(actual) == float(self.value)) is equal
        text = LITERALS[self.value] if not_text(self.value) else str(self.value)
        return (isinstance(actual, str) and actual == text) is equal


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def not_text(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def looked_up(message: Any, field: str) -> Any:
    value = message
    for key in field.split("."):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) or value:
            return None  # the paths made here name nothing that a list or a text has
    return value


leaves = st.builds(
    Leaf, st.sampled_from(FIELDS), st.sampled_from(["=", "!="]), st.sampled_from(["a", "5", 5, -1.5, True, False, None])
) | st.builds(Leaf, st.sampled_from(FIELDS), st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from(["5", 5, -1.5]))
functions = st.builds(
    Leaf,
    st.sampled_from(FIELDS[1:]),
    st.sampled_from([f"{sign}{name}" for sign in ("", "!") for name in ("contains", "starts", "ends")]),
    st.sampled_from(["a", "b", "ab"]),
)
joints = st.sampled_from(["and", "or"])
levels = st.tuples(joints, st.lists(leaves, min_size=1, max_size=3))
expressions = st.tuples(joints, st.lists(leaves | functions | levels, min_size=1, max_size=4))


def written(member: Any, *, outermost: bool = False) -> str:
    if isinstance(member, Leaf):
        return member.written()
    joint, members = member
    text = f" {joint} ".join(written(inner) for inner in members)
    return text if outermost else f"({text})"


def holds(member: Any, message: dict[str, Any]) -> bool:
    if isinstance(member, Leaf):
        return member.holds(message)
    joint, members = member
    results = [holds(inner, message) for inner in members]
    return all(results) if joint == "and" else any(results)


@settings(max_examples=300)
@given(expression=expressions, message=shapely_messages)
def test_well_formed_triggers_mean_what_the_contract_says(expression: Any, message: dict[str, Any]) -> None:
    trigger = compile_trigger(written(expression, outermost=True))

    assert trigger.error is None
    assert trigger.matches(message) is holds(expression, message)


@given(expression=expressions)
def test_well_formed_triggers_earn_no_warning(expression: Any) -> None:
    assert compile_trigger(written(expression, outermost=True)).warnings == ()
