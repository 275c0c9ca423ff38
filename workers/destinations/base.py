"""What a destination is: a pure translation of records to requests, and of answers to outcomes.

No Redis and no Celery in here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tercel.records import LaneKind
from workers.outcomes import Outcome, Reason


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What delivery has learned about a deployment and hands to the destination.

    ``unknown_attributes`` are (entity, attribute) pairs the API said it does not know; they are left out.
    ``audience_ids`` maps ``external id`` or ``name`` (as ``("external", x)`` / ``("name", x)``) to the API's id.
    ``announced`` maps the external ids of audiences that are going to be created, or are held, to their names. ``held``
    says, by the same keys as ``audience_ids``, why an audience that exists waits for a person to tell its id.
    """

    unknown_attributes: frozenset[tuple[str, str]] = frozenset()
    audience_ids: Mapping[tuple[str, str], int] = field(default_factory=dict)
    announced: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, ready to send but for the deployment's address and key.

    ``items[i]`` are the positions (in the sequence given to ``render``) of the records that body item ``i`` carries,
    oldest first; the last one is the one that counts, the others were merged into it. ``idempotent_header`` says
    whether delivery is to add an ``Idempotency-Key``; ``idempotency_key`` is a better one than delivery's own (call and
    body), where the record itself has an identity that outlives its call.
    """

    method: str
    path: str
    body: bytes
    items: tuple[tuple[int, ...], ...]
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    idempotency_header: bool = True
    idempotency_key: str = ""


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

    def batch_size(self, kind: LaneKind) -> int:
        """The most records of a lane kind that may travel as one request."""

    def auth_headers(self, key: str) -> Mapping[str, str]:
        """The headers that prove who we are."""

    def render(self, kind: LaneKind, records: Sequence[Mapping[str, Any]], known: Knowledge) -> Rendered:
        """Merge the records (oldest first) by id and render one request. Order within an id decides: later wins."""

    def judge(self, kind: LaneKind, records: Sequence[Mapping[str, Any]], request: Request, answer: Answer) -> Outcome:
        """Say what an answer to ``request`` (made by ``render`` from the same records) means."""

    def probe(self) -> Request:
        """A harmless request that shows whether the deployment is reachable and the key accepted."""
