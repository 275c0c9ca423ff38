"""What happens to a call after the destination has answered: values that a destination returns and delivery obeys.

A destination judges (:meth:`workers.destinations.base.Destination.judge`); nothing in here touches Redis, the store or
the network. *Items* are the entries of the request's body; one item may carry several records merged into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from workers.destinations.base import Request

UNSURE: Final = "unsure"  # the ticket of a call of which an attempt may have been applied although nobody saw an answer


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something did not go through, for the person who reads it.

    ``code`` is stable (``tercel explain CODE`` tells cause and cure); ``text`` says what happened, in one sentence,
    without personal data; ``answer`` is the destination's own answer, shortened, and goes to the store only.
    ``suppressed``: the person may not be reached, which is no fault: however many of them never halt a lane.
    """

    code: str
    text: str
    answer: str = ""
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """The destination took all that the request carried. ``created`` is the id the API gave a new audience.

    ``named``: at a destination that knows audiences by their names, the one that is there now.
    """

    created: int | None = None
    named: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try the same call again later.

    ``slow`` slows and pauses the whole deployment (429); ``failing`` counts towards the deployment's breaker and the
    call's own split (5xx, time-outs, connection errors). ``after_s`` is what a Retry-After header asked for.
    ``unsure``: the request may have been applied although no answer came, and the destination wants to know that the
    next time (:meth:`workers.destinations.base.Destination.follow`). ``once``: after a second such attempt the records
    are rejected with the reason.
    """

    reason: Reason
    slow: bool = False
    failing: bool = False
    after_s: float | None = None
    unsure: bool = False
    once: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """The destination has taken the call in and works on it: ask again with ``ticket`` in ``after_s`` seconds.

    The ticket is kept in the call, so whichever worker has it next asks and does not send it again.
    """

    reason: Reason
    ticket: str
    after_s: float


@dataclass(frozen=True, slots=True)
class Next:
    """That was the first of several steps: send ``request`` now."""

    request: Request


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


Outcome = Delivered | Retry | Pending | RejectItems | StripAttributes | Split | Halt | Hold | CreateAudience


def faults_by_code(reasons: Iterable[Reason]) -> dict[str, list[Reason]]:
    """Return the reasons that are somebody's fault, by their code."""
    found: dict[str, list[Reason]] = {}
    for reason in reasons:
        if not reason.suppressed:
            found.setdefault(reason.code, []).append(reason)
    return found
