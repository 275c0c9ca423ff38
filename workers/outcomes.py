"""What happens to a call after the destination has answered: values that a destination returns and delivery obeys.

A destination judges (:meth:`workers.destinations.base.Destination.judge`); nothing in here touches Redis, the store or
the network. *Items* are the entries of the request's body; one item may carry several records merged into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something did not go through, for the person who reads it.

    ``code`` is stable (``tercel explain CODE`` tells cause and cure); ``text`` says what happened, in one sentence,
    without personal data; ``answer`` is the destination's own answer, shortened, and goes to the store only.
    """

    code: str
    text: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The destination took all of it. ``created`` is the id the API gave a new audience."""

    created: int | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Try the same call again later.

    ``slow`` slows and pauses the whole deployment (429); ``failing`` counts towards the deployment's breaker and the
    call's own split (5xx, time-outs, connection errors). ``after_s`` is what a Retry-After header asked for.
    """

    reason: Reason
    slow: bool = False
    failing: bool = False
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class RejectItems:
    """Some items can never go through; the rest is sent again. ``items`` maps an item's index to its reason."""

    items: Mapping[int, Reason]


@dataclass(frozen=True, slots=True)
class StripAttributes:
    """Attributes the destination does not know: remember ``names``, leave them out, send again.

    ``names`` are (entity, attribute) pairs, e.g. ``("profile", "Shoe_Size")``. ``refused`` are the items that carry one
    and do not want it left out, with their reasons, as in :class:`RejectItems`.
    """

    names: frozenset[tuple[str, str]]
    reason: Reason
    refused: Mapping[int, Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Split:
    """Something in it is bad and the answer does not say what: halve the call, by key, until the bad stand alone.

    A call that cannot be split any more is rejected with ``reason``. ``by_audience`` asks for one call an audience.
    """

    reason: Reason
    by_audience: bool = False


@dataclass(frozen=True, slots=True)
class Halt:
    """The deployment cannot take anything (a revoked key): everything waits, nothing is rejected, probes go on."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Hold:
    """These records wait for a person: an audience exists whose Talon.One id we do not know. ``name`` names it."""

    reason: Reason
    name: str
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class CreateAudience:
    """A membership names an audience that does not exist yet, and the record carries what is needed to make it."""

    name: str
    external_id: str | None = field(default=None)


Outcome = Delivered | Retry | RejectItems | StripAttributes | Split | Halt | Hold | CreateAudience
