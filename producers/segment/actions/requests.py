"""What an action asks of the third-party API: the call that Segment would make with a checked payload.

Bodies hold what Segment sends and nothing else: a field without a value is left out, so that no ids give
``"audiencesChanges": {}``. (Contract: segment.md, part (a).)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from producers.segment.actions.fields import Action
from producers.third_party.callbacks import CORRELATION_HEADER, FIELDS_HEADER, KEY_HEADER, NO_VALUE, URI_HEADER
from producers.third_party.calls import Call, CallName

Payload = Mapping[str, Any]
RequestOf = Callable[[Payload, str], Call]
"""Makes the call of a payload; the text is unique to the message and mapping, see :class:`Call`."""

_CALLBACK_FIELDS: Final = (
    (URI_HEADER, "callbackDestination"),
    (KEY_HEADER, "callbackAPIKey"),
    (FIELDS_HEADER, "contentFields"),
    (CORRELATION_HEADER, "callbackCorrelationId"),
)
_SESSION_FIELDS: Final = (
    "profileId",
    "couponCodes",
    "referralCode",
    "loyaltyCards",
    "state",
    "cartItems",
    "additionalCosts",
    "identifiers",
    "attributes",
)


def request_of(action: Action, payload: Payload, *, source_id: str = "") -> Call:
    """Return the call that Segment would make for an action with a payload that was checked."""
    return request_maker(action)(payload, source_id)


def request_maker(action: Action) -> RequestOf:
    """Return the function that makes an action's calls, for who makes many."""
    return _MAKERS[action.slug]


def _body(payload: Payload, *names: str) -> dict[str, Any]:
    return {name: payload[name] for name in names if name in payload}


def _changes(payload: Payload, adds: str, deletes: str) -> dict[str, Any]:
    changes = {}
    if adds in payload:
        changes["adds"] = payload[adds]
    if deletes in payload:
        changes["deletes"] = payload[deletes]
    return changes


def _create_audience(payload: Payload, source_id: str) -> Call:
    return Call(CallName.AUDIENCE_CREATE, body=_body(payload, "audienceId", "audienceName"), source_id=source_id)


def _rename_audience(payload: Payload, source_id: str) -> Call:
    body = _body(payload, "audienceName")
    return Call(CallName.AUDIENCE_RENAME, payload["audienceId"], body, source_id=source_id)


def _delete_audience(payload: Payload, source_id: str) -> Call:
    return Call(CallName.AUDIENCE_DELETE, payload["audienceId"], source_id=source_id)


def _profile(payload: Payload, source_id: str) -> Call:
    body: dict[str, Any] = {"audiencesChanges": _changes(payload, "addAudienceIds", "deleteAudienceIds")}
    body |= _body(payload, "runRuleEngine", "attributes")
    return Call(
        CallName.PROFILE,
        payload["customerProfileId"],
        body,
        payload.get("skipNonExistingAttributes", False),
        source_id=source_id,
    )


def _profile_v1(payload: Payload, source_id: str) -> Call:
    body = _body(payload, "attributes")
    body["audiencesChanges"] = _changes(payload, "addAudienceIds", "deleteAudienceIds")
    body |= _body(payload, "runRuleEngine", "attributesInfo")
    return Call(CallName.PROFILE_V1, payload["customerProfileId"], body, source_id=source_id)


def _profile_v2(payload: Payload, source_id: str) -> Call:
    body: dict[str, Any] = {"audiencesChanges": _changes(payload, "audiencesToAdd", "audiencesToDelete")}
    body |= _body(payload, "runRuleEngine", "attributes", "attributesInfo")
    return Call(CallName.PROFILE_NAMED, payload["customerProfileId"], body, source_id=source_id)


def _profiles_audiences(payload: Payload, source_id: str) -> Call:
    return Call(CallName.PROFILES_AUDIENCES, body=_body(payload, "data"), source_id=source_id)


def _profiles_attributes(payload: Payload, source_id: str) -> Call:
    body = _body(payload, "data", "mutualAttributes", "attributesInfo")
    return Call(CallName.PROFILES_ATTRIBUTES, body=body, source_id=source_id)


def _event(payload: Payload, source_id: str) -> Call:
    body = _body(payload, "customerProfileId", "eventType")
    if "attributes" in payload:
        body["eventAttributes"] = payload["attributes"]
    skip = payload.get("skipNonExistingAttributes", False)
    return Call(CallName.EVENT, body=body, skip_unknown=skip, source_id=source_id)


def _event_v1(payload: Payload, source_id: str) -> Call:
    body = _body(payload, "customerProfileId", "eventType", "type")
    if "attributes" in payload:
        body["eventAttributes"] = payload["attributes"]
    body |= _body(payload, "attributesInfo")
    return Call(CallName.EVENT_V1, body=body, source_id=source_id)


def _callback(payload: Payload) -> dict[str, str]:
    """Return all four headers, as Segment sends them: those without a value with the text ``undefined``."""
    return {header: payload.get(name, NO_VALUE) for header, name in _CALLBACK_FIELDS}


def _session(payload: Payload, source_id: str) -> Call:
    return Call(
        CallName.SESSION,
        payload["customerSessionId"],
        _body(payload, *_SESSION_FIELDS),
        payload.get("skipNonExistingAttributes", False),
        _callback(payload),
        source_id=source_id,
    )


def _session_v1(payload: Payload, source_id: str) -> Call:
    body = _body(payload, "customerSession", "sessionAttributesInfo")
    if "cartItemsAttributesInfo" in payload:  # the body's name has no s
        body["cartItemAttributesInfo"] = payload["cartItemsAttributesInfo"]
    return Call(
        CallName.SESSION_V1, payload["customerSessionId"], body, callback=_callback(payload), source_id=source_id
    )


_MAKERS: Final[Mapping[str, RequestOf]] = {
    "createAudience": _create_audience,
    "updateAudience": _rename_audience,
    "deleteAudience": _delete_audience,
    "updateCustomerProfileV3": _profile,
    "updateCustomerProfile": _profile_v1,
    "updateCustomerProfileV2": _profile_v2,
    "updateCustomerProfilesAudiences": _profiles_audiences,
    "updateCustomerProfilesAttributes": _profiles_attributes,
    "trackEventV2": _event,
    "trackEvent": _event_v1,
    "updateCustomerSessionV2": _session,
    "updateCustomerSession": _session_v1,
}
