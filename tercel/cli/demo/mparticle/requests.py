"""The tutorial's request to mParticle's Events API: a session of a customer begins."""

from __future__ import annotations

import json
import shlex
from typing import Final

CUSTOMER: Final = "John Doe"  # the tutorial's example of a customer id
PATH: Final = "/v2/events"


def body_for(customer: str) -> str:
    """Return the body of the tutorial's curl command, for a customer id of one's choice."""
    return json.dumps(
        {
            "schema_version": 2,
            "environment": "development",
            "user_identities": {"customer_id": customer},
            "events": [{"data": {}, "event_type": "session_start"}],
        },
        ensure_ascii=False,
    )


def curl_for(url: str, key: str, secret: str, customer: str) -> list[str]:
    """Return the tutorial's curl command, in lines that a shell takes as one."""
    return [
        f"curl --location {shlex.quote(url + PATH)} \\",
        f"  --user {shlex.quote(f'{key}:{secret}')} \\",
        "  --header 'Content-Type: application/json' \\",
        f"  --data {shlex.quote(body_for(customer))}",
    ]
