"""mParticle's Firehose, at ``/mparticle`` for Talon.One and at ``/mparticle/sailthru``. (Contract: mparticle, 1 to 3.)

A message that is answered with a 4xx is lost: mParticle sends it no second time. So only what nobody could ever take is
answered so; trouble of ours is a 503; and a part that cannot be used becomes a rejection, while its message is taken.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeVar
from uuid import uuid4

from redis import RedisError

from producers.intake import Refusal
from producers.mparticle import happenings, memberships, messages, registration
from producers.mparticle import reasons as mparticle_reasons
from producers.mparticle.messages import Message
from producers.mparticle.normal import MembershipChange
from producers.mparticle.settings import account_settings
from producers.mparticle.subscriptions import subscription_of
from producers.mparticle.surge import Surges
from producers.mparticle.whole_numbers import exact
from producers.receiver import log, observing, reasons
from producers.receiver.answers import Answer, Problem, json_answer
from producers.receiver.desk import STORE_ANSWER_S, Desk
from producers.receiver.firehose_inputs import Sorted, Source, inputs_of
from producers.receiver.json_text import parse
from producers.receiver.keeping import Input
from producers.receiver.mparticle_senders import Connection, FirehoseSenders
from producers.receiver.mparticle_targets import Translate, to_sailthru_for, to_talon_one_for
from producers.receiver.requests import Request
from producers.receiver.values import Fate
from producers.third_party import error
from tercel.errors import RedisUnavailable, StoreUnavailable
from tercel.records import Urgency
from tercel.settings import Settings
from tercel.store import KnownAudiences

METHOD: Final = "POST"
BREATH: Final = 25  # users of a message that are worked on before other requests get their turn
SURGE_ANSWER_S: Final = 5.0  # seconds that counting the changes of an audience may take: Redis's own time-outs and more

T = TypeVar("T")


class KnowsAudiences(Protocol):
    """The method of :class:`tercel.store.Store` that is used here."""

    def known_audiences(self, deployment: str) -> KnownAudiences:
        """Return what is known of a deployment's audiences. Raises StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What the doors work with. ``bulk`` is a desk whose records go on bulk lanes; ``aside`` is for what blocks."""

    live: Desk
    bulk: Desk
    surges: Surges
    store: KnowsAudiences
    aside: Executor


