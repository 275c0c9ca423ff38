"""The HTTP request that Segment would have made for a call: what the event tester shows. It holds no key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from producers.third_party.callbacks import CORRELATION_HEADER, FIELDS_HEADER, KEY_HEADER, NO_VALUE, URI_HEADER
from producers.third_party.calls import Call, CallName

MASK: Final = "***"  # stands for a key
_SKIP: Final = "skipNonExistingAttributes=true"

_LINES: Final[Mapping[CallName, tuple[str, str]]] = {
    CallName.PROFILE: ("PUT", "/segment/v2/customer_profiles/{}"),
    CallName.PROFILE_V1: ("PUT", "/segment/customer_profile/{}"),
    CallName.PROFILE_NAMED: ("PUT", "/segment/customer_profile_v2/{}"),
    CallName.PROFILE_AUDIENCES: ("PUT", "/segment/customer_profiles/{}/audiences"),
    CallName.PROFILES_AUDIENCES: ("PUT", "/segment/customer_profiles/audiences"),
    CallName.PROFILES_AUDIENCES_V2: ("PUT", "/segment/v2/customer_profiles/audiences"),
    CallName.PROFILES_ATTRIBUTES: ("PUT", "/segment/customer_profiles/attributes"),
    CallName.EVENT: ("PUT", "/segment/v2/events"),
    CallName.EVENT_V1: ("PUT", "/segment/event"),
    CallName.AUDIENCE_CREATE: ("POST", "/segment/audiences"),
    CallName.AUDIENCE_RENAME: ("PUT", "/segment/audiences/{}"),
    CallName.AUDIENCE_DELETE: ("DELETE", "/segment/audiences/{}"),
    CallName.SESSION: ("PUT", "/segment/v2/customer_sessions/{}"),
    CallName.SESSION_V1: ("PUT", "/segment/customer_sessions/{}"),
}
_HEADER_NAMES: Final[Mapping[str, str]] = {
    URI_HEADER: "X-Callback-Destination-URI",
    KEY_HEADER: "X-Callback-API-Key",
    FIELDS_HEADER: "X-Content-Fields",
    CORRELATION_HEADER: "X-Correlation-ID",
}


class SentRequest(NamedTuple):
    """A request to ``https://integration.talon.one``. ``query`` is without its question mark; no body is None."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: dict[str, Any] | None


def sent_as(call: Call, *, deployment_url: str = "") -> SentRequest:
    """Return the request of a call at Segment's door, keys masked.

    Ids stand in the path as Segment writes them, not encoded. ``deployment_url`` is the destination's setting, shown
    in ``destination-hostname`` as typed.
    """
    method, path = _LINES[call.name]
    headers = {
        "Authorization": f"ApiKey-v1 {MASK}",
        "destination-hostname": deployment_url,
        "User-Agent": "Segment (Actions)",
    }
    body = None if call.name is CallName.AUDIENCE_DELETE else dict(call.body)
    if body is not None:
        headers["Content-Type"] = "application/json"
    for name, value in call.callback.items():
        is_key = name == KEY_HEADER and value != NO_VALUE
        headers[_HEADER_NAMES.get(name, name)] = MASK if is_key else value
    return SentRequest(method, path.replace("{}", call.path_id), _SKIP if call.skip_unknown else "", headers, body)
