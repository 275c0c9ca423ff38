"""Classic Talon.One as a destination of Segment: identify messages as attributes. (Contract: segment, part e.)"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from typing import Any

from pydantic import ValidationError

from producers.intake import Refusal, Taken
from producers.segment.people import COMPUTATION_CLASSES, is_switched_off, personas_of, type_of, user_id_of
from producers.segment.reasons_classic import (
    BAD_ATTRIBUTE,
    BAD_TRAITS,
    BAD_USER_ID,
    COMPUTATION_ABSENT,
    NO_USER_ID,
    NOT_IDENTIFY,
    NOTHING_LISTED,
    SWITCHED_OFF,
    TRAITS_LEFT_OUT,
)
from tercel.records import Profile

SEPARATOR = "_"  # joins the names of nested traits: address.city becomes address_city
MOST_NAMES = 1_000_000  # characters of the names that one computed trait may become; each repeats those above it
INTEGRATION = "Talon.One"  # the destination's name in a message's integrations object


class Classic:
    """What messages become at a classic destination of one deployment.

    ``custom_attributes`` are the names of traits that are sent, exactly as written; nested ones as ``address_city``.
    Audiences and computed traits are sent whether listed or not.
    """

    def __init__(self, deployment: str, custom_attributes: Collection[str] = ()) -> None:
        self._deployment = deployment
        self._listed = frozenset(custom_attributes)
        # Objects that a listed trait may lie in. No other is entered: its names could fill the memory for nothing.
        self._holders = frozenset(
            name[:at] for name in custom_attributes for at, letter in enumerate(name) if letter == SEPARATOR
        )

    def take(self, message: Mapping[str, Any]) -> Taken:
        """Return the profile that an identify message updates. Anything else is filtered, with a note that says why.

        So is a message whose ``integrations`` switch the destination off by name.
        """
        if is_switched_off(message, INTEGRATION):
            return self._left_out(SWITCHED_OFF)
        if message.get("type") != "identify":
            return self._left_out(NOT_IDENTIFY)
        user_id = user_id_of(message)
        if user_id is None:
            return self._left_out(NO_USER_ID)
        if isinstance(user_id, Refusal):
            return self._refused(user_id)
        return self._profile(user_id, message)

    def _profile(self, user_id: str, message: Mapping[str, Any]) -> Taken:
        traits = message.get("traits")
        if traits is None:
            return self._left_out(NOTHING_LISTED)
        if not isinstance(traits, Mapping):
            return self._refused(Refusal(BAD_TRAITS, "traits", f"traits has to be an object, not {type_of(traits)}"))
        try:
            attributes, notes = self._attributes(traits, computed_key(message))
        except _TooLarge:
            return self._refused(Refusal(BAD_TRAITS, "traits", "the computed trait is an object with too many names"))
        if not attributes:
            return self._left_out(NOTHING_LISTED, *notes)
        try:
            profile = Profile(profile_id=user_id, attributes=attributes)
        except ValidationError as error:
            return self._refused(_refusal(error))
        return Taken(self._deployment, records=(profile,), notes=notes)

    def _attributes(self, traits: Mapping[str, Any], computed: str) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return what is sent of the traits, and notes. A trait written flat wins over a nested one of its name."""
        sent: dict[str, Any] = {}
        left_out = False
        nested: dict[str, Any] = {}
        for name, value in traits.items():
            by_itself = name == computed
            if isinstance(value, Mapping):
                found, rest = flattened(name, value, None if by_itself else self._holders)
                wanted = {flat: inner for flat, inner in found.items() if by_itself or flat in self._listed}
                nested |= wanted
                left_out |= rest or len(wanted) < len(found)
            elif by_itself or name in self._listed:
                sent[name] = value
            else:
                left_out = True
        notes = [TRAITS_LEFT_OUT] if left_out and (sent or nested) else []
        if computed and computed not in traits:
            notes.append(COMPUTATION_ABSENT)
        return {**nested, **sent}, tuple(notes)

    def _left_out(self, *notes: str) -> Taken:
        return Taken(self._deployment, filtered=1, notes=notes)

    def _refused(self, refusal: Refusal) -> Taken:
        return Taken(self._deployment, refused=(refusal,))


def computed_key(message: Mapping[str, Any]) -> str:
    """Return the name of the trait that carries an audience or a computed trait of Engage, "" where none does."""
    personas = personas_of(message)
    key = personas.get("computation_key")
    computed_class = personas.get("computation_class")
    is_computed = isinstance(computed_class, str) and computed_class in COMPUTATION_CLASSES
    return key if is_computed and isinstance(key, str) else ""


class _TooLarge(Exception):
    """A trait has so many nested names that they would fill the memory."""


def flattened(name: str, value: Mapping[str, Any], holders: Container[str] | None) -> tuple[dict[str, Any], bool]:
    """Return a nested trait as flat ones, in order, and whether anything was left out. Later ones win.

    Lists stay lists, empty objects vanish. Only objects whose flat name is in ``holders`` are entered; None: all are.
    Raises :class:`_TooLarge`.
    """
    flat: dict[str, Any] = {}
    left_out = False
    characters = 0
    waiting: list[tuple[str, Any]] = [(name, value)]
    while waiting:  # not recursive: how deep a message may nest is not ours to know
        path, inner = waiting.pop()
        if not isinstance(inner, Mapping):
            flat[path] = inner
        elif holders is not None and path not in holders:
            left_out |= bool(inner)
        else:
            characters += len(inner) * len(path) if holders is None else 0
            if characters > MOST_NAMES:
                raise _TooLarge
            waiting.extend((f"{path}{SEPARATOR}{key}", inner[key]) for key in reversed(inner))
    return flat, left_out


def _refusal(error: ValidationError) -> Refusal:
    """The record's complaint without its input: names of traits and values are personal."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if found["loc"][:1] == ("profile_id",):
        return Refusal(BAD_USER_ID, "userId", f"userId cannot be a profile's id: {found['msg']}")
    return Refusal(BAD_ATTRIBUTE, "traits", f"a trait cannot be an attribute: {found['msg']}")
