"""The doors of the third-party API that Tercel serves, as data (contract: sections 2 and 3).

Routing and the OpenAPI document are made of this table and of nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from producers.third_party.calls import CallName, Platform

ID: Final = "{id}"  # where the id stands in a path


@dataclass(frozen=True, slots=True)
class Door:
    """One operation: ``path`` holds ``{id}`` where the id stands, which ``id_name`` names.

    ``takes_skip``: has the query parameter skipNonExistingAttributes. ``alias``: served, but not in the documents.
    """

    method: str
    path: str
    name: CallName
    platform: Platform
    title: str
    id_name: str = ""
    takes_skip: bool = False
    deprecated: bool = False
    alias: bool = False

    @property
    def takes_callback(self) -> bool:
        """Whether the callback headers count."""
        return self.name in {CallName.SESSION, CallName.SESSION_V1}


_PROFILE: Final = "customerProfileId"
_SESSION: Final = "customerSessionId"
_AUDIENCE: Final = "audienceId"
_SEGMENT: Final = Platform.SEGMENT
_CDP: Final = Platform.CDP

DOORS: Final = (
    Door(
        "PUT",
        "/segment/v2/customer_profiles/{id}",
        CallName.PROFILE,
        _SEGMENT,
        "Update customer profile",
        _PROFILE,
        takes_skip=True,
    ),
    Door(
        "PUT",
        "/segment/customer_profiles/{id}/audiences",
        CallName.PROFILE_AUDIENCES,
        _SEGMENT,
        "Update a customer profile's audiences",
        _PROFILE,
    ),
    Door(
        "PUT",
        "/segment/customer_profiles/audiences",
        CallName.PROFILES_AUDIENCES,
        _SEGMENT,
        "Update multiple customer profiles' audiences",
    ),
    Door(
        "PUT",
        "/segment/v2/customer_profiles/audiences",
        CallName.PROFILES_AUDIENCES_V2,
        _SEGMENT,
        "Update multiple customer profiles' audiences, by external ids",
    ),
    Door(
        "PUT",
        "/segment/customer_profiles/attributes",
        CallName.PROFILES_ATTRIBUTES,
        _SEGMENT,
        "Update multiple customer profiles' attributes",
        deprecated=True,
    ),
    Door("PUT", "/segment/v2/events", CallName.EVENT, _SEGMENT, "Track event", takes_skip=True),
    Door("POST", "/segment/audiences", CallName.AUDIENCE_CREATE, _SEGMENT, "Create audience"),
    Door("PUT", "/segment/audiences/{id}", CallName.AUDIENCE_RENAME, _SEGMENT, "Update audience name", _AUDIENCE),
    Door("DELETE", "/segment/audiences/{id}", CallName.AUDIENCE_DELETE, _SEGMENT, "Delete audience", _AUDIENCE),
    Door(
        "PUT",
        "/segment/v2/customer_sessions/{id}",
        CallName.SESSION,
        _SEGMENT,
        "Update customer session",
        _SESSION,
        takes_skip=True,
    ),
    Door(
        "PUT",
        "/segment/customer_profile/{id}",
        CallName.PROFILE_V1,
        _SEGMENT,
        "Upsert customer profile",
        _PROFILE,
        deprecated=True,
    ),
    Door(
        "PUT",
        "/segment/customer_profile_v2/{id}",
        CallName.PROFILE_NAMED,
        _SEGMENT,
        "Upsert customer profile V2",
        _PROFILE,
        deprecated=True,
    ),
    Door("PUT", "/segment/event", CallName.EVENT_V1, _SEGMENT, "Track event (deprecated)", deprecated=True),
    Door(
        "PUT",
        "/segment/customer_sessions/{id}",
        CallName.SESSION_V1,
        _SEGMENT,
        "Update customer session (deprecated)",
        _SESSION,
        deprecated=True,
    ),
    Door(
        "PUT",
        "/cdp/customer_profile/{id}",
        CallName.PROFILE,
        _CDP,
        "Update customer profile",
        _PROFILE,
        takes_skip=True,
    ),
    Door(
        "PUT",
        "/cdp/customer_profile/{id}/audiences",
        CallName.PROFILE_AUDIENCES,
        _CDP,
        "Update a customer profile's audiences",
        _PROFILE,
    ),
    Door(
        "PUT",
        "/cdp/customer_profiles/audiences",
        CallName.PROFILES_AUDIENCES,
        _CDP,
        "Update multiple customer profiles' audiences",
    ),
    Door(
        "PUT",
        "/cdp/customer_profile/audiences",
        CallName.PROFILES_AUDIENCES,
        _CDP,
        "Update multiple customer profiles' audiences",
        alias=True,
    ),
    Door(
        "PUT",
        "/cdp/v2/customer_profiles/audiences",
        CallName.PROFILES_AUDIENCES_V2,
        _CDP,
        "Update multiple customer profiles' audiences, by external ids",
    ),
    Door("POST", "/cdp/audiences", CallName.AUDIENCE_CREATE, _CDP, "Create audience"),
    Door("PUT", "/cdp/audiences/{id}", CallName.AUDIENCE_RENAME, _CDP, "Update audience name", _AUDIENCE),
    Door("DELETE", "/cdp/audiences/{id}", CallName.AUDIENCE_DELETE, _CDP, "Delete audience", _AUDIENCE),
)

OK = 200
CREATED = 201
NO_CONTENT = 204
STATUS: Final[Mapping[CallName, int]] = {
    **dict.fromkeys(CallName, OK),
    CallName.PROFILES_AUDIENCES: NO_CONTENT,
    CallName.PROFILES_AUDIENCES_V2: NO_CONTENT,
    CallName.PROFILES_ATTRIBUTES: NO_CONTENT,  # not documented; what the other calls for many profiles answer
    CallName.AUDIENCE_CREATE: CREATED,
    CallName.AUDIENCE_DELETE: NO_CONTENT,
}
