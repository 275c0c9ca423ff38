"""Profiles: the bulk upsert and the update of one (contract section 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.talon_one.calls.base import (
    MAX_ID_LENGTH,
    Call,
    Request,
    Rules,
    bad_query,
    engine_reply,
    flag,
    refuse,
    scripted,
    silent,
)
from sandbox.talon_one.calls.bulk import BadItems, apply_good, items_of
from sandbox.talon_one.fields import Field, Shape, anything, integer, listing, problems, responses, text
from sandbox.talon_one.promotion import coupons_for, effects_of
from sandbox.talon_one.replies import NO_CONTENT, Problem, bad, ok
from sandbox.talon_one.world import ACCOUNT_ID, World
from sandbox.wire import Reply

_ITEM: Shape = {
    "integrationId": Field(text(least=1, most=MAX_ID_LENGTH), required=True),
    "attributes": Field(anything),
}
_ONE: Shape = {
    "attributes": Field(anything),
    "audiencesChanges": Field(anything),
    "responseContent": Field(
        responses(
            "customerProfile",
            "triggeredCampaigns",
            "loyalty",
            "event",
            "awardedGiveaways",
            "ruleFailureReasons",
            "campaignEligibility",
            "achievements",
        )
    ),
    "evaluableCampaignIds": Field(listing(integer())),
}
_SIDES = ("adds", "deletes")
_CHANGES: Shape = {side: Field(listing(integer())) for side in _SIDES}
_NONE: Mapping[str, Any] = {}


def read_bulk(request: Request, rules: Rules, world: World) -> Call:
    """``PUT /v2/customer_profiles``: attributes of many profiles; runs no rules, carries no audience changes."""
    quiet = silent(request)
    items = items_of(request.body, "customerProfiles", rules)
    ids = [item.get("integrationId") if type(item) is dict else None for item in items]
    profiles = list(dict.fromkeys(profile for profile in ids if type(profile) is str))

    def run(scripted_bad: frozenset[str]) -> Reply:
        bad_items = _bad_items(items, ids, scripted_bad, rules)
        apply_good(
            len(items), bad_items, lambda places: _upsert(items, places, rules, world), "customerProfiles", rules
        )
        if quiet:
            return NO_CONTENT
        return ok({"integrationStates": [{"customerProfile": profile_data(world, profile)} for profile in profiles]})

    return Call(run, profiles, items=len(items))


def _bad_items(items: Sequence[Any], ids: Sequence[Any], scripted_bad: frozenset[str], rules: Rules) -> BadItems:
    accepts = rules.profile.accepts
    found: BadItems = {}
    for place, item in enumerate(items):
        profile = ids[place]
        if (  # the common case, in one look: exactly the two fields, both good
            type(profile) is str
            and 0 < len(profile) <= MAX_ID_LENGTH
            and len(item) == 2
            and type(attributes := item.get("attributes")) is dict
            and accepts(attributes)
            and profile not in scripted_bad
        ):
            continue
        wrong = problems(item, _ITEM, "", refuse_unknown=rules.refuse_unknown)
        if not wrong:
            wrong = rules.profile.problems(item.get("attributes", _NONE), "/attributes")
        if type(profile) is str and profile in scripted_bad:
            wrong.append(scripted("/integrationId"))
        if wrong:
            found[place] = wrong
    if rules.assumptions.a8_same_profile == "400":
        seen: set[str] = set()
        for place, profile in enumerate(ids):
            if place not in found and profile in seen:
                found[place] = [Problem("Not unique", "This profile is in the request twice", "/integrationId")]
            elif type(profile) is str:
                seen.add(profile)
    return found


def _upsert(items: Sequence[Any], places: Sequence[int] | range, rules: Rules, world: World) -> None:
    """Apply the items at ``places``; of several for one profile only the last one (assumption A8)."""
    last = {items[place]["integrationId"]: items[place].get("attributes", _NONE) for place in places}
    held = world.profiles
    for profile_id, attributes in last.items():
        profile = held.get(profile_id) or world.profile(profile_id)
        profile.visible = True
        if None in attributes.values():
            rules.merge(profile.attributes, attributes)
        else:
            profile.attributes.update(attributes)
    world.log_all("profile", last.items())


def read_one(request: Request, rules: Rules, world: World) -> Call:
    """``PUT /v2/customer_profiles/{integrationId}``: attributes, audience changes, rules.

    "Has joined an audience" fires through this call only (contract section 6), and only for a profile that was not in
    the audience before; a membership that came in bulk is no reason for it later.
    """
    profile_id = request.path_id
    runs_rules, dry = flag(request, "runRuleEngine"), flag(request, "dry")

    def run(scripted_bad: frozenset[str]) -> Reply:
        if dry and not runs_rules:
            raise bad_query("dry", "works only with runRuleEngine=true")
        body = request.body
        _check_one(body, rules, runs_rules=runs_rules, dry=dry)
        attributes = body.get("attributes", _NONE)
        changes = _changes(body, rules, world)
        if scripted_bad:
            refuse([scripted("/attributes")])
        joined = [number for number in changes.get("adds", ()) if profile_id not in world.audiences[number].members]
        coupons = coupons_for(rules.config.campaign, profile_id, joined, world) if runs_rules else []
        if not dry:
            profile = world.profile(profile_id)
            rules.merge(profile.attributes, attributes)
            if runs_rules:
                profile.last_activity = world.now()
            world.log("rules" if runs_rules else "profile", profile_id, attributes)
            if runs_rules or rules.assumptions.a13_audiences_without_rules == "applied":
                _change_audiences(profile_id, changes, world)
            world.coupons += coupons
        wanted = wanted_profile(world, profile_id, body.get("responseContent", ()))
        return ok(engine_reply(effects_of(coupons), coupons, **wanted))

    return Call(run, (profile_id,), guard=("profile", profile_id))


def _check_one(body: Any, rules: Rules, *, runs_rules: bool, dry: bool) -> None:
    wrong = problems(body, _ONE, "", refuse_unknown=rules.refuse_unknown)
    if isinstance(body, dict):
        wrong += rules.profile.problems(body.get("attributes", _NONE), "/attributes")
        if "responseContent" in body and not runs_rules:
            wrong.append(Problem("Not allowed", "works only with runRuleEngine=true", "/responseContent"))
        if "evaluableCampaignIds" in body and not dry:
            wrong.append(Problem("Not allowed", "works only with dry=true", "/evaluableCampaignIds"))
    refuse(wrong)


def _changes(body: Mapping[str, Any], rules: Rules, world: World) -> Mapping[str, list[int]]:
    """The audience changes with both sides, or nothing where the body has none."""
    if "audiencesChanges" not in body:
        return _NONE
    sent = body["audiencesChanges"]
    prefix = "/audiencesChanges"
    wrong = problems(sent, _CHANGES, prefix, refuse_unknown=rules.refuse_unknown)
    if isinstance(sent, dict) and rules.assumptions.a9_missing_side == "400":
        wrong += [Problem("Required", f"{side} is required", f"{prefix}/{side}") for side in _SIDES if side not in sent]
    refuse(wrong)
    changes = {side: sent.get(side, []) for side in _SIDES}
    for side, numbers in changes.items():
        for place, number in enumerate(numbers):
            if number not in world.audiences:
                raise bad(f"{prefix}/{side}/{place}", "Unknown", f"There is no audience with the id {number}")
    return changes


def _change_audiences(profile_id: str, changes: Mapping[str, list[int]], world: World) -> None:
    for side, action in (("adds", "add"), ("deletes", "delete")):
        for number in changes.get(side, ()):
            members = world.audiences[number].members
            if action == "add":
                members.add(profile_id)
            else:
                members.discard(profile_id)
            world.log("membership", profile_id, {"action": action, "audienceId": number})


def wanted_profile(world: World, profile_id: str, response_content: Sequence[str]) -> dict[str, Any]:
    """The profile as a part of an answer: nothing where it was not asked for, or a dry run did not make it."""
    if "customerProfile" not in response_content or profile_id not in world.profiles:
        return {}
    return {"customerProfile": profile_data(world, profile_id)}


def profile_data(world: World, profile_id: str) -> dict[str, Any]:
    """A profile that exists, as the API answers it."""
    profile = world.profiles[profile_id]
    closed = [s for s in world.sessions.values() if s["profileId"] == profile_id and s["state"] == "closed"]
    return {
        "id": profile.number,
        "created": profile.created,
        "integrationId": profile_id,
        "attributes": profile.attributes,
        "accountId": ACCOUNT_ID,
        "closedSessions": len(closed),
        "totalSales": sum(session["total"] for session in closed),
        "lastActivity": profile.last_activity,
        "audienceMemberships": [
            {"id": number, "name": world.audiences[number].fields["name"]} for number in world.audiences_of(profile_id)
        ],
        "sandbox": False,
    }
