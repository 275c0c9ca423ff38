"""Sailthru as a destination: which renderer serves which lane, what answers mean there, and a deployment's options."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, get_args

from tercel.errors import SettingsError
from tercel.records import LaneKind, Urgency
from tercel.settings.keys import Credentials
from workers.destinations.base import Answer, Batch, Knowledge, Pace, Rendered, Request
from workers.destinations.sailthru import wire
from workers.destinations.sailthru.events import render_event
from workers.destinations.sailthru.identities import LOOK_AFTER_S, after_look_up, key_change, look_up
from workers.destinations.sailthru.jobs import Ticket, parse_ticket, poll_after_s, poll_request, ticket_text
from workers.destinations.sailthru.judging import Said, judge_failure, may_be_applied, said
from workers.destinations.sailthru.lists import create_request, render_audience
from workers.destinations.sailthru.names import list_name
from workers.destinations.sailthru.people import items_of, merged, render_alone, render_people
from workers.destinations.sailthru.rates import pace
from workers.destinations.sailthru.reasons import (
    EVENT_UNSURE,
    EXTID_OFF,
    JOB_FAILED,
    JOB_RUNS,
    NO_SESSIONS,
    SERVER_FAILED,
    reason,
)
from workers.destinations.sailthru.signing import proved
from workers.outcomes import UNSURE, Delivered, Next, Outcome, Pending, RejectItems, Retry, Split

AfterTimeout = Literal["again", "reject"]
_AFTER_TIMEOUT: Final[tuple[str, ...]] = get_args(AfterTimeout)
_PEOPLE: Final = frozenset({LaneKind.PROFILE, LaneKind.MEMBERSHIP})
# A live request carries one profile, with all that has come for it since; a job's file carries many.
_OF_ONE: Final = Batch(records=100, people=1, budget="POST /user")
_FILE: Final = Batch(1_000, budget="POST /job")
_ALONE: Final[Mapping[LaneKind, Batch]] = {
    LaneKind.RULES: Batch(1, budget="POST /user"),
    LaneKind.EVENT: Batch(1, budget="POST /event"),
    LaneKind.AUDIENCE: Batch(1, budget="GET /list"),
    LaneKind.SESSION: Batch(1),
}

Records = Sequence[Mapping[str, Any]]


class Sailthru:
    """A Sailthru account, spoken to through its API. Holds no state and may be shared by threads."""

    name: str = "sailthru"
    budgets: Mapping[str, float] = wire.BUDGETS

    def __init__(
        self,
        *,
        extid: bool = False,
        event_after_timeout: AfterTimeout = "again",
        job_poll_s: float = 5.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take the deployment's policies.

        ``extid``: the account knows external ids. ``event_after_timeout``: an event that may have been taken is sent
        once more, or rejected. ``job_poll_s``: seconds between two questions about a young job. ``now`` is the clock,
        in seconds since 1970. Raises SettingsError for a value that does not exist.
        """
        if event_after_timeout not in _AFTER_TIMEOUT:
            choices = ", ".join(_AFTER_TIMEOUT)
            raise SettingsError(f"event_after_timeout is {event_after_timeout!r}; choose one of: {choices}.")
        self._extid = extid
        self._event_again = event_after_timeout == "again"
        self._job_poll_s = job_poll_s
        self._now = now

    def batch(self, kind: LaneKind, urgency: Urgency) -> Batch:
        """Return one profile for a live call of profiles or memberships, a file for a bulk one, else one record."""
        if kind not in _PEOPLE:
            return _ALONE[kind]
        return _OF_ONE if urgency is Urgency.LIVE else _FILE

    def proved(self, request: Request, credentials: Credentials) -> Request:
        """Return the request signed, over the exact text of its arguments."""
        return proved(request, credentials)

    def audience_key(self, name: str, external_id: str | None) -> str:
        """Return the list's name: there may be one list of it, whatever audiences are called elsewhere."""
        return list_name(name)

    def render(self, kind: LaneKind, records: Records, known: Knowledge) -> Rendered:
        """Render one request from a call's records, oldest first; those it does not carry are rendered after it."""
        if not records:
            return Rendered(None)
        match kind:
            case LaneKind.PROFILE | LaneKind.MEMBERSHIP:
                return render_people(records, known)
            case LaneKind.RULES:
                return self._render_rules(records[0], known)
            case LaneKind.EVENT:
                return render_event(records[0])
            case LaneKind.AUDIENCE:
                return render_audience(records[0], known)
            case LaneKind.SESSION:
                return Rendered(None, {0: reason(NO_SESSIONS, "Sailthru has no customer sessions; send events.")})

    def follow(self, kind: LaneKind, records: Records, ticket: str) -> Request | None:
        """Ask how a job is getting on, or whether a change of address that nobody saw the answer of was done."""
        job = parse_ticket(ticket)
        if job is not None:
            return poll_request(job, items_of(merged(records)))
        if ticket == UNSURE and kind is LaneKind.RULES and records and records[0].get("identities"):
            return look_up(records[0], extid=self._extid)
        return None

    def judge(self, kind: LaneKind, records: Records, request: Request, answer: Answer) -> Outcome | Next:
        """Say what an answer means. Never raises, whatever the answer holds."""
        found = said(answer)
        if request.path == wire.JOB:
            outcome: Outcome | Next = self._judge_job(request, found, answer)
        elif found.not_found and request.method != "POST":
            outcome = self._nothing_there(records, request)
        elif found.good:
            outcome = self._judge_good(records, request)
        else:
            outcome = judge_failure(request, answer, found, self._now())
        return self._unsure(kind, records, answer, outcome) if isinstance(outcome, Retry) else outcome

    def pace(self, request: Request, answer: Answer) -> Pace | None:
        """Return what the rate headers of an answer say of its budget."""
        return pace(answer.headers, wire.BUDGETS[request.budget], self._now())

    def probe(self) -> Request:
        """Return the credential check: any good answer means that the API is reachable and takes key and signature."""
        return wire.request("GET", wire.SETTINGS, {}, ())

    def _render_rules(self, record: Mapping[str, Any], known: Knowledge) -> Rendered:
        if not record.get("identities"):
            return render_alone(record, known, None)
        change = key_change(record, extid=self._extid)
        others = ("attributes", "audiences_add", "audiences_delete")
        if change is None and not any(record.get(field) for field in others):
            text = "The record changes nothing but an extid, and external ids are not switched on for the deployment."
            return Rendered(None, {0: reason(EXTID_OFF, text)})
        return render_alone(record, known, change)

    def _unsure(self, kind: LaneKind, records: Records, answer: Answer, outcome: Retry) -> Outcome:
        """Take account of what a repeat would do, where a request may have been applied although it failed."""
        if kind is LaneKind.RULES and records and records[0].get("identities") and may_be_applied(answer):
            return replace(outcome, unsure=True, after_s=LOOK_AFTER_S)
        if kind is LaneKind.EVENT and may_be_applied(answer) and answer.status == 0:
            text = "The event's request got no answer, so it may have been taken."
            why = reason(EVENT_UNSURE, text, answer.error.encode("utf-8", "replace"))
            return replace(outcome, reason=why, unsure=True, once=True) if self._event_again else RejectItems({0: why})
        return outcome

    def _judge_good(self, records: Records, request: Request) -> Outcome | Next:
        if (request.method, request.path) == ("GET", wire.USER):
            return Next(after_look_up(records[0], found=True, extid=self._extid))
        if request.path == wire.LIST and request.method != "DELETE":
            return Delivered(named=list_name(records[0]["name"]))
        return Delivered()

    def _nothing_there(self, records: Records, request: Request) -> Outcome | Next:
        """Go on where a profile or a list was asked for, or was to be deleted, and there is none."""
        if request.path == wire.USER:
            return Next(after_look_up(records[0], found=False, extid=self._extid))
        return Next(create_request(records[0])) if request.method == "GET" else Delivered()

    def _judge_job(self, request: Request, found: Said, answer: Answer) -> Outcome:
        """Judge what became of a job. One that failed, or that nobody knows any more, is sent again in two halves."""
        if request.method == "POST":
            return self._taken_in(found, answer) if found.good else judge_failure(request, answer, found, self._now())
        status = found.data.get("status")
        if found.good and status == "completed":
            return Delivered()
        if found.not_found or (found.good and status == "error"):
            return Split(reason(JOB_FAILED, "The job failed; its records are sent again in smaller ones.", answer.body))
        if not found.good:
            return judge_failure(request, answer, found, self._now())
        ticket = parse_ticket(request.ticket)
        return self._pending(ticket or Ticket(str(found.data.get("job_id", "")), int(self._now())))

    def _taken_in(self, found: Said, answer: Answer) -> Outcome:
        job_id = found.data.get("job_id")
        if not isinstance(job_id, str | int) or not str(job_id):
            text = "Sailthru took a job in without telling its id, so nobody can ask for it."
            return Retry(reason(SERVER_FAILED, text, answer.body), failing=True)
        return self._pending(Ticket(str(job_id), int(self._now())))

    def _pending(self, ticket: Ticket) -> Pending:
        after_s = poll_after_s(self._now() - ticket.since_s, self._job_poll_s)
        return Pending(reason(JOB_RUNS, "The job is under way at Sailthru."), ticket_text(ticket), after_s)
