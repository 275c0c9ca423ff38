"""What a user did: the Firehose's ``event_processing_request``. (Contract: mparticle, sections 2 and 5.)"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from producers.intake import Refusal
from producers.mparticle import reasons
from producers.mparticle.identities import id_text, identities_in, person_of
from producers.mparticle.normal import (
    AttributesChanged,
    Batch,
    CustomEvent,
    Happening,
    IdentityChanged,
    Other,
    SessionEnd,
    SessionStart,
)

MOST_TYPE_LENGTH: Final = 64  # characters of an event type that is not known, as it is counted


@dataclass(frozen=True, slots=True)
class Told:
    """A message's batch, and the events in it that could not be read."""

    batch: Batch
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class _Common:
    """What every event has."""

    id: str
    at_ms: int


def is_keep_alive(message: Mapping[str, Any]) -> bool:
    """Whether an event request only asks if somebody is there: its ``events`` are empty. (Section 1.)"""
    return not message.get("events")


def batch_of(message: Mapping[str, Any], message_id: str, now_ms: int) -> Told:
    """Return what an event request tells. ``now_ms``, UTC milliseconds, is for events that carry no time.

    An event without an id gets one made of ``message_id`` and its place, so that a repeat of the message has the same.
    """
    events = message.get("events")
    happenings: list[Happening] = []
    refused: list[Refusal] = []
    sent_ms = _whole(message.get("timestamp_ms"))
    if not isinstance(events, list):
        refused.append(_bad("events", "must be a list"))
        events = []
    for position, event in enumerate(events):
        found = _happening(event, position, message_id, now_ms if sent_ms is None else sent_ms)
        if isinstance(found, Refusal):
            refused.append(found)
        else:
            happenings.append(found)
    person = person_of(message.get("mpid"), identities_in(message.get("user_identities")))
    attributes = {**_table(message.get("user_attributes")), **_table(message.get("user_attribute_lists"))}
    return Told(Batch(message_id, person, attributes, (), tuple(happenings)), tuple(refused))


def _happening(event: Any, position: int, message_id: str, sent_ms: int) -> Happening | Refusal:
    where = f"events[{position}]"
    if not isinstance(event, dict):
        return _bad(where, "must be an object")
    given = event.get("type")
    if not isinstance(given, str) or not given.strip():
        return _bad(f"{where}.type", "is missing")
    kind = given.strip().lower()
    read = _READERS.get(kind)
    if read is None:
        return Other(kind[:MOST_TYPE_LENGTH])
    at_ms = _whole(event.get("timestamp_ms"))
    common = _Common(id_text(event.get("id")) or f"{message_id}:{position}", sent_ms if at_ms is None else at_ms)
    return read(event, common, where)


def _custom_event(event: Mapping[str, Any], common: _Common, where: str) -> Happening | Refusal:
    name = event.get("name")
    if not isinstance(name, str) or not name:
        return _bad(f"{where}.name", "is missing or empty")
    return CustomEvent(common.id, common.at_ms, name, _table(event.get("attributes")))


def _session_start(event: Mapping[str, Any], common: _Common, _: str) -> Happening:
    return SessionStart(common.id, common.at_ms, id_text(event.get("session_id")))


def _session_end(event: Mapping[str, Any], common: _Common, _: str) -> Happening:
    length_ms = _whole(event.get("session_length_ms"))
    return SessionEnd(common.id, common.at_ms, id_text(event.get("session_id")), length_ms)


def _attributes_changed(event: Mapping[str, Any], common: _Common, _: str) -> Happening:
    removed = event.get("removed")
    names = removed if isinstance(removed, (dict, list)) else ()
    return AttributesChanged(
        common.id,
        common.at_ms,
        _table(event.get("added")),
        tuple(name for name in names if isinstance(name, str)),
    )


def _identity_changed(event: Mapping[str, Any], common: _Common, _: str) -> Happening:
    added, removed = identities_in(event.get("added")), identities_in(event.get("removed"))
    return IdentityChanged(common.id, common.at_ms, added, removed)


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any], _Common, str], Happening | Refusal]]] = {
    "custom_event": _custom_event,
    "session_start": _session_start,
    "session_end": _session_end,
    "user_attribute_change": _attributes_changed,
    "user_identity_change": _identity_changed,
}


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _bad(where: str, text: str) -> Refusal:
    return Refusal(reasons.BAD_PART, where, text)
