"""The events of a batch as happenings. (Contract: mparticle, section 4.)"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from producers.mparticle.feed.fields import (
    TAG,
    BadBatch,
    Json,
    a_name,
    a_text,
    a_whole,
    an_attribute_name,
    an_id,
    an_object,
    attribute,
    attributes,
    needed,
)
from producers.mparticle.feed.people import identity
from producers.mparticle.normal import (
    AttributesChanged,
    CustomEvent,
    Happening,
    IdentityChanged,
    Other,
    SessionEnd,
    SessionStart,
)


class Told(NamedTuple):
    """An event's own id and time, its data, and where that stands."""

    id: str
    at_ms: int
    data: Json
    where: str


def happening(event: Any, where: str, *, message_id: str, arrived_ms: int) -> Happening:
    """Return what an event tells. ``message_id`` is its id where it has none of its own.

    Raises BadBatch. A type that nothing here has a use for is told by its name, whatever its data are.
    """
    if not isinstance(event, dict):
        raise BadBatch(where, "must be an object with event_type and data")
    kind = a_name(needed(event, "event_type", where), f"{where}.event_type")
    read = _READERS.get(kind)
    if read is None:
        return Other(kind)
    place = f"{where}.data"
    data = an_object(needed(event, "data", where), place)
    own_id = an_id(data.get("event_id"), f"{place}.event_id") or a_text(
        data.get("source_message_id"), f"{place}.source_message_id"
    )
    at_ms = a_whole(data.get("timestamp_unixtime_ms"), f"{place}.timestamp_unixtime_ms")
    return read(Told(own_id or message_id, arrived_ms if at_ms is None else at_ms, data, place))


def _custom_event(told: Told) -> CustomEvent:
    name = a_name(needed(told.data, "event_name", told.where), f"{told.where}.event_name")
    a_name(needed(told.data, "custom_event_type", told.where), f"{told.where}.custom_event_type")
    found = attributes(told.data.get("custom_attributes"), f"{told.where}.custom_attributes", lists=False)
    return CustomEvent(told.id, told.at_ms, name, found)


def _session_start(told: Told) -> SessionStart:
    return SessionStart(told.id, told.at_ms, _session_id(told))


def _session_end(told: Told) -> SessionEnd:
    length = a_whole(needed(told.data, "session_duration_ms", told.where), f"{told.where}.session_duration_ms")
    return SessionEnd(told.id, told.at_ms, _session_id(told), length)


def _session_id(told: Told) -> str | None:
    return an_id(told.data.get("session_id"), f"{told.where}.session_id") or a_text(
        told.data.get("session_uuid"), f"{told.where}.session_uuid"
    )


def _attribute_change(told: Told) -> AttributesChanged:
    """Read a change of one attribute: set, taken away, or set without a value, as a tag is."""
    name = an_attribute_name(needed(told.data, "user_attribute_name", told.where), f"{told.where}.user_attribute_name")
    deleted, new = told.data.get("deleted"), told.data.get("new")
    if deleted is not None and not isinstance(deleted, bool):
        raise BadBatch(f"{told.where}.deleted", "must be true or false")
    if deleted or (new is None and deleted is None and told.data.get("old") is not None):
        return AttributesChanged(told.id, told.at_ms, removed=(name,))
    value = TAG if new is None else attribute(new, f"{told.where}.new", lists=True)
    return AttributesChanged(told.id, told.at_ms, {name: value})


def _identity_change(told: Told) -> IdentityChanged:
    new = identity(needed(told.data, "new", told.where), f"{told.where}.new")
    old = identity(needed(told.data, "old", told.where), f"{told.where}.old")
    return IdentityChanged(told.id, told.at_ms, () if new is None else (new,), () if old is None else (old,))


_READERS: Final[dict[str, Callable[[Told], Happening]]] = {
    "custom_event": _custom_event,
    "session_start": _session_start,
    "session_end": _session_end,
    "user_attribute_change": _attribute_change,
    "user_identity_change": _identity_change,
}
