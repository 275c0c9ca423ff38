"""Profile calls as records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from producers.intake import Refusal
from producers.third_party import notes, reasons
from producers.third_party.attribute_types import typed
from producers.third_party.bodies import (
    NamedAudience,
    NamedAudienceChanges,
    NamedProfileBody,
    ProfileAttributes,
    ProfileAudiencesBody,
    ProfileBody,
    ProfilesAttributesBody,
    ProfileV1Body,
)
from producers.third_party.calls import Call, Platform
from producers.third_party.context import Context, Translation, is_large, path_id, skips
from producers.third_party.problems import BadCall, make, read
from tercel.records import MAX_CHANGES, AnyAudience, AudienceRef, Profile

MOST_SHARED: Final = 16_777_216  # characters that mutualAttributes make for all profiles of a request
_ID: Final = "customerProfileId"
_NAMES: Final = {"profile_id": _ID}
_NOT_KEPT: Final = re.compile(r"[^A-Za-z0-9]")
_CHANGES: Final = "audiencesChanges"

Audiences = Sequence[AnyAudience]


class _Wanted(NamedTuple):
    """What a call asks for, for one profile."""

    attributes: Mapping[str, Any]
    adds: Audiences = ()
    deletes: Audiences = ()
    run_rules: bool = False
    skip_unknown: bool | None = None


def profile(call: Call, context: Context) -> Translation:
    """Profile v2 of Segment's door, and the profile call of the CDP door."""
    body = read(ProfileBody, call.body)
    return _one_profile(call, context, _wanted(call, body, body.attributes or {}))


def profile_v1(call: Call, context: Context) -> Translation:
    """The deprecated profile call: as v2, with the types of attributes."""
    body = read(ProfileV1Body, call.body)
    attributes, said = typed(body.attributes, body.attributes_info)
    return _one_profile(call, context, _wanted(call, body, attributes), said)


def profile_named(call: Call, context: Context) -> Translation:
    """The deprecated profile call v2: audiences by name, created on the way."""
    body = read(NamedProfileBody, call.body)
    attributes, said = typed(body.attributes, body.attributes_info)
    changes = body.audiences_changes or NamedAudienceChanges()
    adds, deletes = changes.adds or [], changes.deletes or []
    if any(_NOT_KEPT.search(audience.integration_id or "") for audience in (*adds, *deletes)):
        said = (*said, notes.AUDIENCE_ID_CLEANED)
    wanted = _Wanted(attributes, [*map(_ref, adds)], [*map(_ref, deletes)], bool(body.run_rule_engine))
    return _one_profile(call, context, wanted, said)


def profile_audiences(call: Call, context: Context) -> Translation:
    """The audiences of one profile, by the sender's ids: always runs rules, also where nothing changes."""
    body = read(ProfileAudiencesBody, call.body)
    profile_id = path_id(call, _ID)
    adds = [AudienceRef(external_id=each) for each in (body.data and body.data.adds) or ()]
    deletes = [AudienceRef(external_id=each) for each in (body.data and body.data.deletes) or ()]
    _agree(adds, deletes, "data")
    said = (notes.SPLIT_LARGE,) if is_large(len(adds) + len(deletes), "data", context) else ()
    return Translation(_records(profile_id, _Wanted({}, adds, deletes, run_rules=True)), notes=said)


