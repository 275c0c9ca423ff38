"""What is wrong with a mapping before any message is seen: all faults at once, each with its place.

Every object of the mapping is looked at, but nothing inside raw lists: what is wrong there shows when it is resolved.
Beyond what Segment checks, faults that every message would run into are found here too: a directive without an option
that it cannot do without, and Liquid that cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, Final

from producers.segment.mapping.errors import Fault
from producers.segment.mapping.javascript import is_falsy, length_of, type_name
from producers.segment.mapping.liquid import LiquidFault, compile_liquid
from producers.segment.mapping.shape import (
    METADATA,
    MOST_PATTERN,
    MOST_REPLACEMENT,
    ROOT_KEY,
    directives_in,
    is_marked,
    step,
)

Report = Callable[[str, str], None]
Check = Callable[[Any, str, Report], None]

_JSON_TYPES: Final = frozenset(("object", "array", "string", "number", "boolean", "null"))


def faults_of(mapping: Any) -> tuple[Fault, ...]:
    """Return everything that is wrong with a mapping, in its order; nothing twice."""
    found: dict[Fault, None] = {}

    def report(path: str, message: str) -> None:
        found[Fault(path or "/", message)] = None

    check_root(mapping, "", report)
    return tuple(found)


def check_root(mapping: Any, path: str, report: Report) -> None:
    """Check a whole mapping: the one of a field set, or what ``@transform`` applies."""
    if not isinstance(mapping, dict):
        report(path, f"should be an object but it is {_a(type_name(mapping))}.")
        return
    if ROOT_KEY not in mapping:
        _any(mapping, path, report)
        return
    place = step(path, ROOT_KEY)
    root = mapping[ROOT_KEY]
    others = {key: value for key, value in mapping.items() if key != ROOT_KEY}
    if not isinstance(root, dict) or len(root) != 1 or not directives_in(root):
        report(place, "should hold exactly one directive.")
        _any(others, path, report)
        return
    (name, options), *_ = root.items()
    if not isinstance(options, dict):
        report(step(place, name), f"should be an object but it is {_a(type_name(options))}.")
        _any(others, path, report)
        return
    _any({name: {**options, "mapping": others}}, place, report)


def _any(value: Any, path: str, report: Report) -> None:
    """Check a directive or a raw value."""
    kind = type_name(value)
    if kind not in _JSON_TYPES or (isinstance(value, float) and not isfinite(value)):
        report(path, f"should be a mapping directive or a JSON value but it is {_a(kind)}.")
    elif is_marked(value):
        _directive(value, path, report)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(key, str):
                _any(inner, step(path, key), report)
            else:
                report(path, f"should have texts as keys but one is {_a(type_name(key))}.")


def _directive(value: dict[str, Any], path: str, report: Report) -> None:
    names = directives_in(value)
    others = [key for key in value if key not in names and key != METADATA]
    if len(names) > 1 or others:
        report(path, f"should only have one @-prefixed key but it has {len(names) + len(others)} keys.")
        return
    name = names[0]
    check = _CHECKS.get(name)
    if check is None:
        report(path, f"has an invalid directive: {name}.")
        return
    check(value[name], step(path, name), report)


def _text_or_directive(value: Any, path: str, report: Report) -> None:
    if is_marked(value):
        _directive(value, path, report)
    elif not isinstance(value, str):
        report(path, f"should be a string or a mapping directive but it is {_a(type_name(value))}.")


def _text(value: Any, path: str, report: Report) -> None:
    if not isinstance(value, str):
        kind = "directive" if is_marked(value) else type_name(value)
        report(path, f"should be a string but it is {_a(kind)}.")


def _boolean(value: Any, path: str, report: Report) -> None:
    if not isinstance(value, bool):
        kind = "directive" if is_marked(value) else type_name(value)
        report(path, f"should be a boolean but it is {_a(kind)}.")


def _text_of_length(least: int, most: int) -> Check:
    def check(value: Any, path: str, report: Report) -> None:
        _text(value, path, report)
        if isinstance(value, str) and not least <= length_of(value) <= most:
            report(path, f"should be a string of {least} to {most} characters.")

    return check


def _separator(value: Any, path: str, report: Report) -> None:
    _text_or_directive(value, path, report)
    if value == "":
        report(path, "should be a string of at least one character.")


def _operator(value: Any, path: str, report: Report) -> None:
    _text(value, path, report)
    if value == "":
        report(path, 'should be "lower" or "upper".')


def _direction(value: Any, path: str, report: Report) -> None:
    _text_or_directive(value, path, report)
    if isinstance(value, str) and value.lower() not in ("left", "right"):
        report(path, 'should be "left" or "right".')


def _list(value: Any, path: str, report: Report) -> None:
    if not isinstance(value, list):
        report(path, f"should be an array but it is {_a(type_name(value))}.")


def _truthy(value: Any, path: str, report: Report) -> None:
    _any(value, path, report)
    if is_falsy(value):
        report(path, "should not be empty.")


def _object(value: Any, path: str, report: Report) -> None:
    if isinstance(value, dict):
        check_root(value, path, report)
    else:
        report(path, f"should be an object but it is {_a(type_name(value))}.")


def _options(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    """Build the check of a directive whose value is an object of options; more options than it knows do no harm."""

    def check(value: Any, path: str, report: Report) -> None:
        if not isinstance(value, dict) or is_marked(value):
            kind = "directive" if is_marked(value) else type_name(value)
            report(path, f"should be an object but it is {_a(kind)}.")
            return
        for name in required:
            if name not in value:
                report(path, f'should have field "{name}" but it doesn\'t.')
        for name, inner in value.items():
            known = required.get(name) or optional.get(name) or _any
            known(inner, step(path, name), report)

    return check


_if_options: Final = _options({}, {})


def _if(value: Any, path: str, report: Report) -> None:
    _if_options(value, path, report)
    if isinstance(value, dict) and is_falsy(value.get("exists")) and is_falsy(value.get("blank")):
        report(path, 'should have an "exists" or a "blank" field with something to look at.')


def _array_path(value: Any, path: str, report: Report) -> None:
    if not isinstance(value, list):
        report(path, f"should be an array but it is {_a(type_name(value))}.")
    elif not value:
        report(path, "should hold a path and, where wanted, a shape.")
    else:
        _text_or_directive(value[0], step(path, "0"), report)
        if len(value) > 1:
            _any(value[1], step(path, "1"), report)


def _liquid(value: Any, path: str, report: Report) -> None:
    _text(value, path, report)
    if isinstance(value, str):
        try:
            compile_liquid(value)
        except LiquidFault as fault:
            report(path, fault.sentence)


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


_CHECKS: Final[dict[str, Check]] = {
    "@path": _text_or_directive,
    "@template": _text_or_directive,
    "@literal": _any,
    "@if": _if,
    "@case": _options({"operator": _operator}, {"value": _text_or_directive}),
    "@replace": _options(
        {"pattern": _text_of_length(1, MOST_PATTERN), "value": _text_or_directive},
        {
            "replacement": _text_of_length(0, MOST_REPLACEMENT),
            "pattern2": _text_of_length(0, MOST_PATTERN),
            "replacement2": _text_of_length(0, MOST_REPLACEMENT),
            "ignorecase": _boolean,
            "global": _boolean,
        },
    ),
    "@arrayPath": _array_path,
    "@merge": _options({"direction": _direction, "objects": _list}, {}),
    "@transform": _options({"apply": _object, "mapping": _truthy}, {}),
    "@flatten": _options({"separator": _separator, "value": _any}, {"omitArrays": _boolean}),
    "@json": _options({"mode": _text, "value": _truthy}, {}),
    "@liquid": _liquid,
    "@excludeWhenNull": _any,
}