class FirehoseDoor:
    """One of the two doors; ``door`` is its name in the settings. ``clock`` gives seconds since the epoch."""

    def __init__(
        self,
        door: str,
        senders: FirehoseSenders,
        means: Means,
        settings: Settings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._door, self._senders, self._means, self._settings, self._clock = door, senders, means, settings, clock
        self._handlers: Mapping[str, Callable[[Message, Connection], Awaitable[Answer]]] = {
            messages.SUBSCRIPTION: self._subscription,
            messages.MEMBERSHIPS: self._memberships,
            messages.EVENTS: self._events,
        }

    async def serve(self, request: Request) -> Answer:
        """Answer one request; what is wrong with it is told in the shape of Talon.One's own door."""
        try:
            return await self._serve(request)
        except Problem as problem:
            return problem.shaped(error(problem.status, problem.text, str(uuid4())))
        except Exception as mistake:
            log.unforeseen("a message of mParticle's Firehose failed", mistake)
            text = "The receiver met an error that it does not know"
            return Problem(503, reasons.UNFORESEEN, text).shaped(error(503, text, str(uuid4())))

    async def _serve(self, request: Request) -> Answer:
        if request.method != METHOD:
            allowed = METHOD.encode()
            raise Problem(405, reasons.WRONG_METHOD, "Method Not Allowed: POST is", headers=((b"allow", allowed),))
        receiver = self._settings.receiver
        raw = await request.body(receiver.max_body_bytes)
        message = messages.message_of(exact(raw, parse(raw, most_depth=receiver.max_depth)))
        if message is None:
            raise Problem(
                400, mparticle_reasons.NOT_A_MESSAGE, "The body is no message of the Firehose: it has no type"
            )
        if message.type == messages.REGISTRATION:
            own = registration.TALON_ONE if self._door == "talon_one" else registration.SAILTHRU
            return json_answer(messages.answer_to(message, self._now_ms(), **own))
        authorization = request.headers.get(b"authorization", b"")
        if message.type == messages.ERASURE and message.account is None:
            return await self._kept(message, self._senders.by_token(authorization), mparticle_reasons.ERASURE_ASKED)
        connection = self._senders.addressed(authorization, account_settings(message.account))
        handle = self._handlers.get(message.type)
        if handle is not None:
            return await handle(message, connection)
        is_erasure = message.type == messages.ERASURE
        code = mparticle_reasons.ERASURE_ASKED if is_erasure else mparticle_reasons.UNKNOWN_MESSAGE
        return await self._kept(message, connection, code)

    async def _subscription(self, message: Message, connection: Connection) -> Answer:
        """Create, rename or delete an audience; the answer has its Talon.One id where that is known already.

        An audience is created after the answer, so it is known to the next subscription, or to none: the external id
        decides then. An audience that is updated before anybody has told of it is created.
        """
        [deployment] = connection.deployments
        known = await self._aside(self._means.store.known_audiences, deployment)
        parts = Sorted()
        told = subscription_of(message.body)
        audience_id = None
        if isinstance(told, Refusal):
            parts.refuse((told,), _without_account(message))
        else:
            key = ("external", told.audience_id)
            audience_id = known.ids.get(key)
            is_new = audience_id is None and told.audience_id not in known.names and told.t1_audience_id is None
            if told.action == "update" and is_new:
                told = replace(told, action="add")
            parts.add(self._translate(message, connection)(told), data=_without_account(message))
        await self._take(Source(connection.name, deployment, message), parts)
        shown = audience_id if self._door == "talon_one" else None
        return json_answer(messages.subscribed(message, self._now_ms(), shown))

    async def _memberships(self, message: Message, connection: Connection) -> Answer:
        if memberships.is_keep_alive(message.body):
            return json_answer(messages.done(message, self._now_ms()))
        parts = Sorted()
        found: list[tuple[str, MembershipChange, int]] = []
        profiles = memberships.profiles_of(message.body)
        if isinstance(profiles, Refusal):
            parts.refuse((profiles,), None)
            profiles = []
        counts: dict[str, int] = {}
        for position, profile in enumerate(profiles):
            for number, change in enumerate(memberships.changes_of(profile, position)):
                if isinstance(change, Refusal):
                    parts.refuse((change,), profile)
                    continue
                found.append((f"user_profiles[{position}].audiences[{number}]", change, position))
                if change.action != "attribute_update":
                    counts[change.audience_id] = counts.get(change.audience_id, 0) + 1
            if position % BREATH == BREATH - 1:
                await asyncio.sleep(0)
        [deployment] = connection.deployments
        urgencies = await self._urgencies(deployment, counts, connection.settings.bulk_above)
        translate = self._translate(message, connection)
        for place, (where, change, position) in enumerate(found):
            as_bulk = urgencies.get(change.audience_id) is Urgency.BULK
            made = translate(change, where=where, as_bulk=as_bulk)
            parts.add(made, change.audience_id, profiles[position] if made.refused else None)
            if place % BREATH == BREATH - 1:
                await asyncio.sleep(0)
        await self._take(Source(connection.name, deployment, message), parts, urgencies)
        return json_answer(messages.done(message, self._now_ms()))

    async def _events(self, message: Message, connection: Connection) -> Answer:
        if happenings.is_keep_alive(message.body):
            return json_answer(messages.done(message, self._now_ms()))
        told = happenings.batch_of(message.body, message.id or uuid4().hex, self._now_ms())
        parts = Sorted()
        if told.refused:
            parts.refuse(told.refused, _without_account(message))
        made = self._translate(message, connection)(told.batch)
        parts.add(made, data=_without_account(message) if made.refused else None)
        [deployment] = connection.deployments
        await self._take(Source(connection.name, deployment, message), parts)
        return json_answer(messages.done(message, self._now_ms()))

    async def _kept(self, message: Message, connection: Connection, code: str) -> Answer:
        """Answer what becomes no record, and keep it for a person, in every deployment that it may concern."""
        for deployment in connection.deployments:
            parts = Sorted()
            text = _KEPT[code]
            parts.refuse((Refusal(code, "type", text),), _without_account(message))
            await self._take(Source(connection.name, deployment, message), parts)
        return json_answer(messages.answer_to(message, self._now_ms()))

    async def _take(self, source: Source, parts: Sorted, urgencies: Mapping[str, Urgency] | None = None) -> None:
        """Have everything in Redis, or raise :class:`Problem` (503): the message then comes again."""
        live, bulk = inputs_of(source, parts, urgencies or {})
        fates: list[Fate] = []
        if live:
            fates += await self._means.live.take(live)
        if bulk:
            fates += await self._means.bulk.take(bulk)
        observing.inputs_done(source.sender, _outcome([*live, *bulk], fates))

    async def _urgencies(self, deployment: str, counts: Mapping[str, int], above: int) -> Mapping[str, Urgency]:
        if not counts:
            return {}
        surges = self._means.surges
        try:
            return await self._aside(lambda: surges.urgencies(deployment, counts, above=above))
        except (RedisError, RedisUnavailable, OSError):
            raise Problem(503, reasons.REDIS_AWAY, "Redis does not answer: try again.") from None

    async def _aside(self, ask: Callable[..., T], *args: Any) -> T:
        asking = asyncio.get_running_loop().run_in_executor(self._means.aside, ask, *args)
        try:
            return await asyncio.wait_for(asking, max(STORE_ANSWER_S, SURGE_ANSWER_S))
        except (StoreUnavailable, TimeoutError):
            raise Problem(503, reasons.STORE_AWAY, "The database does not answer: try again.") from None

    def _translate(self, message: Message, connection: Connection) -> Translate:
        if self._door == "talon_one":
            return to_talon_one_for(connection.settings, account_settings(message.account))
        [deployment] = connection.deployments
        return to_sailthru_for(connection.settings, self._settings.deployment(deployment), now_ms=self._now_ms())

    def _now_ms(self) -> int:
        return int(self._clock() * 1_000)


_KEPT: Final[Mapping[str, str]] = {
    mparticle_reasons.ERASURE_ASKED: "asks for a person's data to be erased, which is to be done at the destination",
    mparticle_reasons.UNKNOWN_MESSAGE: "is none that is known here; the message became nothing",
}


def _without_account(message: Message) -> Mapping[str, Any]:
    """Return a message for a person to look at; the account holds the API key."""
    return {name: value for name, value in message.body.items() if name != "account"}


def _outcome(inputs: list[Input], fates: list[Fate]) -> str:
    """Say in one word what became of a message: the best of what became of its parts."""
    if fates and all(fate is Fate.DUPLICATE for fate in fates):
        return "duplicate"
    if any(one.taken.records for one in inputs):
        return "accepted"
    return "rejected" if any(one.taken.refused for one in inputs) else "filtered"
