"""Engage audiences as memberships: who joins or leaves, told by identify or track. (Contract: segment, part b.)"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from producers.intake import Refusal, Taken
from producers.segment.people import AUDIENCE_CLASSES, object_at, personas_of, user_id_of, whole_as_digits
from producers.segment.reasons_classic import (
    BAD_AUDIENCE,
    BAD_USER_ID,
    KEY_FROM_PROPERTIES,
    NO_USER_ID,
    NOT_A_MEMBERSHIP,
    SYNC_MODE_IGNORES,
)
from tercel.records import Membership

VALUES_OF_TYPE: Final = {"identify": "traits", "track": "properties"}
SYNC_EVENTS: Final = frozenset({"new", "updated", "deleted"})


class SyncMode(StrEnum):
    """What the events of Segment's reverse ETL (``new``, ``updated``, ``deleted``) mean for an audience."""

    ADD = "add"
    UPDATE = "update"
    UPSERT = "upsert"
    MIRROR = "mirror"
    DELETE = "delete"


JOINING_EVENTS: Final[dict[SyncMode, frozenset[str]]] = {
    SyncMode.ADD: frozenset({"new"}),
    SyncMode.UPDATE: frozenset({"updated"}),
    SyncMode.UPSERT: frozenset({"new", "updated"}),
    SyncMode.MIRROR: frozenset({"new", "updated"}),
    SyncMode.DELETE: frozenset(),
}
LEAVING_MODES: Final = frozenset({SyncMode.MIRROR, SyncMode.DELETE})


class Change(NamedTuple):
    """Somebody joins or leaves the audience that Engage calls ``key`` ("" where the message does not say)."""

    joins: bool
    key: str
    notes: tuple[str, ...] = ()


class Engage:
    """What messages become at an Engage destination of one deployment.

    ``sync_mode`` is how the events of a reverse ETL sync are meant; without it they are no memberships.
    """

    def __init__(self, deployment: str, *, sync_mode: SyncMode | None = None) -> None:
        self._deployment = deployment
        self._sync_mode = sync_mode

    def take(self, message: Mapping[str, Any]) -> Taken:
        """Return the membership that a message changes. One that changes none is filtered, with a note that says why.

        Engage sends a message per identifier of a profile; those without a userId are filtered, too. The audience is
        named by ``external_audience_id``, or else ``computation_id``, and carries ``computation_key`` as its name, so
        that it can be created on the way.
        """
        change = engage_change(message) or sync_change(message, self._sync_mode)
        if change is None:
            ignored = self._sync_mode is not None and is_sync_event(message)
            return self._left_out(SYNC_MODE_IGNORES if ignored else NOT_A_MEMBERSHIP)
        user_id = user_id_of(message)
        if user_id is None:
            return self._left_out(NO_USER_ID)
        if isinstance(user_id, Refusal):
            return Taken(self._deployment, refused=(user_id,))
        membership = _membership(user_id, change, personas_of(message))
        if isinstance(membership, Refusal):
            return Taken(self._deployment, refused=(membership,))
        return Taken(self._deployment, records=(membership,), notes=change.notes)

    def _left_out(self, note: str) -> Taken:
        return Taken(self._deployment, filtered=1, notes=(note,))


def engage_change(message: Mapping[str, Any]) -> Change | None:
    """Return the change that an audience's or journey step's message tells: by a real boolean, or not at all.

    The name of a track event decides nothing, as in Segment. Where a track message has no boolean under its
    ``computation_key``, the one under ``properties.audience_key`` counts: Segment's own samples are written so.
    """
    personas = personas_of(message)
    computed_class, key = personas.get("computation_class"), personas.get("computation_key")
    if not (isinstance(computed_class, str) and computed_class in AUDIENCE_CLASSES and isinstance(key, str) and key):
        return None
    kind = message.get("type")
    values = object_at(message, VALUES_OF_TYPE[kind]) if isinstance(kind, str) and kind in VALUES_OF_TYPE else {}
    joins = values.get(key)
    if isinstance(joins, bool):
        return Change(joins, key)
    other_key = values.get("audience_key") if kind == "track" else None
    joins = values.get(other_key) if isinstance(other_key, str) else None
    return Change(joins, str(other_key), (KEY_FROM_PROPERTIES,)) if isinstance(joins, bool) else None


def is_sync_event(message: Mapping[str, Any]) -> bool:
    """Return whether this is an event of a reverse ETL sync."""
    event = message.get("event")
    return message.get("type") == "track" and isinstance(event, str) and event in SYNC_EVENTS


def sync_change(message: Mapping[str, Any], mode: SyncMode | None) -> Change | None:
    """Return the change that an event of a reverse ETL sync means in this mode, None where it means none."""
    if mode is None or not is_sync_event(message):
        return None
    event = message["event"]
    key = personas_of(message).get("computation_key")
    name = key if isinstance(key, str) else ""
    if event in JOINING_EVENTS[mode]:
        return Change(joins=True, key=name)
    return Change(joins=False, key=name) if event == "deleted" and mode in LEAVING_MODES else None


def _membership(user_id: str, change: Change, personas: Mapping[str, Any]) -> Membership | Refusal:
    field = "external_audience_id" if personas.get("external_audience_id") not in (None, "") else "computation_id"
    external_id = whole_as_digits(personas.get(field))
    try:
        return Membership(
            profile_id=user_id,
            action="add" if change.joins else "delete",
            audience_external_id=external_id or None,
            audience_name=change.key or None,
        )
    except ValidationError as error:
        return _refusal(error, field)


def _refusal(error: ValidationError, audience_field: str) -> Refusal:
    """The record's complaint, with the message's field, without the input."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    named = str(found["loc"][0]) if found["loc"] else ""
    if named == "profile_id":
        return Refusal(BAD_USER_ID, "userId", f"userId cannot be a profile's id: {found['msg']}")
    if not named:
        where, reason = "context.personas", "it has neither external_audience_id, computation_id nor computation_key"
    else:
        field = "computation_key" if named == "audience_name" else audience_field
        where, reason = f"context.personas.{field}", str(found["msg"])
    return Refusal(BAD_AUDIENCE, where, f"the audience cannot be told: {reason}")
