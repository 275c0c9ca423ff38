"""From what pydantic finds wrong to refusals that a person can act on, and the error that carries them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from producers.intake import Refusal
from producers.third_party import reasons
from tercel.attributes import TOO_MANY_BITS
from tercel.errors import TercelError
from tercel.records import Record

MAX_PROBLEMS = 50  # named in one answer; more help nobody
MAX_NAME_LENGTH = 60  # characters of a field's name that are shown; longer ones are somebody's data, or an attack
_DEEPEST_ATTRIBUTE = 2  # parts of a place inside attributes that are the sender's names; what follows is pydantic's

_Model = TypeVar("_Model", bound=BaseModel)
_Record = TypeVar("_Record", bound=Record)


class BadCall(TercelError):
    """Nothing of a call can be taken: answer 400. ``problems`` name each field; the message joins them."""

    code = reasons.REFUSED

    def __init__(self, problems: Iterable[Refusal]) -> None:
        self.problems = tuple(problems)
        shown = "; ".join(str(problem).rstrip(".") for problem in self.problems[:MAX_PROBLEMS])
        more = len(self.problems) - MAX_PROBLEMS
        super().__init__(f"{shown}; and {more:,} more." if more > 0 else f"{shown}.")


_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "missing": (reasons.MISSING, "is required"),
    "string_type": (reasons.WRONG_TYPE, "must be a text"),
    "int_type": (reasons.WRONG_TYPE, "must be a whole number"),
    "bool_type": (reasons.WRONG_TYPE, "must be true or false"),
    "dict_type": (reasons.WRONG_TYPE, "must be an object"),
    "model_type": (reasons.WRONG_TYPE, "must be an object"),
    "list_type": (reasons.WRONG_TYPE, "must be a list"),
    "number": (reasons.WRONG_TYPE, "must be a number"),
    "whole_number": (reasons.WRONG_TYPE, "must be a whole number"),
    "invalid_key": (reasons.WRONG_TYPE, "must have texts as names"),
    "string_too_short": (reasons.WRONG_LENGTH, "must not be empty"),
    "string_too_long": (reasons.WRONG_LENGTH, "must have at most {max_length:,} characters"),
    "string_unicode": (reasons.NOT_UNICODE, "must be valid Unicode"),
    "greater_than_equal": (reasons.WRONG_NUMBER, "must be {ge} or more"),
    "less_than_equal": (reasons.WRONG_NUMBER, "must be at most {le}"),
    "too_long": (reasons.LIST_TOO_LONG, "must hold at most {max_length:,} items"),
    TOO_MANY_BITS: (reasons.WRONG_NUMBER, "must hold whole numbers of at most 64 bits"),
    "literal_error": (reasons.NOT_A_CHOICE, "must be one of {expected}"),
    "partially_returned": (
        reasons.PARTIALLY_RETURNED,
        "cannot be partially_returned: a session gets there only through Talon.One's call for returned items",
    ),
    "recursion_loop": (reasons.TOO_DEEP, "must not be nested so deeply"),
}
_NOT_FINITE = (reasons.WRONG_NUMBER, "must hold finite numbers only: JSON knows neither NaN nor infinity")
_UNREADABLE = (reasons.WRONG_TYPE, "cannot be read")


def refusals_of(error: ValidationError, prefix: str = "", names: Mapping[str, str] | None = None) -> list[Refusal]:
    """Return what is wrong, one refusal a field, without values.

    ``prefix`` is the place of what was validated (``data[3]``); ``names`` are the body's names of a record's fields.
    """
    found = error.errors(include_url=False, include_input=False)
    return [_refusal_of(details, prefix, names or {}) for details in found]


def _refusal_of(details: ErrorDetails, prefix: str, names: Mapping[str, str]) -> Refusal:
    place: Sequence[int | str] = details["loc"]
    if place and place[0] == "attributes":
        place = place[:_DEEPEST_ATTRIBUTE]
    if place and place[0] in names:
        place = (names[str(place[0])], *place[1:])
    kind = details["type"]
    code, sentence = _NOT_FINITE if kind == "value_error" else _SENTENCES.get(kind, _UNREADABLE)
    return Refusal(code, where_of(place, prefix), sentence.format(**details.get("ctx", {})))


def where_of(place: Sequence[int | str], prefix: str = "") -> str:
    """Return a place as a person would name it: ``data[3].adds[0]``."""
    where = prefix
    for part in place:
        if isinstance(part, int):
            where += f"[{part}]"
        else:
            name = part[:MAX_NAME_LENGTH].encode("utf-8", "replace").decode("utf-8")
            where += f".{name}" if where else name
    return where


def read(model: type[_Model], body: object, prefix: str = "") -> _Model:
    """Validate a body, or a part of one that stands at ``prefix``. Raises BadCall naming each field."""
    try:
        found: _Model = model.__pydantic_validator__.validate_python(body)  # model_validate, at half its cost
    except ValidationError as error:
        raise BadCall(refusals_of(error, prefix)) from None
    return found


def make(kind: type[_Record], names: Mapping[str, str], prefix: str = "", **fields: Any) -> _Record:
    """Make a record. Raises BadCall, which names fields as the body does (``names``), where it would not be valid."""
    try:
        made: _Record = kind.__pydantic_validator__.validate_python(fields)
    except ValidationError as error:
        raise BadCall(refusals_of(error, prefix, names)) from None
    return made
