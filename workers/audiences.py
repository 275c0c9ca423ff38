"""Audiences a call needs or has changed: their ids are kept in the store, and each is created once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from redis.exceptions import LockError

from tercel.lanes import Claim
from tercel.records import LaneKind
from workers.call import Contents, naming
from workers.destinations import Destination
from workers.destinations.base import Request
from workers.outcomes import CreateAudience, Delivered, Hold, Next, Outcome, Reason, RejectItems, Retry
from workers.runtime import Runtime
from workers.sending import Sent
from workers.watching import events

LOCK_S: Final = 60.0  # seconds after which a lock whose worker died is free again
LOCK_WAIT_S: Final = 5.0  # seconds to wait for whoever is creating the same audience
BEING_CREATED: Final = Retry(Reason("T315", "another worker is creating the audience"))


class AudienceKeeper:
    """What one call has to do with audiences."""

    def __init__(self, runtime: Runtime, claim: Claim, destination: Destination) -> None:
        self._rt = runtime
        self._claim = claim
        self._destination = destination

    def delivered(self, contents: Contents, outcome: Delivered) -> None:
        """Keep the store, and what is learned, in step with audience records that were delivered."""
        if self._claim.kind is not LaneKind.AUDIENCE or not contents.data:
            return
        created = outcome.created
        data = contents.data[0]
        deployment = self._claim.deployment
        name, external_id = data.get("name"), data.get("external_id")
        known = self._rt.store.audience_ids(deployment)
        audience_id = created or data.get("audience_id") or known.get(("external", external_id or ""))
        if audience_id is None and external_id is None and data["action"] != "rename":
            audience_id = known.get(("name", name or ""))
        if outcome.named:
            self._rt.learned.audience_named(deployment, outcome.named)
        if data["action"] == "delete":
            if name is not None:
                self._rt.learned.forget_named(deployment, self._destination.audience_key(name, external_id))
            self._rt.store.forget_audience(deployment, audience_id=audience_id, external_id=external_id, name=name)
        elif audience_id is not None and name is not None:
            self._rt.store.save_audience(deployment, audience_id, name, external_id)
        self._rt.learned.forget_cache(deployment)

    def hold(self, outcome: Hold) -> None:
        """Note that an audience exists whose id we do not know; its records wait until somebody binds it."""
        self._rt.store.hold_audience(self._claim.deployment, outcome.name, outcome.external_id, outcome.reason.text)
        self._rt.learned.forget_cache(self._claim.deployment)
        events.emit(
            events.AudienceHeld(self._claim.deployment, records=len(self._claim.messages), code=outcome.reason.code)
        )

    @contextmanager
    def turn(self, contents: Contents) -> Iterator[bool]:
        """Keep others from creating the same audience while one round of a call is done; False: they do it right now.

        Nobody waits for calls other than those that create an audience. What is known is fresh then.
        """
        creates = self._claim.kind is LaneKind.AUDIENCE and bool(contents.data)
        data = contents.data[0] if creates else {}
        if data.get("action") not in ("create", "rename"):
            yield True
            return
        with self._creating(data["name"], data.get("external_id")) as mine:
            yield mine

    def create(
        self, wanted: CreateAudience, contents: Contents, send: Callable[[Request, int], Sent]
    ) -> Outcome | None:
        """Create an audience that records name. None: it exists now; else what stands in the way, for them."""
        deployment = self._claim.deployment
        data: dict[str, Any] = {"action": "create", "name": wanted.name}
        if wanted.external_id is not None:
            data["external_id"] = wanted.external_id
        with self._creating(wanted.name, wanted.external_id) as mine:
            if not mine:
                return BEING_CREATED
            known = self._rt.learned.about(deployment)
            rendered = self._destination.render(LaneKind.AUDIENCE, [data], known)
            if rendered.request is None:
                return rendered.needs
            outcome: Outcome | Next = Next(rendered.request)
            while isinstance(outcome, Next):
                request = outcome.request
                answer = send(request, 1).answer
                outcome = self._destination.judge(LaneKind.AUDIENCE, [data], request, answer)
            if isinstance(outcome, RejectItems):  # items of the create; the records are those that name it
                why = next(iter(outcome.items.values()))
                return RejectItems(dict.fromkeys(naming(contents, wanted.name, wanted.external_id), why))
            if not isinstance(outcome, Delivered):
                return outcome
            if outcome.named:
                self._rt.learned.audience_named(deployment, outcome.named)
            if outcome.created is not None:
                self._rt.store.save_audience(deployment, outcome.created, wanted.name, wanted.external_id)
            self._rt.learned.forget_cache(deployment)
            return None

    @contextmanager
    def _creating(self, name: str, external_id: str | None) -> Iterator[bool]:
        """Hold the lock on an audience that is to be created. False: another worker has it for longer than we wait."""
        deployment = self._claim.deployment
        audience = self._destination.audience_key(name, external_id)
        lock = self._rt.redis.lock(
            f"{self._rt.settings.redis_prefix}tercel:{deployment}:creating:{audience}",
            timeout=LOCK_S,
            blocking_timeout=LOCK_WAIT_S,
        )
        mine = lock.acquire()
        try:
            if mine:
                self._rt.learned.forget_cache(deployment)
            yield mine
        finally:
            if mine:
                with suppress(LockError):  # it took so long that the lock was given to somebody else
                    lock.release()
