"""An outlook (:mod:`tercel.outlook`) as a line for people and as JSON for programs. Pure."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

from tercel.cli.ages import age
from tercel.outlook import Outlook
from tercel.records import LaneKind

OVER_THE_LIMIT: Final = "T231"
WORTH_SAYING_S: Final = 5.0  # seconds; a backlog that is gone sooner is everyday business
WHOLE_FROM: Final = 10  # a rate from here on is said without a decimal place

_NAMES: Final = {
    LaneKind.EVENT: "events",
    LaneKind.SESSION: "sessions",
    LaneKind.RULES: "profiles with rules",
    LaneKind.AUDIENCE: "audiences",
}


class Forecast(NamedTuple):
    """One line about what is to come; ``warns`` where somebody should do something."""

    text: str
    warns: bool


def forecast(found: Outlook, *, halted: bool = False) -> Forecast | None:
    """Return what to say about an outlook; None where all is well. Of a halted deployment its halt says enough."""
    if halted:
        return None
    if found.grows_by_per_s:
        return Forecast(
            f"WARNING {OVER_THE_LIMIT}: {_demand(found)} and the limit is {found.limit_per_s:g}/s: the backlog grows "
            f"by {_rate(found.grows_by_per_s)} requests/s. {_alone(found)} (tercel explain {OVER_THE_LIMIT})",
            True,
        )
    if found.clears_s is None or found.clears_s < WORTH_SAYING_S:
        return None
    if math.isinf(found.clears_s):
        return Forecast(f"backlog: {_requests(found)}; as much comes in as the limit lets out. {_alone(found)}", False)
    return Forecast(
        f"backlog: {_requests(found)}, gone in {age(found.clears_s)} if this goes on "
        f"({_rate(found.requests_per_s)} requests/s come in, the limit is {found.limit_per_s:g}/s)",
        False,
    )


def outlook_json(found: Outlook) -> dict[str, Any]:
    """Return an outlook as a JSON object. ``clears_s`` is null where it is never, or where there is no limit."""
    never = found.clears_s is not None and math.isinf(found.clears_s)
    return {
        "single_call_arrivals_per_s": {kind.value: rate for kind, rate in found.single_arrivals.items()},
        "requests_needed_per_s": found.requests_per_s,
        "backlog_requests": found.backlog_requests,
        "backlog_grows_by_per_s": found.grows_by_per_s,
        "clears_s": None if never else found.clears_s,
        "never_clears": never,
    }


def _demand(found: Outlook) -> str:
    """Say what arrives: by kind where that alone is more than the limit."""
    if found.singles_per_s <= found.limit_per_s:
        return f"what arrives needs {_rate(found.requests_per_s)} requests/s,"
    by_rate = sorted(found.single_arrivals.items(), key=lambda item: -item[1])
    kinds = [f"{_rate(rate)} {_NAMES.get(kind, kind.value)}/s" for kind, rate in by_rate if rate]
    return f"{' and '.join(kinds)} arrive, each takes a request of its own,"


def _alone(found: Outlook) -> str:
    clears = found.clears_alone_s
    if not clears:
        return "Nothing waits yet."
    return f"If nothing more came in, what waits ({_requests(found)}) would be gone in {age(clears)}."


def _requests(found: Outlook) -> str:
    return f"{found.backlog_requests:,} request{'s' if found.backlog_requests != 1 else ''}"


def _rate(per_s: float) -> str:
    return f"{per_s:,.0f}" if per_s >= WHOLE_FROM else f"{per_s:.1f}"
