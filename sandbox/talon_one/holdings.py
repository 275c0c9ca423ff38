"""What a deployment holds and saw, as plain data for the admin answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from sandbox.talon_one import digest
from sandbox.talon_one.deployment import Deployment
from sandbox.talon_one.world import World


def ready(_: Deployment) -> dict[str, Any]:
    """That it answers, and which process does."""
    return {"ready": True, "pid": os.getpid()}


def stats(deployment: Deployment) -> dict[str, Any]:
    """Counts and peaks since the start or the last reset."""
    traffic, world = deployment.traffic, deployment.world
    counts: dict[str, dict[str, int]] = {}
    for (call, outcome), number in traffic.counts.items():
        counts.setdefault(call, {})[outcome] = number
    return {
        "requests": sum(traffic.counts.values()),
        "counts": counts,
        "items": dict(traffic.items),
        "applied": dict(world.applied),
        "max_in_any_second": traffic.busiest_arrivals.largest,
        "max_admitted_in_any_second": {name: busiest.largest for name, busiest in traffic.busiest_admitted.items()},
        "max_overlap": deployment.overlap.largest,
        "in_hand": deployment.in_hand,
        "hung": deployment.hanging.number,
        "profiles": len(world.profiles),
        "memberships": sum(len(audience.members) for audience in world.audiences.values()),
        "audiences": len(world.audiences),
        "events": len(world.events),
        "sessions": len(world.sessions),
        "coupons": len(world.coupons),
        "stored_answers": len(deployment.answers),
    }


def digests(deployment: Deployment) -> dict[str, Any]:
    """Number and fingerprint of everything held; see :mod:`sandbox.talon_one.digest`."""
    world = deployment.world
    members = [(number, profile) for number, audience in world.audiences.items() for profile in audience.members]
    attributes = {number: profile.attributes for number, profile in world.profiles.items()}
    return {
        "profiles": {"count": len(attributes), "digest": digest.profiles_digest(attributes)},
        "memberships": {"count": len(members), "digest": digest.memberships_digest(members)},
        "events": {"count": len(world.events), "digest": digest.events_digest(world.events)},
        "sessions": {"count": len(world.sessions), "digest": digest.sessions_digest(world.sessions)},
    }


def arrivals(deployment: Deployment, since_ns: int) -> dict[str, Any]:
    """Arrival times (monotonic ns) after ``since_ns``, oldest first, and for each whether it passed the limit."""
    kept = [arrival for arrival in deployment.traffic.arrivals if arrival[0] > since_ns]
    return {"ns": [at_ns for at_ns, _ in kept], "admitted": [admitted for _, admitted in kept]}


def profiles(world: World) -> Iterator[dict[str, Any]]:
    """Every profile with its attributes."""
    for number, profile in list(world.profiles.items()):
        yield {
            "integrationId": number,
            "attributes": profile.attributes,
            "visible": profile.visible,
            "created": profile.created,
        }


def memberships(world: World) -> Iterator[dict[str, Any]]:
    """Every membership."""
    for number, audience in list(world.audiences.items()):
        for profile in list(audience.members):
            yield {"audienceId": number, "profileIntegrationId": profile}


def audiences(world: World) -> Iterator[dict[str, Any]]:
    """Every audience with the number of its members."""
    for audience in list(world.audiences.values()):
        yield {**audience.fields, "members": len(audience.members)}


def order(world: World, profile: str | None) -> Iterator[dict[str, Any]]:
    """The applied updates in the order they were applied, of one profile or of all."""
    return (entry._asdict() for entry in world.journal(profile))


def requests(deployment: Deployment) -> Iterator[dict[str, Any]]:
    """The request log, oldest first."""
    for entry in list(deployment.traffic.log):
        yield entry._asdict()
