"""Memberships in bulk (contract section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from sandbox.talon_one.calls.base import MAX_ID_LENGTH, Call, Request, Rules, scripted
from sandbox.talon_one.calls.bulk import BadItems, apply_good, items_of
from sandbox.talon_one.fields import Field, Shape, integer, one_of, problems, text
from sandbox.talon_one.replies import NO_CONTENT, Problem, Refusal
from sandbox.talon_one.world import World
from sandbox.wire import Reply

_ITEM: Shape = {
    "action": Field(one_of("add", "delete"), required=True),
    "profileIntegrationId": Field(text(least=1, most=MAX_ID_LENGTH), required=True),
    "audienceId": Field(integer(), required=True),
}


def read(request: Request, rules: Rules, world: World) -> Call:
    """``POST /v2/customer_audiences``: adds and deletes, of any profiles and audiences."""
    items = items_of(request.body, "data", rules)
    ids = [item.get("profileIntegrationId") if type(item) is dict else None for item in items]
    profiles = list(dict.fromkeys(profile for profile in ids if type(profile) is str))

    def run(scripted_bad: frozenset[str]) -> Reply:
        malformed, unknown = _bad_items(items, ids, scripted_bad, rules, world)
        bad = dict(sorted((malformed | unknown).items()))
        try:
            apply_good(len(items), bad, lambda places: _apply(items, places, world), "data", rules)
        except Refusal as refusal:
            first_is_unknown = rules.assumptions.a1_bad_item == "items_before" and min(bad) in unknown
            if first_is_unknown or not malformed:
                raise Refusal(HTTPStatus.NOT_FOUND, "Audience not found", refusal.problems) from None
            raise
        return NO_CONTENT

    return Call(run, profiles, items=len(items))


def _bad_items(
    items: Sequence[Any], ids: Sequence[Any], scripted_bad: frozenset[str], rules: Rules, world: World
) -> tuple[BadItems, BadItems]:
    """The items that are not as they must be (a 400), and those whose audience is unknown (a 404)."""
    audiences = world.audiences
    malformed: BadItems = {}
    unknown: BadItems = {}
    for place, item in enumerate(items):
        profile = ids[place]
        if (  # the common case, in one look: exactly the three fields, all good
            type(profile) is str
            and 0 < len(profile) <= MAX_ID_LENGTH
            and len(item) == 3
            and item.get("action") in ("add", "delete")
            and type(number := item.get("audienceId")) is int
            and number in audiences
            and profile not in scripted_bad
        ):
            continue
        wrong = problems(item, _ITEM, "", refuse_unknown=rules.refuse_unknown)
        if type(profile) is str and profile in scripted_bad:
            wrong.append(scripted("/profileIntegrationId"))
        if wrong:
            malformed[place] = wrong
        elif item["audienceId"] not in audiences:
            details = f"There is no audience with the id {item['audienceId']}"
            unknown[place] = [Problem("Unknown", details, "/audienceId")]
    return malformed, unknown


def _apply(items: Sequence[Any], places: Sequence[int] | range, world: World) -> None:
    audiences = world.audiences
    profiles = world.profiles
    applied = []
    for place in places:
        item = items[place]
        profile, members = item["profileIntegrationId"], audiences[item["audienceId"]].members
        if item["action"] == "add":
            if profile not in profiles:
                world.profile(profile, visible=False)
            members.add(profile)
        else:
            members.discard(profile)
        applied.append((profile, item))
    world.log_all("membership", applied)
