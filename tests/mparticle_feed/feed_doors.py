"""A receiver with feeds, for tests, and short ways to post to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tercel.records import LaneKind
from tests.receiver.open_doors import OpenDoors

ONE = "/mparticle/v2/events"
MANY = "/mparticle/v2/bulkevents"
KEY, SECRET = "us1-feed-key", "feed-secret"
SAILTHRU_KEY, SAILTHRU_SECRET = "us1-mail-key", "mail-secret"
SETTINGS = """
[deployments.prod]
url = "http://127.0.0.1:9/"
key = "hunter2-key"
[deployments.mail]
destination = "sailthru"
url = "http://127.0.0.2:9"
key = "hunter2-key"
secret = "hunter2-secret"
extid = true

[mparticle.web]
door = "feed"
key = "us1-feed-key"
secret = "feed-secret"
deployment = "prod"
[mparticle.letters]
door = "feed"
key = "us1-mail-key"
secret = "mail-secret"
deployment = "mail"
join_lists = ", "
"""


@dataclass(frozen=True)
class Feeds:
    """A running receiver with two feeds."""

    doors: OpenDoors

    def post(self, body: Any, to: str = ONE) -> httpx.Response:
        """Post to the feed of the Talon.One deployment."""
        return self.doors.http.post(to, json=body, auth=(KEY, SECRET))

    def mail(self, body: Any, to: str = ONE) -> httpx.Response:
        """Post to the feed of the Sailthru deployment."""
        return self.doors.http.post(to, json=body, auth=(SAILTHRU_KEY, SAILTHRU_SECRET))

    def records(self, kind: LaneKind, deployment: str = "prod") -> list[dict[str, Any]]:
        """Return what lies on a live lane, oldest first."""
        return self.doors.records(kind, deployment)


def bought(number: Any = 1, **fields: Any) -> dict[str, Any]:
    """Return a batch with one custom event of a customer."""
    data = {"event_name": "Bought", "custom_event_type": "transaction", "custom_attributes": {"n": number}}
    return {
        "user_identities": {"customer_id": f"c-{number}", "email": f"c{number}@example.com"},
        "events": [{"event_type": "custom_event", "data": data}],
        **fields,
    }


def said(answer: httpx.Response) -> list[str]:
    """Return the messages of an answer in the documented error body."""
    assert all(set(error) == {"code", "message"} for error in answer.json()["errors"])
    return [error["message"] for error in answer.json()["errors"]]


def counts(**found: int) -> dict[str, int]:
    return {"accepted": 0, "duplicate": 0, "filtered": 0, "rejected": 0, **found}
