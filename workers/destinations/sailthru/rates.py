"""What the rate headers of an answer say (contract, section 4).

The vendor's two pages disagree on whether a window is a second or a minute, so neither is taken for granted: when
nothing remains, nothing goes out until the reset; in a window that is still long, what remains is spread over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from workers.destinations.base import Pace

LIMIT: Final = "x-rate-limit-limit"
REMAINING: Final = "x-rate-limit-remaining"
RESET: Final = "x-rate-limit-reset"
LONG_WINDOW_S: Final = 2.0  # seconds until the reset from which on the rest is spread; before, spacing does as well
BELIEVED_S: Final = 60.0  # seconds a limit below ours is obeyed after an answer that told it
SKEW_S: Final = (
    2.0  # seconds between their clock and ours from which on theirs is believed: Date has whole seconds only
)


def pace(headers: Mapping[str, str], budget: float, now: float) -> Pace | None:
    """Return what to heed of an answer's headers; None where our own ``budget`` (requests/s) is within them.

    ``now`` is our clock, seconds since 1970. Header names are in lower case.
    """
    remaining, left_s = _number(headers, REMAINING), reset_in_s(headers, now)
    if remaining is not None and left_s is not None and left_s > 0:
        if remaining <= 0:
            return Pace(0.0, left_s)
        if left_s > LONG_WINDOW_S and remaining / left_s < budget:
            return Pace(remaining / left_s, left_s)
    limit = _number(headers, LIMIT)
    if limit is not None and 0 < limit < budget:
        return Pace(float(limit), BELIEVED_S)  # whatever the window is, a second of it has no more
    return None


def reset_in_s(headers: Mapping[str, str], now: float) -> float | None:
    """Return how many seconds away the reset is, by their clock where ours differs from it; None: it is not told."""
    reset = _number(headers, RESET)
    if reset is None:
        return None
    theirs = _date(headers)
    return reset - (theirs if theirs is not None and abs(theirs - now) > SKEW_S else now)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _date(headers: Mapping[str, str]) -> float | None:
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
