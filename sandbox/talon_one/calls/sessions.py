"""Customer sessions (contract section 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.talon_one.calls.base import (
    Call,
    Request,
    Rules,
    bad_query,
    engine_reply,
    flag,
    profile_named,
    refuse,
    scripted,
)
from sandbox.talon_one.calls.profiles import wanted_profile
from sandbox.talon_one.calls.session_fields import SESSION, WRAPPER, session_problems
from sandbox.talon_one.fields import moment, problems
from sandbox.talon_one.replies import bad, ok
from sandbox.talon_one.world import World
from sandbox.wire import Reply

_NEXT_STATES: Mapping[str | None, frozenset[str]] = {
    None: frozenset({"open", "closed"}),
    "open": frozenset({"open", "closed", "cancelled"}),
    "closed": frozenset({"cancelled"}),
    "partially_returned": frozenset({"cancelled"}),
    "cancelled": frozenset(),
}
"""The states a session may be sent with, by the one it is in; reopening and returning have calls of their own."""


def read(request: Request, rules: Rules, world: World) -> Call:
    """``PUT /v2/customer_sessions/{customerSessionId}``: each update builds on the earlier ones."""
    session_id = request.path_id
    dry = flag(request, "dry")
    _check_now(request, dry=dry)
    body = request.body
    sent: Any = body.get("customerSession") if isinstance(body, dict) else None
    profile_id = profile_named(sent)

    def run(scripted_bad: frozenset[str]) -> Reply:
        refuse(problems(body, WRAPPER, "", refuse_unknown=rules.refuse_unknown))
        prefix = "/customerSession"
        refuse(
            problems(sent, SESSION, prefix, refuse_unknown=rules.refuse_unknown)
            or session_problems(sent, prefix, rules, dry=dry)
        )
        if scripted_bad:
            refuse([scripted(f"{prefix}/profileId")])
        held = world.sessions.get(session_id) or _new(session_id, profile_id, request.application_id, world)
        session = _updated(held, sent, rules, world)
        if not dry:
            _keep(session, sent, world)
        return ok(engine_reply(**_answer(session, body.get("responseContent", ()), world)))

    return Call(run, (profile_id,) if profile_id else (), guard=("session", session_id))


def _check_now(request: Request, *, dry: bool) -> None:
    now = request.query.get("now")
    if now is None:
        return
    if not dry:
        raise bad_query("now", "works only with dry=true")
    if moment(now) is not None:
        raise bad_query("now", "must be an RFC 3339 time")
    if datetime.fromisoformat(now.upper()) <= datetime.now(UTC):
        raise bad_query("now", "must be in the future")


def _updated(held: dict[str, Any], sent: dict[str, Any], rules: Rules, world: World) -> dict[str, Any]:
    """The session after the update; ``held`` is left as it is.

    Raises:
        Refusal: 400, the session cannot go to the state that was sent.
    """
    state, before = sent.get("state", "open"), held["state"]
    if state not in _NEXT_STATES[before]:
        text = f"A {before} session cannot become {state}" if before else f"A session cannot be created as {state}"
        raise bad("/customerSession/state", "Not allowed", text)
    attributes = dict(held["attributes"])
    rules.merge(attributes, sent.get("attributes", {}))
    own = {
        "state": state,
        "attributes": attributes,
        "updateCount": held["updateCount"] + 1,
        "updated": world.now(),
    }
    session = {**held, **sent, **own}
    return session | _totals(session)


def _new(session_id: str, profile_id: str, application_id: int, world: World) -> dict[str, Any]:
    """A session before its first update; an anonymous one is always a first one."""
    earlier = profile_id and any(session["profileId"] == profile_id for session in world.sessions.values())
    return {
        "id": len(world.sessions) + 1,
        "created": world.now(),
        "integrationId": session_id,
        "applicationId": application_id,
        "profileId": profile_id,
        "state": None,
        "firstSession": not earlier,
        "updateCount": 0,
        "coupon": "",
        "referral": "",
        "cartItems": [],
        "additionalCosts": {},
        "attributes": {},
    }


def _totals(session: Mapping[str, Any]) -> dict[str, float]:
    items = session["cartItems"]
    of_items = sum(item.get("price", 0) * item["quantity"] for item in items)
    costs_of_items = sum(cost["price"] for item in items for cost in item.get("additionalCosts", {}).values())
    costs = sum(cost["price"] for cost in session["additionalCosts"].values())
    return {
        "total": of_items + costs_of_items + costs,
        "cartItemTotal": of_items,
        "cartItemAdditionalCostTotal": costs_of_items,
        "additionalCostTotal": costs,
    }


def _keep(session: dict[str, Any], sent: Mapping[str, Any], world: World) -> None:
    world.sessions[session["integrationId"]] = session
    profile_id = session["profileId"]
    if profile_id:
        world.profile(profile_id).last_activity = session["updated"]
    world.log("session", profile_id, {**sent, "integrationId": session["integrationId"], "state": session["state"]})


def _answer(session: dict[str, Any], wanted: Sequence[str], world: World) -> dict[str, Any]:
    own = {"customerSession": session} if "customerSession" in wanted else {}
    return own | wanted_profile(world, session["profileId"], wanted)
