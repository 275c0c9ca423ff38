"""A mapping's fields as they will be resolved: the action's defaults filled in, and what cannot work found beforehand.

A default is taken where a mapping leaves the field out entirely; an empty text (or null, in JSON) switches it off. A
value without directives is the same for every message, so it is checked here once instead of failing each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from producers.segment.actions.checking import FieldProblem, coercer_of
from producers.segment.actions.fields import Action, Field
from producers.segment.actions.values import Wrong
from tercel.settings.nearest import suggestion

ROOT_DIRECTIVE: Final = "__segment_internal_directive"  # belongs to the mapping as a whole, beside its fields
_INTERNAL: Final = "__segment_internal_"
# Segment's own batching: Tercel batches by itself, so these are taken and say nothing.
_BATCHING: Final = frozenset({"enable_batching", "batch_size", "batch_keys", "batch_bytes"})


@dataclass(frozen=True, slots=True)
class CompleteFields:
    """The mapping to compile, what is wrong with it, and the fields that the action does not know."""

    mapping: dict[str, Any]
    problems: tuple[FieldProblem, ...] = ()
    unknown: tuple[FieldProblem, ...] = ()


def complete_fields(action: Action, written: Mapping[str, Any]) -> CompleteFields:
    """Return a mapping's fields with the defaults of its action."""
    if any(key.startswith("@") for key in written):  # the whole payload is one directive's; nothing is known of it yet
        return CompleteFields(dict(written))
    known = {field.name for field in action.fields}
    unknown = tuple(
        FieldProblem(key, f"is not a field of {action.slug}{suggestion(key, known)}")
        for key in written
        if key not in known and key not in _BATCHING and not key.startswith(_INTERNAL)
    )
    mapping, problems = _completed(action.fields, written)
    if ROOT_DIRECTIVE in written:
        mapping[ROOT_DIRECTIVE] = written[ROOT_DIRECTIVE]
    return CompleteFields(mapping, tuple(problems), unknown)


def _completed(fields: tuple[Field, ...], written: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldProblem]]:
    mapping: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    for field in fields:
        if field.name not in written and field.default is None:
            if field.required:
                problems.append(FieldProblem(field.name, "is missing, and the action needs it; map it"))
            continue
        value = written.get(field.name, field.default)
        if field.fields and not field.many and type(value) is dict and not _is_directive(value):
            value, inner = _completed(field.fields, {**value})
            problems += [FieldProblem(f"{field.name}.{problem.where}", problem.reason) for problem in inner]
        elif problem := _static_problem(field, value):
            problems.append(problem)
        mapping[field.name] = value
    return mapping, problems


def _static_problem(field: Field, value: Any) -> FieldProblem | None:
    """Return what is wrong with a value that no message changes."""
    if _holds_directive(value):
        return None
    if value is None or value == "":
        return FieldProblem(field.name, "is empty, and the action needs it; map it") if field.required else None
    try:
        coercer_of(field)(value)
    except Wrong as wrong:
        return FieldProblem(field.name + wrong.where, wrong.reason)
    return None


def _is_directive(value: Mapping[str, Any]) -> bool:
    return any(key.startswith("@") for key in value)


def _holds_directive(value: Any) -> bool:
    if isinstance(value, dict):
        return _is_directive(value) or any(_holds_directive(inner) for inner in value.values())
    return isinstance(value, list) and any(_holds_directive(inner) for inner in value)
