"""Takes one request to the destination: waits for a slot of the shared limiter, and sends it when the slot comes."""

from __future__ import annotations

import math
import random
import time
from functools import partial
from hashlib import blake2b
from typing import Final

from tercel.lanes import Change
from tercel.records import Urgency
from tercel.settings.groups import LimiterSettings
from workers.claimed import Claimed, Later
from workers.destinations import Destination
from workers.destinations.base import Request
from workers.limiter import Booking
from workers.runtime import Runtime
from workers.sending import Sent, Stopped
from workers.watching import events, instruments

# Share of the jitter allowance that a request may leave late by; the rest is for its travel. One that leaves later has
# the limiter move those behind it, so that the second that begins with it holds no more than the limit.
LATE_SHARE: Final = 0.25
# Seconds that a request may be late by and still be sent. Moving the others costs as much of the limit as it was late,
# giving its slot up a whole slot; but those that should move are a second behind it, and must not be booked yet.
LATEST_S: Final = 0.25
BOOKED_AHEAD_S: Final = 0.5  # seconds; where slots are booked further ahead than this, a late request gives its slot up
LEASE_MARGIN_S: Final = 1.0  # seconds by which a lease outlasts the request it is for
# Seconds: by then this process wakes nobody any more. A wake-up that its closing consumer took would be lost.
STOPPING_DELAY_S: Final = 0.2
STOPPING: Final = "the worker is shutting down"
REFUSALS: Final = {"pause": "the deployment asked for a pause", "breaker": "the deployment keeps failing"}


class Courier:
    """Sends the requests of one call."""

    def __init__(self, runtime: Runtime, claimed: Claimed, destination: Destination) -> None:
        self._rt = runtime
        self._claimed = claimed
        self._destination = destination
        self._name = claimed.claim.deployment
        self._deployment = runtime.settings.deployment(self._name)
        self._limits = runtime.limits(self._name)
        self._budget = ""

    def send(self, request: Request, records: int) -> Sent:
        """Send when the limiter allows. Raises :class:`Later` where the call went back instead."""
        if request.budget != self._budget:
            self._budget, self._limits = request.budget, self._rt.limits(self._name, request.budget)
        limits = self._limits
        late_s = limits.jitter * LATE_SHARE if limits.rate > 0 else math.inf
        headers = {}
        if request.idempotency_header:
            headers["Idempotency-Key"] = request.idempotency_key or self._idempotency_key(request)
        proved = self._destination.proved(request, self._deployment.credentials())
        started = time.monotonic()
        while True:
            slot = self._slot(records, started)
            self._renew_lease(max(0.0, slot.at - time.monotonic()))
            try:
                sent = self._rt.sender.send(
                    self._deployment.url,
                    proved,
                    headers,
                    at=slot.at,
                    timeout_s=self._deployment.timeout_s,
                    late_s=late_s if slot.wait_s > BOOKED_AHEAD_S else max(late_s, LATEST_S),
                    gone=partial(self._left, slot, request.budget, late_s),
                )
            except Stopped:
                self._claimed.give_back(STOPPING_DELAY_S, STOPPING, answered=False)
            if not sent.missed:
                break
        status = sent.answer.status
        self._rt.took(self._name, sent.seconds)
        instruments.request_done(self._name, self._claimed.claim.kind.value, status or sent.answer.error, sent.seconds)
        if slot.failing and 200 <= status < 500 and status != 429 and self._rt.limiter.passed(self._name):
            events.emit(events.BreakerClosed(self._name))
        pace = self._destination.pace(request, sent.answer)
        if pace is not None:
            self._rt.limiter.pace(self._name, rate=pace.rate, for_s=pace.for_s, budget=request.budget)
        return sent

    def _left(self, slot: Booking, budget: str, allowed_s: float, late_s: float) -> None:
        """Note how late a request has left. Called on the HTTP thread, which must not wait for Redis."""
        if late_s > allowed_s:
            self._rt.aside.submit(self._rt.limiter.late, self._name, slot, by_s=late_s - allowed_s, budget=budget)

    def _slot(self, records: int, started: float) -> Booking:
        limiter, urgency = self._rt.settings.limiter, self._claimed.claim.urgency
        while True:
            if self._rt.stopping.is_set():
                self._claimed.give_back(STOPPING_DELAY_S, STOPPING, answered=False)
            now = time.monotonic()
            waited = now - started
            horizon_s = _horizon_s(limiter, urgency, waited)
            booking = self._rt.limiter.book(
                self._name, self._limits, horizon_s=horizon_s, records=records, budget=self._budget
            )
            if booking.granted:
                instruments.limiter_waited(self._name, urgency.value, waited + booking.wait_s)
                return booking
            if booking.why != "full" or booking.wait_s > limiter.max_wait_s:
                self._claimed.give_back(
                    booking.wait_s + random.uniform(0, 0.2),
                    REFUSALS.get(booking.why, "the limit is used up"),
                    answered=booking.why != "full",
                    counted=False,
                )
            self._rt.stopping.wait(max(0.0, booking.wait_s - horizon_s) + random.uniform(0.002, 0.05))

    def _renew_lease(self, wait_s: float) -> None:
        """Prolong the lease so that waiting and request fit in."""
        claim = self._claimed.claim
        lease_s = wait_s + self._deployment.timeout_s + LEASE_MARGIN_S
        if self._rt.lanes.renew(claim.deployment, [(claim.call_id, claim.fence)], lease_s=lease_s) != [Change.DONE]:
            raise Later("another worker has it now")

    def _idempotency_key(self, request: Request) -> str:
        return f"{self._claimed.claim.call_id}-{blake2b(request.body, digest_size=12).hexdigest()}"


def _horizon_s(limiter: LimiterSettings, urgency: Urgency, waited_s: float) -> float:
    """How far ahead a call may book, in seconds.

    Live calls take what they need. Bulk calls book a little ahead, twice that after ``promote_after_s``, so that live
    calls never wait long behind them; one that has waited ``max_wait_s`` books like a live call, for live records may
    be waiting behind its keys.
    """
    if urgency is Urgency.LIVE or waited_s >= limiter.max_wait_s:
        return limiter.max_wait_s
    return limiter.bulk_horizon_s * (1 if waited_s < limiter.promote_after_s else 2)
