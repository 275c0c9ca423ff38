"""The payload that Segment's page on Talon.One (Actions) gives to test with."""

from __future__ import annotations

from typing import Any, Final

SEEDS_PAYLOAD: Final[dict[str, Any]] = {
    "messageId": "segment-test-message-t1kx8e",
    "timestamp": "2022-03-22T12:41:20.918Z",
    "type": "track",
    "userId": "test-user-z65zqk",
    "event": "track-event",
    "email": "test@example.org",
    "projectId": "qR6APLKpCBB3ue8pHkBLpo",
    "properties": {
        "eventType": "mySegmentEvent",
        "type": "boolean",
        "customerProfileId": "a_customer_id",
        "attributes": {"language": "English"},
    },
}
