"""Messages to try a destination with where none is at hand: one for each of Segment's types, and Engage's forms.

Every person in them is made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tercel.errors import UsageError
from tercel.settings.nearest import suggestion

_AT: Final = "2026-01-15T09:30:00.000Z"
_USER: Final = "test-user-1"


def _message(type_: str, **fields: Any) -> dict[str, Any]:
    return {"messageId": f"tercel-sample-{type_}", "timestamp": _AT, "type": type_, "userId": _USER, **fields}


def _engage(name: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message as Engage sends it when somebody joins or leaves the audience ``big_spenders``."""
    personas = {
        "computation_class": "audience",
        "computation_key": "big_spenders",
        "computation_id": "aud_sample",
        "namespace": "spa_sample",
        "space_id": "spa_sample",
    }
    return {**message, "messageId": f"tercel-sample-{name}", "context": {"personas": personas}}


SAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "identify": _message(
        "identify",
        traits={
            "email": "ada@example.com",
            "firstName": "Ada",
            "plan": "pro",
            "loginCount": 12,
            "address": {"city": "Berlin", "country": "DE"},
        },
    ),
    "track": _message(
        "track",
        event="Order Completed",
        properties={
            "orderId": "order-1",
            "total": 59.9,
            "currency": "EUR",
            "attributes": {"language": "English"},
            "products": [{"sku": "tea-1", "name": "Green tea", "price": 5.9, "quantity": 2}],
        },
    ),
    "page": _message(
        "page", name="Pricing", properties={"url": "https://shop.example.com/pricing", "title": "Pricing"}
    ),
    "screen": _message("screen", name="Basket", properties={"items": 2}),
    "group": _message("group", groupId="company-1", traits={"name": "Example Ltd.", "employees": 329}),
    "alias": _message("alias", previousId="anonymous-1"),
    "audience-entered": _engage("audience-entered", _message("identify", traits={"big_spenders": True})),
    "audience-left": _engage("audience-left", _message("identify", traits={"big_spenders": False})),
    "audience-entered-track": _engage(
        "audience-entered-track",
        _message("track", event="Audience Entered", properties={"audience_key": "big_spenders", "big_spenders": True}),
    ),
}


def sample(name: str) -> Mapping[str, Any]:
    """Return the sample message of a name. Raises UsageError that names the others."""
    found = SAMPLES.get(name)
    if found is None:
        raise UsageError(f"There is no sample {name!r}{suggestion(name, SAMPLES)} There are: {', '.join(SAMPLES)}.")
    return found
