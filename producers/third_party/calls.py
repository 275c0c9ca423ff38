"""The calls of Talon.One's third-party API, as values: what a request to it asks for, however it came.

The HTTP door makes them from requests, Segment's actions from mapped messages; :mod:`producers.third_party.translation`
makes records from both. (Contract: talon-one-third-party-api, sections 2 and 3.)
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

_NOTHING: Final[Mapping[str, Any]] = {}  # nobody changes a call's parts


class CallName(StrEnum):
    """The calls, by what they do; the value is stable and is what metrics and logs show."""

    __hash__ = str.__hash__  # Enum's own is written in Python, and tables are looked up for every call

    PROFILE = "profile"  # PUT /segment/v2/customer_profiles/{id}, PUT /cdp/customer_profile/{id}
    PROFILE_V1 = "profile_v1"  # PUT /segment/customer_profile/{id}, deprecated
    PROFILE_NAMED = "profile_named_audiences"  # PUT /segment/customer_profile_v2/{id}, deprecated
    PROFILE_AUDIENCES = "profile_audiences"  # PUT .../{id}/audiences, ids as text
    PROFILES_AUDIENCES = "profiles_audiences"  # PUT .../customer_profiles/audiences, ids as numbers
    PROFILES_AUDIENCES_V2 = "profiles_audiences_v2"  # PUT .../v2/customer_profiles/audiences, ids as text
    PROFILES_ATTRIBUTES = "profiles_attributes"  # PUT /segment/customer_profiles/attributes, sent by an older action
    EVENT = "event"  # PUT /segment/v2/events
    EVENT_V1 = "event_v1"  # PUT /segment/event, deprecated
    AUDIENCE_CREATE = "audience_create"  # POST .../audiences
    AUDIENCE_RENAME = "audience_rename"  # PUT .../audiences/{audienceId}
    AUDIENCE_DELETE = "audience_delete"  # DELETE .../audiences/{audienceId}
    SESSION = "session"  # PUT /segment/v2/customer_sessions/{id}
    SESSION_V1 = "session_v1"  # PUT /segment/customer_sessions/{id}, deprecated


class Platform(StrEnum):
    """Who the API believes is calling: it decides details, and the ``integration`` of an audience."""

    SEGMENT = "segment"
    CDP = "cdp"


class Call(NamedTuple):
    """One call of the third-party API.

    ``path_id`` is the id in its path, decoded; "" where it has none. ``body`` is the JSON object, not yet validated.
    ``skip_unknown`` is its ``skipNonExistingAttributes``. ``callback`` holds the callback headers of session calls by
    their lower-case names. ``source_id`` is unique to the input the call was made of, where that is known (a message id
    and the mapping's place): a repeat of the input then makes the same event id.
    """

    name: CallName
    path_id: str = ""
    body: Mapping[str, Any] = _NOTHING
    skip_unknown: bool = False
    callback: Mapping[str, str] = _NOTHING
    platform: Platform = Platform.SEGMENT
    source_id: str = ""
