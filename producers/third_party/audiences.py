"""Memberships of many profiles, and audiences themselves, as records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from pydantic import ValidationError

from producers.intake import Refusal
from producers.third_party import notes, reasons
from producers.third_party.bodies import AudienceBody, AudienceNameBody, ExternalProfileChanges, ProfileChanges
from producers.third_party.calls import Call, Platform
from producers.third_party.context import Context, Translation, is_large, path_id
from producers.third_party.problems import BadCall, make, read, refusals_of
from producers.third_party.profiles import contradiction
from tercel.records import Audience, Membership

_NAMES: Final = {"name": "audienceName", "external_id": "audienceId"}
_SIDES: Final = ("adds", "deletes")
_PLACE_OF_CHANGE = 2  # parts of the place of one change in an item: its side and its position

AnyChanges = ProfileChanges | ExternalProfileChanges
Action = Literal["add", "delete"]


def profiles_audiences(call: Call, context: Context) -> Translation:
    """The audiences of many profiles, by Talon.One's ids."""

    def member(profile_id: str, action: Action, audience: Any) -> Membership:
        return Membership(profile_id=profile_id, action=action, audience_id=audience)

    return _memberships(call, context, ProfileChanges, member)


def profiles_audiences_v2(call: Call, context: Context) -> Translation:
    """The audiences of many profiles, by the sender's ids."""

    def member(profile_id: str, action: Action, audience: Any) -> Membership:
        return Membership(profile_id=profile_id, action=action, audience_external_id=audience)

    return _memberships(call, context, ExternalProfileChanges, member)


def create(call: Call, _: Context) -> Translation:
    """Create an audience; Talon.One knows Segment as an integration, and CDPs not by their names."""
    body = read(AudienceBody, call.body)
    integration = Platform.SEGMENT.value if call.platform is Platform.SEGMENT else None
    audience = make(
        Audience,
        _NAMES,
        action="create",
        name=body.audience_name,
        external_id=body.audience_id,
        integration=integration,
    )
    return Translation((audience,))


def rename(call: Call, _: Context) -> Translation:
    """Rename the audience whose id is in the path."""
    body = read(AudienceNameBody, call.body)
    external_id = path_id(call, "audienceId")
    return Translation((make(Audience, _NAMES, action="rename", name=body.audience_name, external_id=external_id),))


def delete(call: Call, _: Context) -> Translation:
    """Delete the audience whose id is in the path; a body is not looked at."""
    external_id = path_id(call, "audienceId")
    return Translation((make(Audience, _NAMES, action="delete", external_id=external_id),))


def _memberships(
    call: Call,
    context: Context,
    model: type[ProfileChanges] | type[ExternalProfileChanges],
    member: Callable[[str, Action, Any], Membership],
) -> Translation:
    """Return one membership a change: of each profile in order, first its adds, then its deletes."""
    items = call.body.get("data")
    if items is not None and not isinstance(items, list):
        raise BadCall([Refusal(reasons.WRONG_TYPE, "data", "must be a list")])
    large = is_large(sum(map(_count, items or ())), "data", context)
    made: list[Membership] = []
    refused: list[Refusal] = []
    for position, item in enumerate(items or ()):
        changes, wrong = _item(model, item, position)
        refused += wrong
        if changes is not None:
            profile_id = changes.customer_profile_id
            made += [member(profile_id, "add", audience) for audience in changes.adds or ()]
            made += [member(profile_id, "delete", audience) for audience in changes.deletes or ()]
    if refused and not made:
        raise BadCall(refused)
    said = (notes.SPLIT_LARGE,) if large else ()
    return Translation(tuple(made), tuple(refused), said if made else (notes.NO_CHANGES,))


def _count(item: object) -> int:
    if not isinstance(item, dict):
        return 0
    found = 0
    for name in _SIDES:
        side = item.get(name)
        if isinstance(side, list):
            found += len(side)
    return found


def _item(
    model: type[ProfileChanges] | type[ExternalProfileChanges], item: object, position: int
) -> tuple[AnyChanges | None, list[Refusal]]:
    """Return what can be taken of an item, and what not: single changes, or all of it."""
    refused: list[Refusal] = []
    try:
        changes: AnyChanges = model.__pydantic_validator__.validate_python(item)  # as in problems.read
    except ValidationError as error:
        refused = refusals_of(error, f"data[{position}]")
        places = [details["loc"] for details in error.errors(include_url=False, include_input=False)]
        if not isinstance(item, dict) or any(len(place) != _PLACE_OF_CHANGE for place in places):
            return None, refused
        kept = {side: _without(item.get(side), {at for name, at in places if name == side}) for side in _SIDES}
        changes = model.model_validate({**item, **kept})
    if changes.adds and changes.deletes and not set(changes.adds).isdisjoint(changes.deletes):
        return None, [*refused, contradiction(f"data[{position}]")]
    return changes, refused


def _without(changes: list[Any] | None, positions: set[int | str]) -> list[Any] | None:
    return changes and [change for position, change in enumerate(changes) if position not in positions]
