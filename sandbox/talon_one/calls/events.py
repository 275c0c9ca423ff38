"""Custom events: v2, v3, and whether a v3 event exists (contract section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from sandbox.talon_one.calls.base import (
    MAX_ID_LENGTH,
    Call,
    Request,
    Rules,
    bad_query,
    engine_reply,
    flag,
    profile_named,
    refuse,
    scripted,
    silent,
)
from sandbox.talon_one.calls.profiles import wanted_profile
from sandbox.talon_one.fields import Field, Shape, anything, integer, listing, problems, responses, text
from sandbox.talon_one.replies import NO_CONTENT, Problem, Refusal, bad, ok
from sandbox.talon_one.world import World
from sandbox.wire import Reply

_COMMON: Shape = {
    # The schema of v2 does not require it, but an event without a profile cannot be delivered to anyone.
    "profileId": Field(text(least=1, most=MAX_ID_LENGTH), required=True),
    "type": Field(text(least=1), required=True),
    "attributes": Field(anything),
    "storeIntegrationId": Field(text(least=1, most=MAX_ID_LENGTH)),
    "loyaltyCards": Field(listing(text(), most=1)),
    "evaluableCampaignIds": Field(listing(integer())),
}
_V2: Shape = {
    **_COMMON,
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
}
_V3: Shape = {
    **_COMMON,
    "integrationId": Field(text(least=1), required=True),
    "connectedSessionId": Field(text(least=1)),
    "responseContent": Field(
        responses(
            "customerProfile",
            "triggeredCampaigns",
            "loyalty",
            "advancedEvent",
            "awardedGiveaways",
            "ruleFailureReasons",
        )
    ),
}
_KEPT = ("profileId", "type", "storeIntegrationId", "integrationId", "connectedSessionId")


def read_v2(request: Request, rules: Rules, world: World) -> Call:
    """``POST /v2/events``."""
    return _read(request, rules, world, _V2, "event")


def read_v3(request: Request, rules: Rules, world: World) -> Call:
    """``POST /v3/events``: an event with its own id, which only one event may have."""
    return _read(request, rules, world, _V3, "advancedEvent")


def read_look_up(request: Request, rules: Rules, world: World) -> Call:
    """``GET /v3/events/{integrationId}``."""

    def run(_: frozenset[str]) -> Reply:
        event = world.events_by_id.get(request.path_id)
        if event is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "Event not found")
        return ok(event)

    return Call(run)


def _read(request: Request, rules: Rules, world: World, shape: Shape, answer_name: str) -> Call:
    quiet, dry, complete = silent(request), flag(request, "dry"), flag(request, "forceCompleteEvaluation")
    if complete and not dry:
        raise bad_query("forceCompleteEvaluation", "works only with dry=true")
    body = request.body
    profile_id = profile_named(body)

    def run(scripted_bad: frozenset[str]) -> Reply:
        _check(body, shape, rules, world)
        if scripted_bad:
            refuse([scripted("/profileId")])
        event = _event(body, request.application_id, world)
        if not dry:
            _keep(event, world)
        if quiet and (shape is _V2 or rules.assumptions.a10_silent_v3 == "204"):
            return NO_CONTENT
        return ok(engine_reply(**_answer(event, body.get("responseContent", ()), answer_name, world)))

    return Call(run, (profile_id,) if profile_id else (), guard=("profile", profile_id) if profile_id else None)


def _check(body: Any, shape: Shape, rules: Rules, world: World) -> None:
    wrong = problems(body, shape, "", refuse_unknown=rules.refuse_unknown)
    if isinstance(body, dict):
        wrong += rules.event.problems(body.get("attributes", {}), "/attributes")
    refuse(wrong)
    if body["type"] not in rules.config.event_types:
        if rules.assumptions.a11_unknown_type == "404":
            raise Refusal(HTTPStatus.NOT_FOUND, "There is no custom event of this type")
        raise bad("/type", "Unknown", "There is no custom event of this type")
    if body.get("integrationId") in world.events_by_id:
        raise Refusal(HTTPStatus.CONFLICT, "An advanced event with this integrationId already exists")
    session_id = body.get("connectedSessionId")
    if session_id is not None and world.sessions.get(session_id, {}).get("state") != "closed":
        refuse([Problem("Not allowed", "The connected session must be closed", "/connectedSessionId")])


def _event(body: dict[str, Any], application_id: int, world: World) -> dict[str, Any]:
    kept = {name: body[name] for name in _KEPT if name in body}
    return {
        "id": len(world.events) + 1,
        "created": world.now(),
        "applicationId": application_id,
        **kept,
        "attributes": body.get("attributes", {}),
        "effects": [],
    }


def _keep(event: dict[str, Any], world: World) -> None:
    world.profile(event["profileId"]).last_activity = event["created"]
    world.events.append(event)
    if "integrationId" in event:
        world.events_by_id[event["integrationId"]] = event
    world.log("event", event["profileId"], event)


def _answer(event: dict[str, Any], wanted: Sequence[str], answer_name: str, world: World) -> dict[str, Any]:
    own = {answer_name: event} if answer_name in wanted else {}
    return own | wanted_profile(world, event["profileId"], wanted)
