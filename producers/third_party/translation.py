"""From a call of the third-party API to records (contract: sections 4 and 6). Pure; every call is one row below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import uuid4

from producers.intake import Refusal
from producers.third_party import audiences, events, notes, profiles, reasons, sessions
from producers.third_party.bodies import (
    AudienceBody,
    AudienceNameBody,
    Body,
    EventBody,
    EventV1Body,
    NamedProfileBody,
    ProfileAudiencesBody,
    ProfileBody,
    ProfilesAttributesBody,
    ProfilesAudiencesBody,
    ProfilesAudiencesV2Body,
    ProfileV1Body,
)
from producers.third_party.callbacks import NO_CALLBACKS, CallbackPolicy
from producers.third_party.calls import Call, CallName
from producers.third_party.context import Context, Translation
from producers.third_party.problems import BadCall
from producers.third_party.session_bodies import SessionBody, SessionV1Body

BODIES: Final[Mapping[CallName, type[Body] | None]] = {
    CallName.PROFILE: ProfileBody,
    CallName.PROFILE_V1: ProfileV1Body,
    CallName.PROFILE_NAMED: NamedProfileBody,
    CallName.PROFILE_AUDIENCES: ProfileAudiencesBody,
    CallName.PROFILES_AUDIENCES: ProfilesAudiencesBody,
    CallName.PROFILES_AUDIENCES_V2: ProfilesAudiencesV2Body,
    CallName.PROFILES_ATTRIBUTES: ProfilesAttributesBody,
    CallName.EVENT: EventBody,
    CallName.EVENT_V1: EventV1Body,
    CallName.AUDIENCE_CREATE: AudienceBody,
    CallName.AUDIENCE_RENAME: AudienceNameBody,
    CallName.AUDIENCE_DELETE: None,
    CallName.SESSION: SessionBody,
    CallName.SESSION_V1: SessionV1Body,
}
_TRANSLATORS: Final[Mapping[CallName, Callable[[Call, Context], Translation]]] = {
    CallName.PROFILE: profiles.profile,
    CallName.PROFILE_V1: profiles.profile_v1,
    CallName.PROFILE_NAMED: profiles.profile_named,
    CallName.PROFILE_AUDIENCES: profiles.profile_audiences,
    CallName.PROFILES_AUDIENCES: audiences.profiles_audiences,
    CallName.PROFILES_AUDIENCES_V2: audiences.profiles_audiences_v2,
    CallName.PROFILES_ATTRIBUTES: profiles.profiles_attributes,
    CallName.EVENT: events.event,
    CallName.EVENT_V1: events.event_v1,
    CallName.AUDIENCE_CREATE: audiences.create,
    CallName.AUDIENCE_RENAME: audiences.rename,
    CallName.AUDIENCE_DELETE: audiences.delete,
    CallName.SESSION: sessions.session,
    CallName.SESSION_V1: sessions.session_v1,
}


def _known_fields(body: type[Body]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in body.model_fields.items())


_ROWS: Final = {
    name: (_TRANSLATORS[name], None if body is None else _known_fields(body)) for name, body in BODIES.items()
}


def new_event_id() -> str:
    """Return an id for an event whose input has none of its own: 32 hex digits, never the same twice."""
    return uuid4().hex


def translate(
    call: Call,
    *,
    split_large: bool = False,
    new_event_id: Callable[[], str] = new_event_id,
    callbacks: CallbackPolicy = NO_CALLBACKS,
) -> Translation:
    """Return the records of a call.

    ``split_large`` takes more than 1,000 changes in one request. ``callbacks`` says whom the answer to a session may
    be posted to: nobody, unless told.

    Raises BadCall, which names each field, where nothing of the call can be taken; of a call with several items the
    good ones are taken and the others returned as ``refused``.
    """
    return translate_in(Context(split_large, new_event_id, callbacks), call)


def translate_in(context: Context, call: Call) -> Translation:
    """Return the records of a call, as :func:`translate` does, for who has many calls in one context."""
    if not isinstance(call.body, dict):
        if not isinstance(call.body, Mapping):
            raise BadCall([Refusal(reasons.WRONG_TYPE, "", "The body must be a JSON object")])
        call = call._replace(body=dict(call.body))
    translator, known = _ROWS[call.name]
    try:
        made = translator(call, context)
    except RecursionError:
        raise BadCall([Refusal(reasons.TOO_DEEP, "", "The body is nested too deeply")]) from None
    if known is not None and not call.body.keys() <= known:
        return made.noting(notes.UNKNOWN_FIELDS)
    return made
