"""Whom a message of Segment is about, and which audience or computed trait it carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from producers.intake import Refusal
from producers.segment.reasons_classic import BAD_USER_ID
from tercel.records import MAX_ID_LENGTH

AUDIENCE_CLASSES: Final = frozenset({"audience", "journey_step"})
COMPUTATION_CLASSES: Final = AUDIENCE_CLASSES | {"trait"}

MOST_BITS: Final = 64  # of a whole number that may be an id; what most JSON readers know
# In this order: to Python a boolean is an integer, too.
JSON_TYPES: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (bool, "a boolean"),
    ((int, float), "a number"),
    (str, "text"),
    (list, "a list"),
    (Mapping, "an object"),
)


def user_id_of(message: Mapping[str, Any]) -> str | Refusal | None:
    """Return the message's userId; None where it has none (missing, null, ``""``), a refusal where it is no id.

    Whole numbers are taken as their digits: libraries let them through.
    """
    value = whole_as_digits(message.get("userId"))
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return Refusal(BAD_USER_ID, "userId", f"userId has to be text, not {type_of(value)}")
    if len(value) > MAX_ID_LENGTH:
        return Refusal(BAD_USER_ID, "userId", f"userId has {len(value):,} characters; at most {MAX_ID_LENGTH:,} fit")
    return value


def whole_as_digits(value: Any) -> Any:
    """Return a whole number as its digits, anything else (a boolean, a number of more than 64 bits) as it is."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_whole and value.bit_length() <= MOST_BITS else value


def personas_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``context.personas``, empty where the message has none: what Engage says about a computation."""
    return object_at(object_at(message, "context"), "personas")


def is_switched_off(message: Mapping[str, Any], integration: str) -> bool:
    """Return whether a message's sender switched a destination off for it, by name.

    ``"All": false`` says nothing here: Segment has heeded it already, and sent the message to its webhook all the same.
    """
    return object_at(message, "integrations").get(integration) is False


def object_at(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object under the key, an empty one where there is none or something else."""
    value = holder.get(key)
    if value is None:  # by far the most common, and asking for the type of it takes long
        return {}
    return value if isinstance(value, Mapping) else {}


def type_of(value: Any) -> str:
    """Return what JSON calls the type of a value, with its article."""
    for types, name in JSON_TYPES:
        if isinstance(value, types):
            return name
    return "null"
