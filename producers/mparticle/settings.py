"""The account settings of a connection, as its owner typed them into mParticle. (Contract: mparticle, 3 and 5.)

Firehose declares their values as text, and Talon.One's own sample has a real boolean: so each is read by the type it
was declared with, in any letter case, and what is absent, null or unreadable is the connection's default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

UserIdField = Literal["customerId", "email", "mpid"]
T1_AUDIENCE_ID: Final = "t1AudienceID"
MOST_AUDIENCE_ID: Final = 2**63 - 1  # the API's ids are int64

_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off"})
_USER_IDS: Final[dict[str, UserIdField]] = {
    **{name.lower(): name for name in get_args(UserIdField)},
    "customer": "customerId",
    "customer_id": "customerId",
}


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What the four settings of Talon.One's module say; None where one says nothing."""

    deployment_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    user_id: UserIdField | None = None
    run_rules: bool | None = None


def account_settings(account: Any) -> AccountSettings:
    """Read the ``account`` of a message. Never raises, whatever it holds."""
    given = _by_lower_name(account.get("account_settings") if isinstance(account, dict) else None)
    user_id = text(given.get("useridfield"))
    return AccountSettings(
        deployment_url=text(given.get("deploymenturl")),
        api_key=text(given.get("apikey")),
        user_id=None if user_id is None else _USER_IDS.get(user_id.lower()),
        run_rules=truth(given.get("runruleengine")),
    )


def t1_audience_id(subscription_settings: Any) -> int | None:
    """Return the Talon.One audience id that a subscription's answer has left with mParticle, if it is one."""
    found = whole_number(_by_lower_name(subscription_settings).get(T1_AUDIENCE_ID.lower()))
    return found if found is not None and 1 <= found <= MOST_AUDIENCE_ID else None


def text(value: Any) -> str | None:
    """Return a text without the blanks around it; None for an empty one, and for what is none."""
    if not isinstance(value, str):
        return None
    return value.strip() or None


def truth(value: Any) -> bool | None:
    """Return what a boolean setting says: ``"false"`` is false. None where it says nothing."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    word = (text(value) or "").lower()
    return True if word in _TRUE else False if word in _FALSE else None


def whole_number(value: Any) -> int | None:
    """Return what an integer setting says; None where it says nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    digits = text(value) or ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= len(str(MOST_AUDIENCE_ID)) else None


def _by_lower_name(settings: Any) -> Mapping[str, Any]:
    if not isinstance(settings, dict):
        return {}
    return {name.strip().lower(): value for name, value in settings.items()}
