"""Conditions as functions of a message. Nothing here raises, whatever JSON the message is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any, Final

from producers.segment.mapping.javascript import is_index
from producers.segment.triggers.conditions import Condition, Field, Group, Node, Test

Message = Mapping[str, Any]
Check = Callable[[Message], bool]
Read = Callable[[Message], Any]

COMPARE: Final[dict[Test, Callable[[float, float], bool]]] = {
    Test.LESS: lt,
    Test.AT_MOST: le,
    Test.MORE: gt,
    Test.AT_LEAST: ge,
}


def check_of(node: Node) -> Check:
    """Return the function that says whether a message (an object) is what the node asks for."""
    if isinstance(node, Condition):
        return _check_of_condition(node)
    checks = tuple(check_of(member) for member in node.members)
    if len(checks) == 2:  # by far the most common; calling both beats a loop
        return _check_of_two(node, *checks)
    if node.joint == "and":

        def all_hold(message: Message) -> bool:
            for check in checks:  # noqa: SIM110 - all() with a generator takes three times as long
                if not check(message):
                    return False
            return True

        return all_hold

    def one_holds(message: Message) -> bool:
        for check in checks:  # noqa: SIM110 - as above
            if check(message):
                return True
        return False

    return one_holds


def _check_of_two(group: Group, first: Check, second: Check) -> Check:
    if group.joint == "and":
        return lambda message: first(message) and second(message)
    return lambda message: first(message) or second(message)


def _check_of_condition(condition: Condition) -> Check:
    test, operand = condition.test, condition.operand
    if test is Test.IS and not condition.field.path:
        root = condition.field.root
        return lambda message: bool(message.get(root) == operand)
    read = _read_of(condition.field)
    if isinstance(operand, str):
        return _text_check(test, operand, read)
    return _number_check(test, operand, read)


def _text_check(test: Test, operand: str, read: Read) -> Check:
    checks: dict[Test, Check] = {
        Test.IS: lambda message: bool(read(message) == operand),
        Test.IS_NOT: lambda message: bool(read(message) != operand),
        Test.IS_TRUE: lambda message: read(message) is True,
        Test.IS_FALSE: lambda message: read(message) is False,
        Test.IS_SET: lambda message: read(message) is not None,
        Test.IS_MISSING: lambda message: read(message) is None,
        Test.CONTAINS: lambda message: isinstance(value := read(message), str) and operand in value,
        Test.CONTAINS_NOT: lambda message: isinstance(value := read(message), str) and operand not in value,
        Test.STARTS: lambda message: isinstance(value := read(message), str) and value.startswith(operand),
        Test.STARTS_NOT: lambda message: isinstance(value := read(message), str) and not value.startswith(operand),
        Test.ENDS: lambda message: isinstance(value := read(message), str) and value.endswith(operand),
        Test.ENDS_NOT: lambda message: isinstance(value := read(message), str) and not value.endswith(operand),
        Test.NEVER: lambda message: False,
    }
    return checks[test]


def _number_check(test: Test, operand: float, read: Read) -> Check:
    if test is Test.NUMBER_IS:
        return lambda message: (value := _double(read(message))) is not None and value == operand
    if test is Test.NUMBER_IS_NOT:
        return lambda message: (value := _double(read(message))) is not None and value != operand
    compare = COMPARE[test]
    return lambda message: (value := _double(read(message))) is not None and compare(value, operand)


def _double(value: Any) -> float | None:
    """A number as JavaScript holds it; None for anything else, a boolean too."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _read_of(field: Field) -> Read:
    """Return the function that gets a field's value; None stands for null and missing alike: no test tells them apart.

    On the way an empty value (0, false, ``""``) is returned as it is, as Segment's look-up does.
    """
    root, path = field.root, field.path
    if not path:
        return lambda message: message.get(root)
    if len(path) == 1:
        key = path[0]

        def read_one(message: Message) -> Any:
            holder = message.get(root)
            return holder.get(key) if type(holder) is dict else _inside(holder, key)

        return read_one

    def read_deep(message: Message) -> Any:
        value = message.get(root)
        for key in path:
            value = value.get(key) if type(value) is dict else _inside(value, key)
        return value

    return read_deep


def _inside(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, list):
        if key == "length":
            return len(value)
        return value[int(key)] if is_index(key) and int(key) < len(value) else None
    return None if value else value
