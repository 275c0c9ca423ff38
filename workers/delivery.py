"""Delivers one call: claim it, render it, send it, and do what the answer means.

Every way out of here leaves the call where it can be found again: settled, given back with a time, split, or (if this
process dies) with a lease that runs out.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from typing import Final, NoReturn

from tercel.errors import SettingsError, StoreUnavailable
from tercel.records import LaneKind
from workers import call as calls
from workers.audiences import BEING_CREATED, AudienceKeeper
from workers.backoff import Backoff
from workers.claimed import Claimed, Later
from workers.courier import Courier
from workers.destinations.base import Rendered, Request
from workers.outcomes import (
    UNSURE,
    CreateAudience,
    Delivered,
    Halt,
    Hold,
    Next,
    Outcome,
    Pending,
    Reason,
    RejectItems,
    Retry,
    Split,
    StripAttributes,
    faults_by_code,
)
from workers.runtime import Runtime
from workers.sending import Sent
from workers.watching import events, instruments

ROUNDS: Final = 6  # times one task sends a call again at once (after a strip or a rejection) before it goes back
SHARE_DELAY_S: Final = 0.05  # seconds a call is put off when its urgency or deployment has its share of the threads
STORE_DELAY_S: Final = 5.0  # seconds a call waits that needs the store while it is away
HOLD_DELAY_S: Final = 30.0  # seconds between two looks at whether a held audience has been bound
CRASHES_TO_SPLIT: Final = 3  # times a worker may die with a call before the call is split
CRASHES_TO_REJECT: Final = 10  # and before a record alone is rejected


def deliver(runtime: Runtime, deployment: str, call_id: str) -> str:
    """Deliver a call. Return what became of it; raises :class:`Later` when it is to be tried again."""
    if deployment not in runtime.destinations:
        return f"no deployment {deployment} in this worker's settings"
    urgency = runtime.lanes.urgency_of(deployment, call_id)
    if urgency is None:
        return "nothing to do: settled"
    if not runtime.shares.take(deployment, urgency):
        # Before the claim, which reads all the records.
        runtime.lanes.put_off(deployment, call_id, urgency, delay_s=SHARE_DELAY_S * random.uniform(1, 3))
        return "put off: its share of the threads is taken"
    try:
        claim = runtime.lanes.claim(deployment, call_id, lease_s=runtime.settings.delivery.lease_s)
        if claim is None:
            return "nothing to do: settled, or in other hands"
        with runtime.held.holding(claim):
            claimed = Claimed(runtime, claim)
            try:
                return Delivery(runtime, claimed).run()
            except StoreUnavailable:  # no worker's death: left to its lease, the call would in the end be rejected
                claimed.give_back(STORE_DELAY_S, "the store is away", answered=True, counted=False)
    finally:
        runtime.shares.give(deployment, urgency)


def revoke(runtime: Runtime, deployment: str, call_id: str) -> None:
    """Turn a call's records into rejections: somebody revoked its task."""
    if deployment not in runtime.destinations:
        return
    claim = runtime.lanes.claim(deployment, call_id, lease_s=runtime.settings.delivery.lease_s)
    if claim is not None:
        claimed = Claimed(runtime, claim)
        events.emit(events.CallRevoked(*claimed.who, records=len(claim.messages)))
        claimed.reject_unreadable()
        if not claimed.is_empty:
            claimed.reject_all(Reason("T311", "the call was revoked by hand"))


