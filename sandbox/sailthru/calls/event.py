"""``POST /event``: custom events. A repeat is one more event: it would start its flow again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from sandbox.sailthru.calls.base import Call, Request, mapping, needed, only, refuse_scripted
from sandbox.sailthru.people import not_found, profile_of, read_id
from sandbox.sailthru.replies import BAD_TIME, OTHER, Refusal, ok
from sandbox.wire import Reply

RESERVED: Final = frozenset({"send", "cancel", "open", "click", "purchase", "daily"})


def read_post(request: Request) -> Call:
    """An event of a profile."""
    only(request.arguments, "id", "key", "event", "vars", "schedule_time")
    said, kind = read_id(request.arguments, request.config)
    name = needed(request.arguments, "event")
    if name in RESERVED:
        raise Refusal(OTHER, f"Reserved event name: {name}")
    event: dict[str, Any] = {"event": name, "vars": dict(mapping(request.arguments, "vars"))}
    if "schedule_time" in request.arguments:
        event["schedule_time"] = request.arguments["schedule_time"]
        if type(event["schedule_time"]) is not str or not event["schedule_time"]:
            raise Refusal(BAD_TIME, "Invalid time: schedule_time")

    def run(bad: frozenset[str]) -> Reply:
        refuse_scripted(bad)
        world = request.world
        profile = profile_of(said, kind, world)
        if profile is None:
            if request.config.assumptions.event_of_unknown == "refused":
                raise not_found(said, HTTPStatus.BAD_REQUEST)
            profile = world.make({kind: said}, said)
        world.add_event(profile, said, event)
        world.publish(profile)
        return ok({"ok": True})

    return Call(run, (said,))
