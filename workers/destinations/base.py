"""What a destination is: a pure translation of records to requests, and of answers to outcomes.

No Redis and no Celery in here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tercel.records import LaneKind, Urgency
from tercel.settings.keys import Credentials
from workers.outcomes import Next, Outcome, Reason


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What delivery has learned about a deployment and hands to the destination.

    ``unknown_attributes`` are (entity, attribute) pairs the API said it does not know; they are left out.
    ``audience_ids`` maps ``external id`` or ``name`` (as ``("external", x)`` / ``("name", x)``) to the API's id.
    ``announced`` maps the external ids of audiences that are going to be created, or are held, to their names. ``held``
    says, by the same keys as ``audience_ids``, why an audience that exists waits for a person to tell its id.
    ``named`` are the audiences that were there a while ago, at a destination that knows them by name.
    """

    unknown_attributes: frozenset[tuple[str, str]] = frozenset()
    audience_ids: Mapping[tuple[str, str], int] = field(default_factory=dict)
    announced: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[tuple[str, str], str] = field(default_factory=dict)
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one call may hold: ``records``, of at most so many ``people`` (profiles; 0: as many as there are records).

    Where a request carries one profile, a call holds one: what is another's would only wait for it. ``budget`` is what
    most of its requests count against; calls are cut no faster than that has slots for them.
    """

    records: int
    people: int = 0
    budget: str = ""

    @property
    def full(self) -> int:
        """The records in a lane, each of another profile, that make a full call."""
        return self.people or self.records


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, ready to send but for the deployment's address and key.

    ``items[i]`` are the positions (in the sequence given to ``render``) of the records that body item ``i`` carries,
    oldest first; the last one is the one that counts, the others were merged into it. ``idempotent_header`` says
    whether delivery is to add an ``Idempotency-Key``; ``idempotency_key`` is a better one than delivery's own (call and
    body), where the record itself has an identity that outlives its call. ``budget`` names what the destination counts
    the request against, one of its ``budgets``; "" is the deployment's rate. ``partial``: ``items`` are not all the
    records; when they are delivered, the others are rendered anew. ``file`` is sent beside the body. ``ticket`` is the
    one that the request asks about (:meth:`Destination.follow`).
    """

    method: str
    path: str
    body: bytes
    items: tuple[tuple[int, ...], ...]
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    idempotency_header: bool = True
    idempotency_key: str = ""
    budget: str = ""
    partial: bool = False
    file: bytes = b""
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a destination says it has left of a budget: ``rate`` requests/s (0: none) for the next ``for_s`` seconds."""

    rate: float
    for_s: float


@dataclass(frozen=True, slots=True)
class Rendered:
    """What ``render`` made of a call's records.

    ``request`` is None where nothing is left to send. ``refused`` maps record positions to reasons (a record that can
    never be sent, found before sending). ``needs`` asks for something first (create an audience, or hold). ``unsure``:
    something was refused or left out because it is not known; believe that only of knowledge that is fresh.
    """

    request: Request | None
    refused: Mapping[int, Reason] = field(default_factory=dict)
    needs: Outcome | None = None
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``status`` 0: nothing did; ``error`` then says why (``timeout``, ``connect``, ``reset``)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""


class Destination(Protocol):
    """One kind of account that Tercel delivers to."""

    name: str
    budgets: Mapping[str, float]
    """Requests a second that are counted apart, by what a :class:`Request` names; the deployment's rate caps each."""

    def batch(self, kind: LaneKind, urgency: Urgency) -> Batch:
        """What a call of a lane may hold."""

    def proved(self, request: Request, credentials: Credentials) -> Request:
        """Return the request as it leaves: with the proof of who we are."""

    def audience_key(self, name: str, external_id: str | None) -> str:
        """Return what makes two audiences one there: only one worker at a time creates what has the same key."""

    def render(self, kind: LaneKind, records: Sequence[Mapping[str, Any]], known: Knowledge) -> Rendered:
        """Merge the records (oldest first) by id and render one request. Order within an id decides: later wins."""

    def follow(self, kind: LaneKind, records: Sequence[Mapping[str, Any]], ticket: str) -> Request | None:
        """Return what to ask about an earlier attempt at the call before anything else; None: just render it.

        ``ticket`` is that of :class:`workers.outcomes.Pending`, or ``UNSURE``.
        """

    def judge(
        self, kind: LaneKind, records: Sequence[Mapping[str, Any]], request: Request, answer: Answer
    ) -> Outcome | Next:
        """Say what an answer to ``request`` (made by ``render`` from the same records) means."""

    def pace(self, request: Request, answer: Answer) -> Pace | None:
        """Say what an answer tells about the request's budget; None: nothing to heed."""

    def probe(self) -> Request:
        """A harmless request that shows whether the deployment is reachable and the key accepted."""
