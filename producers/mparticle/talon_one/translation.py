"""From the normal form to records of Talon.One. Pure.

An audience is known to Talon.One by mParticle's id as its external id, and carries the external name. A change of an
audience is a membership, a thousand of which travel in one call; where rules are to run it is a profile that travels
alone. Where it is to travel as bulk, attributes that came with it become a record of their own, which stays live: old
ones could overtake new ones otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from producers.intake import Refusal
from producers.mparticle import reasons
from producers.mparticle.normal import (
    AttributesChanged,
    Batch,
    CustomEvent,
    Happening,
    MembershipChange,
    Note,
    Subscription,
)
from producers.mparticle.talon_one import notes
from producers.mparticle.talon_one.making import make
from producers.mparticle.talon_one.names import event_name, named
from producers.mparticle.talon_one.options import TalonOneOptions
from producers.mparticle.talon_one.people import profile_id
from producers.mparticle.translated import Translated
from tercel.records import Audience, Event, Membership, Profile, Record

INTEGRATION: Final = "mparticle"  # the API's word for where an audience comes from (contract: third-party API, 6)
MPID: Final = "mpid"

Told = Batch | MembershipChange | Subscription


def to_talon_one(told: Told, options: TalonOneOptions, *, where: str = "", as_bulk: bool = False) -> Translated:
    """Return the records of what mParticle tells. ``where`` is its place in the message, for what is refused.

    ``as_bulk``: a change of an audience is to travel as bulk.
    """
    if isinstance(told, MembershipChange):
        return _membership(told, options, where, as_bulk=as_bulk)
    if isinstance(told, Batch):
        return _batch(told, options, where)
    return _subscription(told, options, where)


def _subscription(told: Subscription, options: TalonOneOptions, where: str) -> Translated:
    """An update renames, also an audience that is still to be created: it is by then, as its records keep order."""
    if told.action == "add":
        return _of(
            make(
                Audience,
                where,
                action="create",
                name=told.audience_name,
                external_id=told.audience_id,
                integration=INTEGRATION,
            )
        )
    named_by: dict[str, Any] = {"external_id": told.audience_id}
    if told.t1_audience_id is not None:
        named_by["audience_id"] = told.t1_audience_id
    if told.action == "update":
        return _of(make(Audience, where, action="rename", name=told.audience_name, **named_by))
    if not options.remove_audiences:
        return Translated(notes=(Note(notes.AUDIENCE_KEPT),), filtered=1)
    return _of(make(Audience, where, action="delete", **named_by))


def _membership(told: MembershipChange, options: TalonOneOptions, where: str, *, as_bulk: bool) -> Translated:
    found = profile_id(told.person, options.user_id, where)
    if isinstance(found, Refusal):
        return Translated(refused=(found,))
    attributes: dict[str, Any] = {}
    said: tuple[Note, ...] = ()
    if told.attributes or told.deleted:
        attributes, said = named(told.attributes, told.deleted, options.attribute_names)
    if options.mpid_attribute and told.action == "add" and told.person.mpid is not None:
        attributes[MPID] = told.person.mpid
    if told.action == "attribute_update":
        if not attributes:
            return Translated(notes=(*said, Note(notes.NOTHING_CHANGED)), filtered=1)
        return _of(_profile(found, attributes, options, where), said=said)
    if not options.run_rules:
        before = [_profile(found, attributes, options, where)] if attributes else []
        named_by = _membership_audience(told)
        return _of(*before, make(Membership, where, profile_id=found, action=told.action, **named_by), said=said)
    change = {f"audiences_{told.action}": (_profile_audience(told),)}
    if as_bulk and attributes:
        alone = make(Profile, where, profile_id=found, run_rules=True, **change)
        return _of(_profile(found, attributes, options, where), alone, said=said)
    return _of(_profile(found, attributes, options, where, run_rules=True, **change), said=said)


def _membership_audience(told: MembershipChange) -> Mapping[str, Any]:
    if told.t1_audience_id is not None:
        return {"audience_id": told.t1_audience_id}
    by_id = {"audience_external_id": told.audience_id}
    return {**by_id, "audience_name": told.audience_name} if told.audience_name else by_id


def _profile_audience(told: MembershipChange) -> Any:
    if told.t1_audience_id is not None:
        return told.t1_audience_id
    by_id = {"external_id": told.audience_id}
    return {**by_id, "name": told.audience_name} if told.audience_name else by_id


def _batch(told: Batch, options: TalonOneOptions, where: str) -> Translated:
    """What a user did that has a place in Talon.One, in order: attributes first, so that rules of events see them."""
    useful = [one for one in told.happenings if isinstance(one, CustomEvent | AttributesChanged)]
    left_out = [one for one in told.happenings if not isinstance(one, CustomEvent | AttributesChanged)]
    said = tuple(Note(notes.TYPE_NOT_SENT, _type_of(one)) for one in left_out)
    nothing = Translated(notes=said, filtered=len(left_out))
    has_attributes = options.user_attributes and bool(told.attributes or told.deleted)
    if not useful and not has_attributes:
        return nothing
    found = profile_id(told.person, options.user_id, where)
    if isinstance(found, Refusal):
        return nothing + Translated(refused=(found,))
    made = nothing
    if has_attributes:
        made += _attributes(found, told.attributes, told.deleted, options, where, filtered=0)
    for happening in useful:
        if isinstance(happening, CustomEvent):
            made += _event(found, happening, options, where)
        else:
            made += _attributes(found, happening.added, happening.removed, options, where, filtered=1)
    return made


def _attributes(
    found: str, added: Mapping[str, Any], removed: Iterable[str], options: TalonOneOptions, where: str, *, filtered: int
) -> Translated:
    """Return a profile with attributes; ``filtered`` is what it counts where none is left."""
    attributes, said = named(added, removed, options.attribute_names)
    if not attributes:
        return Translated(notes=(*said, Note(notes.NOTHING_CHANGED)), filtered=filtered)
    return _of(_profile(found, attributes, options, where), said=said)


def _event(found: str, happening: CustomEvent, options: TalonOneOptions, where: str) -> Translated:
    name = event_name(happening.name, options.event_names)
    if name is None:
        place = f"{where}.name" if where else "name"
        text = "an event's name for Talon.One has letters, digits and _ only, a letter first; see event_names"
        return Translated(refused=(Refusal(reasons.BAD_EVENT_NAME, place, text),))
    attributes, said = named(happening.attributes, (), options.attribute_names)
    event = make(
        Event,
        where,
        profile_id=found,
        type=name,
        event_id=happening.id,
        attributes=attributes,
        skip_unknown=options.skip_unknown or None,
    )
    return _of(event, said=said)


def _profile(
    found: str, attributes: Mapping[str, Any], options: TalonOneOptions, where: str, **more: Any
) -> Record | Refusal:
    skip = (options.skip_unknown or None) if attributes else None
    return make(Profile, where, profile_id=found, attributes=attributes, skip_unknown=skip, **more)


def _of(*made: Record | Refusal, said: tuple[Note, ...] = ()) -> Translated:
    """Return what was made. Where a part is refused the others of one change go on: each is of use by itself."""
    return Translated(
        tuple(one for one in made if not isinstance(one, Refusal)),
        tuple(one for one in made if isinstance(one, Refusal)),
        said,
    )


def _type_of(happening: Happening) -> str:
    return getattr(happening, "type", type(happening).__name__)