class Delivery:
    """What is done with one claimed call."""

    def __init__(self, runtime: Runtime, claimed: Claimed) -> None:
        claim = claimed.claim
        self._rt = runtime
        self._call = claimed
        self._name = claim.deployment
        self._destination = runtime.destinations[claim.deployment]
        self._courier = Courier(runtime, claimed, self._destination)
        self._audiences = AudienceKeeper(runtime, claim, self._destination)
        self._settings = runtime.settings.delivery
        self._probing = False
        # A worker that died with the call may have sent it.
        self._ticket = claim.ticket or (UNSURE if claim.claims > 1 else "")
        self._unsure = self._ticket == UNSURE

    def run(self) -> str:
        """Deliver the call. Return a short result; raises :class:`Later`."""
        self._respect_halt()
        self._call.reject_unreadable()
        self._suspect_if_deadly()
        for _ in range(ROUNDS):
            if self._call.is_empty or self._one_round():
                return str(self._call.tally)
        self._call.give_back(0.0, "it goes on with the rest of its records", answered=False)

    def _one_round(self) -> bool:
        with self._audiences.turn(self._call.contents) as mine:
            return self._round() if mine else self._obey(None, BEING_CREATED)

    def _round(self) -> bool:
        """Send once what there is. Return whether the call has ended; otherwise it is to be sent again."""
        call = self._call
        kind, data = call.claim.kind, call.contents.data
        if (request := self._follow()) is None:
            rendered = self._render()
            if rendered.refused:
                self._halt_if_surge(rendered.refused.values())
                call.reject(rendered.refused)
                return call.is_empty
            if rendered.needs is not None:
                return self._obey(None, rendered.needs)
            if rendered.request is None:
                return self._obey(None, Delivered())
            request = rendered.request
        request, sent, outcome = self._ask(request)
        if isinstance(outcome, Delivered):
            records = sum(map(len, request.items)) if request.partial else len(data)
            events.emit(events.CallDelivered(*call.who, records=records, seconds=round(sent.seconds, 3)))
            if kind is LaneKind.SESSION:
                self._rt.callbacks.answered(self._name, call.claim.call_id, data[0], sent.answer.body)
        return self._obey(request, outcome)

    def _follow(self) -> Request | None:
        """Return what the destination wants to ask about an earlier attempt at this call, once."""
        ticket, self._ticket = self._ticket, ""
        return self._destination.follow(self._call.claim.kind, self._call.contents.data, ticket) if ticket else None

    def _ask(self, request: Request) -> tuple[Request, Sent, Outcome]:
        """Send a request, and those that follow from its answer. Return the last one, and what came of it."""
        kind, data = self._call.claim.kind, self._call.contents.data
        while True:
            sent = self._send(request, len(data))
            outcome = self._destination.judge(kind, data, request, sent.answer)
            if not isinstance(outcome, Next):
                return request, sent, outcome
            request = outcome.request

    def _render(self) -> Rendered:
        """Render what there is; where that was decided by something that is not known, look whether it is by now."""
        kind, data = self._call.claim.kind, self._call.contents.data
        rendered = self._destination.render(kind, data, self._rt.learned.about(self._name))
        if rendered.unsure:
            self._rt.learned.forget_cache(self._name)
            rendered = self._destination.render(kind, data, self._rt.learned.about(self._name))
        return rendered

    def _send(self, request: Request, records: int) -> Sent:
        try:
            return self._courier.send(request, records)
        except SettingsError as error:  # the key file cannot be read: somebody has to mend it, and nothing is lost
            self._halt(Reason(error.code, str(error)))

    def _obey(self, request: Request | None, outcome: Outcome) -> bool:
        """Do what an outcome says. Return whether the call has ended."""
        call = self._call
        if request is not None and not isinstance(outcome, Halt | Retry):
            self._end_halt()
        match outcome:
            case Delivered():
                self._audiences.delivered(call.contents, outcome)
                call.settle(self._items(request), partial=request is not None and request.partial)
            case Retry():
                self._retry(request, outcome)
            case Pending():
                self._wait(outcome)
            case RejectItems():
                self._reject_items(self._items(request), outcome)
            case StripAttributes():
                ttl_s = self._rt.settings.deployment(self._name).unknown_attributes_ttl_s
                self._rt.learned.unknown_attributes(self._name, outcome.names, ttl_s)
                events.emit(events.AttributesSkipped(*call.who[:2], attributes=len(outcome.names)))
                self._reject_items(self._items(request), RejectItems(outcome.refused))
            case Split():
                self._split(request, outcome)
            case Halt():
                self._halt(outcome.reason)
            case Hold():
                self._hold(outcome)
            case CreateAudience():
                hindered = self._audiences.create(outcome, call.contents, self._send)
                if hindered is not None:
                    return self._obey(None, hindered)
        return call.is_empty

    def _items(self, request: Request | None) -> tuple[tuple[int, ...], ...]:
        if request is not None:
            return request.items
        return tuple((i,) for i in range(len(self._call.contents)))

    # -- what outcomes ask for ------------------------------------------------------------------------------------

    def _retry(self, request: Request | None, outcome: Retry) -> None:
        budget = "" if request is None else request.budget
        call, limits = self._call, self._rt.limits(self._name, budget)
        attempts = call.claim.attempts
        if outcome.slow:
            self._rt.limiter.slow(self._name, limits, after_s=outcome.after_s, budget=budget)
            instruments.slowed(self._name)
            state = self._rt.limiter.state(self._name, limits, budget=budget)
            events.emit(events.DeploymentSlowed(self._name, round(state.rate_allowed, 1), outcome.after_s))
        if outcome.failing:
            failed = self._rt.limiter.failed(self._name, limits)
            if failed.opened_s:
                code = outcome.reason.code
                events.emit(events.BreakerOpened(self._name, failed.in_a_row, round(failed.opened_s, 3), code))
            if not failed.broken and attempts + 1 >= self._settings.split_after_failures:
                self._split_keys(outcome.reason)
        if outcome.once and self._unsure:
            call.reject_all(outcome.reason)
            return
        if self._gave_up(outcome.reason):
            return
        backoff = Backoff(self._settings.backoff_first_s, self._settings.backoff_max_s)
        delay_s = backoff.delay_s(attempts, outcome.after_s)
        events.emit(
            events.CallRetry(
                *call.who,
                records=len(call.claim.messages),
                attempts=attempts + 1,
                delay_s=round(delay_s, 3),
                code=outcome.reason.code,
                reason=outcome.reason.text,
            )
        )
        call.give_back(delay_s, outcome.reason.text, answered=True, ticket=UNSURE if outcome.unsure else None)

    def _wait(self, outcome: Pending) -> None:
        """Give back a call that the destination is working on, with the ticket to ask by."""
        if self._gave_up(outcome.reason):
            return
        self._call.give_back(outcome.after_s, outcome.reason.text, answered=True, counted=False, ticket=outcome.ticket)

    def _reject_items(self, items: tuple[tuple[int, ...], ...], outcome: RejectItems) -> None:
        call = self._call
        keys = {call.contents.key(r) for i in outcome.items for r in items[i] if len(items[i]) > 1}
        single = {items[i][0]: reason for i, reason in outcome.items.items() if len(items[i]) == 1}
        if single:
            self._halt_if_surge(single.values())
            call.reject(single)
        if keys:
            why = Reason("T317", "a record merged into another was refused: they are tried one by one")
            call.split(calls.oldest_of_each(call.claim, keys), why)

    def _split(self, request: Request | None, outcome: Split) -> None:
        claim, contents = self._call.claim, self._call.contents
        halves = calls.by_audience(claim, contents) if outcome.by_audience else calls.halves(claim)
        if halves is not None:
            self._call.split(halves, outcome.reason)
        self._reject_items(self._items(request), RejectItems({0: outcome.reason}))

    def _hold(self, outcome: Hold) -> NoReturn:
        call = self._call
        self._audiences.hold(outcome)
        held = calls.naming(call.contents, outcome.name, outcome.external_id)
        others = calls.without_keys_of(call.claim, call.contents, held) if held else None
        if others is not None:
            call.split(others, outcome.reason)
        call.give_back(HOLD_DELAY_S, outcome.reason.text, answered=True)

    # -- calls that will not do -----------------------------------------------------------------------------------

    def _gave_up(self, why: Reason) -> bool:
        """Reject a call that has just failed once more and has been tried for long enough. False: it has not."""
        claim = self._call.claim
        seconds = time.time() - claim.created_ms / 1000
        if seconds <= self._settings.give_up_after_s:
            return False
        attempts, hours = claim.attempts + 1, seconds / 3600
        events.emit(events.CallGivenUp(*self._call.who, records=len(claim.messages), attempts=attempts, code="T310"))
        text = f"given up after {attempts} attempts in {hours:.1f} hours; the last time: {why.text}"
        self._call.reject_all(Reason("T310", text, why.answer))
        return True

    def _suspect_if_deadly(self) -> None:
        """Workers died with this call. Split it, so that the record that kills them ends up alone."""
        died = self._call.claim.claims - 1
        if died < CRASHES_TO_SPLIT or self._call.is_empty:
            return
        reason = Reason("T314", f"workers died {died} times while delivering it")
        self._split_keys(reason)
        if died >= CRASHES_TO_REJECT:
            self._call.reject_all(reason)

    def _split_keys(self, reason: Reason) -> None:
        """Split the call unless one key is alone in it.

        An attempt without an answer may have been applied: to send a key's older records without its newer ones would
        then set it back.
        """
        halves = calls.halves(self._call.claim)
        if halves is not None and not halves.back:
            self._call.split(halves, reason)

    # -- halts ----------------------------------------------------------------------------------------------------

    def _respect_halt(self) -> None:
        halted = self._call.claim.halted
        if halted is None:
            return
        every_s = self._settings.halt_probe_s
        self._probing = halted.probed and self._rt.lanes.take_probe(self._name, every_s)
        if not self._probing:
            delay_s = every_s * random.uniform(0.5, 1.0)
            self._call.give_back(delay_s, f"halted: {halted.reason}", answered=True, counted=False)

    def _end_halt(self) -> None:
        if self._probing:
            self._probing = False
            if self._rt.lanes.resume(self._name, probed=True):
                events.emit(events.DeploymentResumed(self._name))

    def _halt(self, reason: Reason) -> NoReturn:
        self._rt.lanes.halt(self._name, code=reason.code, reason=reason.text, probed=True)
        if not self._probing:
            events.emit(events.DeploymentHalted(self._name, code=reason.code, reason=reason.text))
        delay_s = self._settings.halt_probe_s * random.uniform(0.5, 1.0)
        self._call.give_back(delay_s, f"halted: {reason.text}", answered=True, counted=False)

    def _halt_if_surge(self, reasons: Iterable[Reason]) -> None:
        """Halt instead of rejecting, where most records of the lane are refused for one reason: it is a setting."""
        claim = self._call.claim
        for code, alike in faults_by_code(reasons).items():
            if self._rt.surge.would_halt(self._name, claim.kind, code, len(alike)):
                self._rt.surge.forget(self._name, claim.kind)
                text = f"most {claim.kind.value} records are refused for one reason: {alike[0].text}"
                self._rt.lanes.halt(self._name, code="T312", reason=text)
                events.emit(events.DeploymentHalted(self._name, code="T312", reason=text))
                self._call.give_back(0.0, f"halted: {text}", answered=True, counted=False)


__all__ = ["Delivery", "Later", "deliver", "revoke"]