def profiles_attributes(call: Call, context: Context) -> Translation:
    """The attributes of many profiles; its own win over ``mutualAttributes``, which all get."""
    items = call.body.get("data")
    shared = read(ProfilesAttributesBody, {**call.body, "data": None})
    if items is not None and not isinstance(items, list):
        raise BadCall([Refusal(reasons.WRONG_TYPE, "data", "must be a list")])
    large = is_large(len(items or ()), "data", context)
    # Every profile gets a copy: of a body of a megabyte, a thousand of them would fill the memory.
    if shared.mutual_attributes and len(repr(shared.mutual_attributes)) * len(items or ()) > MOST_SHARED:
        text = f"are too much for {len(items or ()):,} profiles, which would each get all of it; send fewer at once"
        raise BadCall([Refusal(reasons.LIST_TOO_LONG, "mutualAttributes", text)])
    made: list[Profile] = []
    refused: list[Refusal] = []
    said = dict.fromkeys((notes.SPLIT_LARGE,) if large else ())
    for position, item in enumerate(items or ()):
        where = f"data[{position}]"
        try:
            one = read(ProfileAttributes, item, where)
            together = {**(shared.mutual_attributes or {}), **(one.attributes or {})}
            attributes, noted = typed(together, shared.attributes_info)
            made.append(make(Profile, _NAMES, where, profile_id=one.customer_profile_id, attributes=attributes))
            said |= dict.fromkeys(noted)
        except BadCall as bad:
            refused += bad.problems
    if refused and not made:
        raise BadCall(refused)
    return Translation(tuple(made), tuple(refused), tuple(said) if made else (notes.NO_CHANGES,))


def _wanted(call: Call, body: ProfileBody, attributes: Mapping[str, Any]) -> _Wanted:
    changes = body.audiences_changes
    adds, deletes = ((), ()) if changes is None else (changes.adds or (), changes.deletes or ())
    return _Wanted(attributes, adds, deletes, bool(body.run_rule_engine), skips(call))


def _one_profile(call: Call, context: Context, wanted: _Wanted, said: tuple[str, ...] = ()) -> Translation:
    profile_id = path_id(call, _ID)
    if wanted.adds or wanted.deletes:
        _agree(wanted.adds, wanted.deletes, _CHANGES)
        if is_large(len(wanted.adds) + len(wanted.deletes), _CHANGES, context):
            said = (*said, notes.SPLIT_LARGE)
        if not wanted.run_rules and call.platform is Platform.CDP:
            wanted, said = wanted._replace(run_rules=True), (*said, notes.RULES_FORCED)
        elif not wanted.run_rules:
            wanted, said = wanted._replace(adds=(), deletes=()), (*said, notes.CHANGES_WITHOUT_RULES)
    return Translation(_records(profile_id, wanted), notes=said)


def _records(profile_id: str, wanted: _Wanted) -> tuple[Profile, ...]:
    """Return one record, or several of at most 1,000 changes each, of which the first carries the attributes."""
    given: dict[str, Any] = {"profile_id": profile_id, "attributes": wanted.attributes}  # defaults need no checking
    if wanted.skip_unknown is not None:
        given["skip_unknown"] = wanted.skip_unknown
    if not wanted.run_rules:
        return (make(Profile, _NAMES, **given),)
    changes = [(True, each) for each in wanted.adds] + [(False, each) for each in wanted.deletes]
    parts = [changes[at : at + MAX_CHANGES] for at in range(0, len(changes), MAX_CHANGES)] or [[]]
    records = []
    for part in parts:
        adds = tuple(each for is_add, each in part if is_add)
        deletes = tuple(each for is_add, each in part if not is_add)
        records.append(make(Profile, _NAMES, **given, run_rules=True, audiences_add=adds, audiences_delete=deletes))
        given["attributes"] = {}
    return tuple(records)


def _agree(adds: Audiences, deletes: Audiences, where: str) -> None:
    """Refuse changes that name one audience on both sides."""
    if adds and deletes and not {_identity(each) for each in adds}.isdisjoint(_identity(each) for each in deletes):
        raise BadCall([contradiction(where)])


def contradiction(where: str) -> Refusal:
    """Return the refusal of changes that name one audience on both sides."""
    return Refusal(reasons.CONTRADICTION, where, "names the same audience in adds and in deletes; name it in one only")


def _identity(audience: AnyAudience) -> object:
    if isinstance(audience, int):
        return audience
    return audience.external_id or ("name", audience.name)


def _ref(audience: NamedAudience) -> AudienceRef:
    external_id = audience.integration_id
    return AudienceRef(name=audience.name, external_id=None if external_id is None else _NOT_KEPT.sub("_", external_id))
