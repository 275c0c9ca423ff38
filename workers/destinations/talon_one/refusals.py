"""A refused request: which items are to blame, which attributes can be left out, or that it must be halved.

The rule throughout: an item is rejected only where the answer leads to it. Where it does not, the call is split until
the bad item stands alone, and then nothing else can be meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tercel.records import LaneKind
from workers.destinations.base import Answer, Request
from workers.destinations.talon_one.errors_body import ErrorBody
from workers.destinations.talon_one.pointers import SentBody, Spot, shown_name
from workers.destinations.talon_one.reasons import (
    ATTRIBUTE_REFUSED,
    ATTRIBUTE_UNKNOWN,
    AUDIENCE_NOT_THERE,
    EVENT_TYPE_UNKNOWN,
    FIELD_REFUSED,
    REFUSED_UNEXPLAINED,
    reason,
)
from workers.outcomes import Outcome, Reason, RejectItems, Split, StripAttributes

KNOWN_TITLES: Final[Mapping[str, str]] = {  # of published examples; what else may come is not repeated to people
    "invalid type": " (wrong type)",
    "enum": " (not one of the allowed values)",
}
AUDIENCE_FIELDS: Final = ("audienceId", "data.audienceId", "audiencesChanges.adds", "audiencesChanges.deletes")


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of an answer, together with the place in the sent body it leads to."""

    spot: Spot
    unknown: bool
    title: str

    @property
    def strippable(self) -> tuple[str, str] | None:
        """The (entity, attribute) that can be left out: one that does not exist, and of which entity is certain."""
        if self.unknown and self.spot.attribute and self.spot.whole and len(self.spot.entities) == 1:
            return next(iter(self.spot.entities)), self.spot.attribute
        return None

    @property
    def guilty(self) -> tuple[int, ...]:
        """The items to blame. A bad value named without an index is blamed on nobody while several could have it."""
        certain = (self.unknown and self.spot.whole) or len(self.spot.items) == 1
        return self.spot.items if certain else ()


def judge_refusal(
    kind: LaneKind, request: Request, answer: Answer, error: ErrorBody, skipping: Sequence[bool]
) -> Outcome:
    """Say what a 400 (or another refusal of what was sent) means.

    ``skipping[i]`` says whether unknown attributes of item ``i`` are left out; where the answer names one that such an
    item carries, the items that carry it and do not skip are refused at the same time.
    """
    faults = list(_faults(SentBody.of(kind, request), error))
    names = frozenset(
        fault.strippable
        for fault in faults
        if fault.strippable is not None and any(skipping[item] for item in fault.spot.items)
    )
    if names:
        listed = ", ".join(f"{entity} {shown_name(name)}" for entity, name in sorted(names))
        text = f"Talon.One does not know these attributes, so they are left out: {listed}."
        unknown = [fault for fault in faults if fault.strippable is not None]
        refused = {item: why for item, why in _blamed(kind, unknown, answer).items() if not skipping[item]}
        return StripAttributes(names, reason(ATTRIBUTE_UNKNOWN, text, answer.body), refused)
    blamed = _blamed(kind, faults, answer)
    if blamed:
        return RejectItems(blamed)
    text = f"Talon.One refused it (HTTP {answer.status}) without naming a field; see the answer for its own words."
    return split_or_reject(request, reason(REFUSED_UNEXPLAINED, text, answer.body))


def _blamed(kind: LaneKind, faults: Iterable[Fault], answer: Answer) -> dict[int, Reason]:
    """Return the guilty items, each with the first reason that was given."""
    blamed: dict[int, Reason] = {}
    for fault in faults:
        why = _reason(kind, fault, answer) if fault.guilty else None
        for item in fault.guilty:
            if why is not None:
                blamed.setdefault(item, why)
    return blamed


def judge_unknown_audience(request: Request, answer: Answer, error: ErrorBody) -> Outcome:
    """Say what a 404 to a membership call means: one of its audiences does not exist.

    Every action on an audience that the answer leads to fails alike, so all of them are rejected at once.
    """
    sent = SentBody.of(LaneKind.MEMBERSHIP, request)
    audience_of = [item["audienceId"] for item in sent.items]
    missing = {
        audience_of[item]
        for fault in _faults(sent, error)
        if fault.spot.field in AUDIENCE_FIELDS
        for item in fault.spot.items
    }
    if not missing and len(set(audience_of)) > 1:
        text = "Talon.One does not know one of the call's audiences and does not say which."
        return Split(reason(AUDIENCE_NOT_THERE, text, answer.body), by_audience=True)
    missing = missing or set(audience_of)
    reasons = {audience: _no_such_audience(str(audience), answer) for audience in missing}
    return RejectItems({item: reasons[audience] for item, audience in enumerate(audience_of) if audience in missing})


def split_or_reject(request: Request, why: Reason) -> Outcome:
    """Halve a call of several items; in a call of one there is nobody else to blame."""
    return Split(why) if len(request.items) > 1 else reject_all(request, why)


def reject_all(request: Request, why: Reason) -> RejectItems:
    """Reject every item of a call."""
    return RejectItems(dict.fromkeys(range(len(request.items)), why))


def _faults(sent: SentBody, error: ErrorBody) -> Iterator[Fault]:
    for entry in dict.fromkeys(error.errors):  # without indexes, a thousand bad items are one error a thousand times
        spot = sent.spot(entry.pointer)
        if spot is not None:
            yield Fault(spot, entry.says_unknown, entry.title)


def _reason(kind: LaneKind, fault: Fault, answer: Answer) -> Reason:
    how = KNOWN_TITLES.get(fault.title, "")
    spot = fault.spot
    if spot.attribute:
        what = f"the {' or '.join(sorted(spot.entities)).replace('_', ' ')} attribute {shown_name(spot.attribute)}"
        if fault.unknown and spot.whole:
            text = f"Talon.One does not know {what}; create it in the Campaign Manager, or set skip_unknown_attributes."
            return reason(ATTRIBUTE_UNKNOWN, text, answer.body)
        text = f"Talon.One refused the value of {what}{how}; send a value of the type it has in the Campaign Manager."
        return reason(ATTRIBUTE_REFUSED, text, answer.body)
    if kind is LaneKind.EVENT and spot.field == "type":
        return unknown_event_type(answer)
    if fault.unknown and spot.field in AUDIENCE_FIELDS:
        return _no_such_audience("with the id that was sent", answer)
    place = f"the field {spot.field}" if spot.field else "the record"
    return reason(FIELD_REFUSED, f"Talon.One refused {place}{how}; correct it at its source.", answer.body)


def unknown_event_type(answer: Answer) -> Reason:
    """Return why an event is rejected whose type does not exist."""
    text = (
        "Talon.One does not know the event's type; create it as a custom event in the Campaign Manager, or correct it."
    )
    return reason(EVENT_TYPE_UNKNOWN, text, answer.body)


def _no_such_audience(name: str, answer: Answer) -> Reason:
    text = (
        f"Talon.One has no audience {name}; correct the id (the Campaign Manager shows it), or bind the right one with "
        "tercel audiences bind NAME ID, then replay."
    )
    return reason(AUDIENCE_NOT_THERE, text, answer.body)
