"""A trigger, compiled once and asked for every message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from producers.segment.triggers.evaluating import Check, check_of
from producers.segment.triggers.parsing import parse
from producers.segment.triggers.tokens import TriggerSyntaxError, tokens_of


@dataclass(frozen=True, slots=True)
class Trigger:
    """Which messages a mapping is for.

    ``matches(message)`` never raises; it is False for what is no object. ``error`` says why the trigger can never
    match, None where it can. ``warnings`` say what it does that its writer may not expect; both are sentences that name
    the character, counted from 1.
    """

    text: str
    error: str | None
    warnings: tuple[str, ...]
    matches: Callable[[Mapping[str, Any]], bool] = field(repr=False, compare=False)


def compile_trigger(text: str) -> Trigger:
    """Return the trigger that the text describes. Never raises: see :attr:`Trigger.error`.

    It does what Segment's own lexer, parser and evaluator do, their surprises included. (Contract: segment, part d.)
    Three slips are errors here that Segment's code takes for something nobody meant: a condition without a value, a
    closing quote without a blank behind it, and ``<=`` or ``>=`` without one.
    """
    warnings: list[str] = []
    try:
        check = check_of(parse(tokens_of(text), warnings))
    except TriggerSyntaxError as error:
        return Trigger(text, f"Character {error.at + 1}: {error.reason}", tuple(warnings), _matches_nothing)
    return Trigger(text, None, tuple(warnings), _for_objects(check))


def _for_objects(check: Check) -> Check:
    def matches(message: Mapping[str, Any]) -> bool:
        return isinstance(message, (dict, Mapping)) and check(message)

    return matches


def _matches_nothing(_message: Mapping[str, Any]) -> bool:
    return False
