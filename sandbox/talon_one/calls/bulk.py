"""What the two bulk calls share: the limit of items, and what becomes of a call with a bad item (A1, A2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from sandbox.talon_one.calls.base import Rules
from sandbox.talon_one.replies import INVALID, Problem, Refusal

BadItems = dict[int, list[Problem]]
"""Problems by the item's place; their pointers are relative to the item."""


def items_of(body: Any, name: str, rules: Rules) -> list[Any]:
    """The array ``name`` of a bulk body.

    Raises:
        Refusal: 400, there is none, it has too many items, or the body has other fields.
    """
    problem = None
    if not isinstance(body, dict):
        problem = Problem("Invalid type", "the body must be an object", "")
    elif not isinstance(items := body.get(name), list):
        problem = Problem("Invalid type", f"{name} must be an array", f"/{name}")
    elif len(items) > rules.config.batch_items:
        problem = Problem("Too many", f"{name} must not have more than {rules.config.batch_items} items", f"/{name}")
    elif len(body) > 1 and rules.refuse_unknown:
        other = next(field for field in body if field != name)
        problem = Problem("Unknown", f"{other} is not a field of this request", f"/{other}")
    else:
        return items
    raise Refusal(HTTPStatus.BAD_REQUEST, problems=(problem,))


def apply_good(
    count: int, bad: BadItems, apply: Callable[[Sequence[int] | range], None], name: str, rules: Rules
) -> None:
    """Apply what assumption A1 lets through, then refuse the call if an item was bad.

    ``count`` is the number of items; ``apply`` gets the places of those to be applied, in order.

    Raises:
        Refusal: 400 with the bad items' problems.
    """
    if not bad:
        apply(range(count))
        return
    first = min(bad)
    if rules.assumptions.a1_bad_item == "good_items":
        apply([place for place in range(count) if place not in bad])
    elif rules.assumptions.a1_bad_item == "items_before":
        apply(range(first))
        bad = {first: bad[first]}
    raise Refusal(HTTPStatus.BAD_REQUEST, INVALID, pointed(bad, name, rules))


def pointed(bad: Mapping[int, Sequence[Problem]], name: str, rules: Rules) -> list[Problem]:
    """The bad items' problems with the pointers that assumption A2 gives them."""
    if rules.assumptions.a2_pointer == "no_errors":
        return []
    indexed = rules.assumptions.a2_pointer == "indexed"
    return [
        replace(problem, pointer=f"/{name}/{place}{problem.pointer}") if indexed else problem
        for place, problems in bad.items()
        for problem in problems
    ]
