"""What a mapping made of a message, checked against its action's fields: empty values go, the rest is coerced.

Compiled once for an action into closures, because it runs for every message. The order of work is Segment's: ``""`` is
dropped at the top level, null and (but for texts) ``""`` in typed fields; what remains is coerced; unknown keys of
typed objects are dropped; a required field that is left empty stops the message. Free objects are not looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from producers.segment.actions.fields import Field, FieldType
from producers.segment.actions.values import (
    Coercer,
    Wrong,
    boolean,
    free_object,
    integer,
    noun_of,
    number,
    one_of,
    text,
)

_SIMPLE: Final[Mapping[FieldType, Coercer]] = {
    FieldType.STRING: text,
    FieldType.NUMBER: number,
    FieldType.INTEGER: integer,
    FieldType.BOOLEAN: boolean,
    FieldType.OBJECT: free_object,
}
_MISSING: Final = "is missing or empty, and the action needs it"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of what a mapping made. ``where`` is its place: ``data[3].adds[0]``."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where} {self.reason}"


class FieldsWrong(Exception):
    """One or more fields are wrong or missing: the first problem of each."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


Check = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Returns the payload of what a mapping made. Raises :class:`FieldsWrong`."""


def compile_check(fields: tuple[Field, ...]) -> Check:
    """Return the check of an action's fields, in their order; other keys are dropped."""
    steps = tuple((field.name, coercer_of(field), field.required) for field in fields)

    def check(mapped: Mapping[str, Any]) -> dict[str, Any]:
        payload: dict[str, Any] = {}
        problems: list[FieldProblem] = []
        get = mapped.get
        for name, coerce, required in steps:
            value = get(name)
            if value is None or value == "":
                if required:
                    problems.append(FieldProblem(name, _MISSING))
                continue
            try:
                payload[name] = coerce(value)
            except Wrong as wrong:
                problems.append(FieldProblem(name + wrong.where, wrong.reason))
        if problems:
            raise FieldsWrong(tuple(problems))
        return payload

    return check


def coercer_of(field: Field) -> Coercer:
    """Return the coercer of a field's value, a list's included."""
    one = _typed_object(field.fields) if field.fields else _simple(field)
    return _list_of(one) if field.many else one


def _simple(field: Field) -> Coercer:
    return one_of(field.choices) if field.choices else _SIMPLE[field.type]


def _list_of(one: Coercer) -> Coercer:
    def many(value: Any) -> list[Any]:
        items = value if type(value) is list else [value]
        found = []
        for index, item in enumerate(items):
            if item is None or item == "":
                continue
            try:
                found.append(one(item))
            except Wrong as wrong:
                raise wrong.below(f"[{index}]") from None
        return found

    return many


def _typed_object(fields: tuple[Field, ...]) -> Coercer:
    # An empty text stays only where a text is asked for.
    steps = tuple(
        (field.name, coercer_of(field), field.required, field.type is FieldType.STRING and not field.many)
        for field in fields
    )

    def typed(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise Wrong("", f"is {noun_of(value)}; it must be an object")
        found: dict[str, Any] = {}
        for name, coerce, required, is_text in steps:
            inner = value.get(name)
            if inner is None or (inner == "" and not is_text):
                if required:
                    raise Wrong(f".{name}", _MISSING)
                continue
            try:
                found[name] = coerce(inner)
            except Wrong as wrong:
                raise wrong.below(f".{name}") from None
        return found

    return typed
