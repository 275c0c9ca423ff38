"""The Retry-After header: seconds or an HTTP date. Talon.One declares none, but one that comes is obeyed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

MAX_RETRY_AFTER_S: Final = 3_600.0  # seconds; a longer wish is cut, so that a wrong header cannot stop a day
_SECONDS = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Return how many seconds the answer asks us to wait, from 0 to 3,600, or None where it does not say.

    ``now`` is the time, in seconds since 1970, against which a date is counted. An unreadable header says nothing.
    """
    value = next((text for name, text in headers.items() if name.lower() == "retry-after"), "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), MAX_RETRY_AFTER_S)
    try:
        when = parsedate_to_datetime(value)
        at = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(at - now, 0.0), MAX_RETRY_AFTER_S)
