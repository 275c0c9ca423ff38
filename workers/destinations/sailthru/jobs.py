"""Many profiles at once: ``/job`` with a file of updates, asked for again until it is done (contract, section 2, /job).

The job's id and when it began lie in the call as its ticket, so that whoever has the call next asks and does not send
the file again. What became of single lines is told to nobody but the receiver of a report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

import orjson

from workers.destinations.base import Request
from workers.destinations.sailthru import wire

_POLL_SHARE: Final = 0.25  # of a job's age passes between two questions, so that long ones are asked for seldom
LONGEST_POLL_S: Final = 60.0  # seconds between two questions at most
_MARK: Final = "job"  # the first word of a ticket


class Ticket(NamedTuple):
    """A job that runs: its id, and when it was taken in (seconds since 1970)."""

    job_id: str
    since_s: int


def job_request(lines: Iterable[Mapping[str, Any]], items: wire.Items) -> Request:
    """Return the request that hands in a file of updates, one JSON object a line."""
    return wire.request("POST", wire.JOB, {"job": "update"}, items, file=b"\n".join(map(orjson.dumps, lines)))


def poll_request(ticket: Ticket, items: wire.Items) -> Request:
    """Return the question how a job is getting on."""
    asked = wire.request("GET", wire.JOB, {"job_id": ticket.job_id}, items)
    return replace(asked, ticket=ticket_text(ticket))


def ticket_text(ticket: Ticket) -> str:
    """Return a ticket as the call keeps it."""
    return f"{_MARK} {ticket.since_s} {ticket.job_id}"


def parse_ticket(text: str) -> Ticket | None:
    """Return the job that a call's ticket is about; None where it is about something else."""
    parts = text.split(" ", 2)
    if len(parts) != 3 or parts[0] != _MARK or not parts[1].isdecimal():
        return None
    return Ticket(parts[2], int(parts[1]))


def poll_after_s(age_s: float, first_s: float) -> float:
    """Return in how many seconds to ask again about a job of this age; ``first_s`` at least."""
    return max(first_s, min(LONGEST_POLL_S, age_s * _POLL_SHARE))
