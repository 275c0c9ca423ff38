"""What mParticle is told when the module is registered. (Contract: mparticle, section 3.)

For Talon.One it is Talon.One's own answer, so that a configuration works here as it did there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from producers.mparticle.settings import T1_AUDIENCE_ID

VERSION: Final = "1.0"
ANY_AGE: Final = -1  # of max_data_age_hours
RUNTIMES: Final = (
    "unknown",
    "android",
    "ios",
    "tvos",
    "mobileweb",
    "roku",
    "xbox",
    "firetv",
    "alexa",
    "smarttv",
)
MOST_SAILTHRU_AGE_H: Final = 14 * 24  # hours; mParticle's page on Sailthru: nothing older than 14 days


def _text(name: str, title: str, description: str, default: str = "", *, confidential: bool = True) -> dict[str, Any]:
    return {
        "type": "text",
        "id": name,
        "name": title,
        "description": description,
        "visible": True,
        "required": True,
        "confidential": confidential,
        "default_value": default,
    }


_TALON_ONE_ACCOUNT: Final = (
    _text("deploymentURL", "Deployment URL", "The URL of your Talon.One deployment."),
    _text("apiKey", "API Key", "The API key you created in Talon.One."),
    _text(
        "userIdField",
        "User ID",
        "What identifies a customer profile in Talon.One: customerId, email or mpid.",
        "customerId",
    ),
    {
        "type": "boolean",
        "id": "runRuleEngine",
        "name": "Run Rule Engine",
        "description": "Whether rules run when a customer joins or leaves an audience.",
        "visible": True,
        "required": True,
        "confidential": False,
        "default_value": False,
        "checked": False,
    },
)
_T1_AUDIENCE_ID: Final = {
    "type": "integer",
    "id": T1_AUDIENCE_ID,
    "name": "Talon.One Audience ID",
    "visible": False,
    "required": False,
}


def _identity(kind: str, *, required: bool = False) -> dict[str, Any]:
    return {"type": kind, "encoding": "raw", "required": required}


TALON_ONE: Final[Mapping[str, Any]] = {
    "name": "Talon.One",
    "version": VERSION,
    "description": "Runs promotions for the audiences and events of mParticle in Talon.One.",
    "permissions": {
        "user_identities": [_identity("email"), _identity("customer")],
        "allow_consent_state": True,
        "allow_access_mpid": True,
        "allow_user_attributes": True,
        "allow_audience_user_attributes": True,
    },
    "event_processing_registration": {
        "account_settings": list(_TALON_ONE_ACCOUNT),
        "supported_event_types": ["custom_event"],
        "supported_runtime_environments": list(RUNTIMES),
        "supported_system_notification_types": [],
        "max_data_age_hours": ANY_AGE,
    },
    "audience_processing_registration": {
        "account_settings": list(_TALON_ONE_ACCOUNT),
        "audience_subscription_settings": [_T1_AUDIENCE_ID],
    },
}
SAILTHRU: Final[Mapping[str, Any]] = {
    "name": "Marigold Engage by Sailthru",
    "version": VERSION,
    "description": "Sends the audiences, events and user attributes of mParticle to Marigold Engage by Sailthru.",
    "permissions": {
        "user_identities": [_identity("email", required=True), _identity("customer")],
        "allow_access_mpid": True,
        "allow_user_attributes": True,
        "allow_audience_user_attributes": True,
    },
    "event_processing_registration": {
        "account_settings": [],
        "supported_event_types": [
            "custom_event",
            "session_start",
            "session_end",
            "user_attribute_change",
            "user_identity_change",
        ],
        "supported_runtime_environments": list(RUNTIMES),
        "supported_system_notification_types": [],
        "max_data_age_hours": MOST_SAILTHRU_AGE_H,
    },
    "audience_processing_registration": {"account_settings": [], "audience_subscription_settings": []},
}
