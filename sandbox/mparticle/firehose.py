"""The Firehose's requests, as mParticle words them (contract mparticle, section 2)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

from sandbox.mparticle.config import Audience, Output
from sandbox.mparticle.users import User

VERSION: Final = "3.2.0"
ACCOUNT_ID: Final = 123_456

Message = dict[str, Any]


def registration() -> Message:
    """Ask a module what it is; it has no account, and is sent without a token."""
    return _message("module_registration_request")


def subscription(output: Output, audience: Audience, action: str) -> Message:
    """Connect (``add``) or disconnect (``remove``) the audience."""
    return {
        **_message("audience_subscription_request"),
        "account": _account(output),
        "audience_id": audience.id,
        "audience_name": audience.external_name,
        "action": action,
    }


def membership(
    output: Output, audience: Audience, user: User, action: str, subscription_settings: Mapping[str, Any]
) -> Message:
    """A user has joined (``add``) or left (``delete``) the audience."""
    change: dict[str, Any] = {
        "audience_id": audience.id,
        "audience_name": audience.external_name,
        "action": action,
        "audience_subscription_settings": dict(subscription_settings),
    }
    if action == "add":
        change["user_attributes"] = [
            {"key": name, "action": "upsert", "value": value if isinstance(value, str) else str(value)}
            for name, value in user.attributes.items()
            if value is not None and not isinstance(value, list | dict)
        ]
    return {
        **_message("audience_membership_change_request"),
        "account": _account(output),
        "user_profiles": [
            {
                "user_identities": [
                    {"type": kind, "encoding": "raw", "value": value} for kind, value in user.identities.items()
                ],
                "device_identities": [],
                "partner_identities": [],
                "audiences": [change],
                "mpid": str(user.mpid),
            }
        ],
    }


def _message(kind: str) -> Message:
    return {
        "type": kind,
        "id": str(uuid.uuid4()),
        "timestamp_ms": time.time_ns() // 1_000_000,
        "firehose_version": VERSION,
    }


def _account(output: Output) -> dict[str, Any]:
    """The account; settings travel as texts, booleans too."""
    return {
        "account_id": ACCOUNT_ID,
        "account_settings": {
            "deploymentURL": output.deployment_url,
            "apiKey": output.api_key,
            "userIdField": output.user_id_field,
            "runRuleEngine": str(output.run_rule_engine).lower(),
        },
    }
