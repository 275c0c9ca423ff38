"""Requests as mParticle's Firehose makes them, and a receiver that takes them."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import httpx

from tests.receiver.open_doors import OpenDoors

TOKEN = "firehose-token-firehose-token"
ENGAGE_TOKEN = "engage-token-engage-token"
DEPLOYMENT_KEY = "hunter2-key"
OTHER_KEY = "other-hunter2-key"
BULK_ABOVE = 100

SETTINGS = f"""
[deployments.prod]
url = "http://127.0.0.1:9/"
key = "{DEPLOYMENT_KEY}"
[deployments.other]
url = "http://127.0.0.2:9"
key = "{OTHER_KEY}"
[deployments.engage]
destination = "sailthru"
url = "http://127.0.0.1:9"
key = "sailthru-key"
secret = "sailthru-secret"

[receiver]
max_depth = 16

[mparticle.open]
door = "talon_one"
deployments = ["prod", "other"]
bulk_above = {BULK_ABOVE}
[mparticle.proven]
door = "talon_one"
deployment = "other"
token = "{TOKEN}"
bulk_above = {BULK_ABOVE}
remove_audiences = true
[mparticle.proven.event_names]
"Add to Cart" = "add_to_cart"
[mparticle.engage]
door = "sailthru"
deployment = "engage"
token = "{ENGAGE_TOKEN}"
"""

_numbers = count(1)


def message(kind: str, settings: dict[str, Any] | None = None, **own: Any) -> dict[str, Any]:
    """Return a request of the Firehose for the deployment prod, with an id of its own."""
    account = {"apiKey": DEPLOYMENT_KEY, "deploymentURL": "127.0.0.1", "userIdField": "customerId", **(settings or {})}
    return {
        "type": kind,
        "id": f"00000000-0000-4000-8000-{next(_numbers):012d}",
        "timestamp_ms": 1_714_592_744_065,
        "firehose_version": "2.4.0",
        "account": {"account_id": 123, "account_settings": account},
        **own,
    }


def identity(value: str, kind: str = "customer", encoding: str = "raw") -> dict[str, str]:
    """Return one identity of a user."""
    return {"type": kind, "encoding": encoding, "value": value}


def audience(action: str = "add", audience_id: int = 456, name: str = "Travellers", **own: Any) -> dict[str, Any]:
    """Return one audience of a user."""
    return {"audience_id": audience_id, "audience_name": name, "action": action, **own}


def user(customer: str, *audiences: dict[str, Any], mpid: str = "12345") -> dict[str, Any]:
    """Return a user who joins or leaves audiences; one, where none is given."""
    return {"user_identities": [identity(customer)], "mpid": mpid, "audiences": [*audiences] or [audience()]}


def memberships(*users: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Return a request in which users join and leave audiences."""
    return message("audience_membership_change_request", settings, user_profiles=[*users])


def events(*happened: dict[str, Any], customer: str = "c-7", **own: Any) -> dict[str, Any]:
    """Return a request in which a user did something."""
    return message(
        "event_processing_request", events=[*happened], user_identities=[identity(customer)], mpid="12345", **own
    )


def custom_event(name: str = "viewed", number: int = 1, **attributes: Any) -> dict[str, Any]:
    """Return a custom event."""
    return {
        "type": "custom_event",
        "id": f"9daa09f0-0c61-4b46-a16a-{number:012d}",
        "timestamp_ms": 1_714_592_744_066,
        "name": name,
        "attributes": attributes,
    }


def subscription(action: str = "add", audience_id: int = 456, name: str = "Travellers", **own: Any) -> dict[str, Any]:
    """Return a request about an audience itself."""
    return message("audience_subscription_request", action=action, audience_id=audience_id, audience_name=name, **own)


def post(doors: OpenDoors, body: Any, *, token: str = "", path: str = "/mparticle") -> httpx.Response:
    """Post a request as mParticle would; without a token there is no header."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Token {token}"} if token else {})}
    return doors.http.post(path, content=json.dumps(body), headers=headers)
