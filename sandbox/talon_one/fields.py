"""Checking the fields of a body against what the contract says about each, with every problem named by a pointer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.talon_one.attributes import is_number, is_rfc3339
from sandbox.talon_one.replies import Problem, escape

Complaint = tuple[str, str] | None
"""A problem's title and details, or None where the value is good."""
Check = Callable[[Any], Complaint]


@dataclass(frozen=True, slots=True)
class Field:
    """What a field's value must be, and whether it may be left out."""

    check: Check
    required: bool = False


Shape = Mapping[str, Field]


def problems(data: Any, shape: Shape, prefix: str, *, refuse_unknown: bool) -> list[Problem]:
    """What is wrong with the object ``data`` found at the pointer ``prefix``; an empty list where nothing is."""
    if not isinstance(data, dict):
        return [Problem("Invalid type", "must be an object", prefix)]
    found = [
        Problem("Required", f"{name} is required", f"{prefix}/{name}")
        for name, field in shape.items()
        if field.required and name not in data
    ]
    for name, value in data.items():
        field = shape.get(name)
        if field is None:
            if refuse_unknown:
                found.append(Problem("Unknown", f"{name} is not a field of this request", f"{prefix}/{escape(name)}"))
        elif (complaint := field.check(value)) is not None:
            found.append(Problem(*complaint, f"{prefix}/{name}"))
    return found


def text(*, least: int = 0, most: int | None = None) -> Check:
    """A string of ``least`` to ``most`` characters."""

    def check(value: Any) -> Complaint:
        if type(value) is not str:
            return "Invalid type", "must be a string"
        if len(value) < least:
            return "Too short", f"must have at least {least} character(s)"
        if most is not None and len(value) > most:
            return "Too long", f"must not exceed {most} characters"
        return None

    return check


def one_of(*values: str) -> Check:
    """One of some strings."""
    return lambda value: None if value in values else ("enum", f"must be one of {', '.join(values)}")


def integer(*, least: int | None = None) -> Check:
    """An integer, at least ``least``."""

    def check(value: Any) -> Complaint:
        if type(value) is not int:
            return "Invalid type", "must be an integer"
        return None if least is None or value >= least else ("Too small", f"must be at least {least}")

    return check


def number(value: Any) -> Complaint:
    """A number."""
    return None if is_number(value) else ("Invalid type", "must be a number")


def boolean(value: Any) -> Complaint:
    """``true`` or ``false``."""
    return None if isinstance(value, bool) else ("Invalid type", "must be a boolean")


def moment(value: Any) -> Complaint:
    """An RFC 3339 date-time."""
    return None if isinstance(value, str) and is_rfc3339(value) else ("Invalid type", "must be an RFC 3339 time")


def listing(of: Check, *, most: int | None = None, unique: bool = False) -> Check:
    """An array whose items pass ``of``, with at most ``most`` of them."""

    def check(value: Any) -> Complaint:
        if not isinstance(value, list):
            return "Invalid type", "must be an array"
        if most is not None and len(value) > most:
            return "Too many", f"must not have more than {most} items"
        complaint = next(filter(None, map(of, value)), None)
        if complaint is None and unique and len(set(value)) != len(value):
            return "Not unique", "must not have an item twice"
        return complaint

    return check


def anything(_: Any) -> Complaint:
    """Any value: it is looked at elsewhere."""
    return None


def responses(*names: str) -> Check:
    """A ``responseContent``."""
    return listing(one_of(*names))
