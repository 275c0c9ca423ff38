"""Asking a destination whether it is there and takes our key: its own probe, judged by its own rules."""

from __future__ import annotations

from typing import Final

import httpx

from tercel.records import LaneKind
from tercel.settings import Deployment
from workers.destinations import destination
from workers.destinations.base import Answer
from workers.outcomes import Delivered, Reason

NOT_UNDERSTOOD: Final = "T203"
LARGEST_ANSWER: Final = 65_536  # bytes of an answer that are looked at


def probe(one: Deployment, client: httpx.Client) -> Reason | None:
    """Send the probe. None: all is well. Raises SettingsError where the key file cannot be read."""
    target = destination(one.destination)
    request = target.proved(target.probe(), one.credentials())
    query = f"?{request.query}" if request.query else ""
    try:
        answer = _answer(
            client.request(
                request.method,
                f"{one.url}{request.path}{query}",
                headers=dict(request.headers),
                content=request.body or None,
            )
        )
    except httpx.TimeoutException:
        answer = Answer(0, error="timeout")
    except httpx.HTTPError as error:
        return Reason(NOT_UNDERSTOOD, f"cannot be reached ({_cause(error)}): check the url and the network")
    outcome = target.judge(LaneKind.PROFILE, (), request, answer)
    if isinstance(outcome, Delivered):
        return None
    found = getattr(outcome, "reason", None)
    return found if isinstance(found, Reason) else Reason(NOT_UNDERSTOOD, f"answered with HTTP {answer.status}")


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, dict(response.headers), response.content[:LARGEST_ANSWER])


def _cause(error: BaseException) -> str:
    """The innermost cause in the system's own words, which never hold the key."""
    seen: BaseException | None = error
    said = "the connection broke"
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            said = seen.strerror
        seen = seen.__cause__ or seen.__context__
    return said
