"""What an account holds and saw, as plain data for the admin answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import orjson

from sandbox.sailthru.account import Account
from sandbox.sailthru.world import Profile, World


def ready() -> dict[str, Any]:
    """That it answers, and which process does."""
    return {"ready": True, "pid": os.getpid()}


def stats(account: Account) -> dict[str, Any]:
    """Counts and peaks since the start or the last reset."""
    traffic, world = account.traffic, account.world
    counts: dict[str, dict[str, int]] = {}
    for (call, outcome), number in traffic.counts.items():
        counts.setdefault(call, {})[outcome] = number
    return {
        "requests": sum(traffic.counts.values()),
        "counts": counts,
        "items": dict(traffic.items),
        "applied": dict(world.applied),
        "max_in_any_second": {call: busiest.largest for call, busiest in traffic.busiest.items()},
        "max_overlap": account.overlap.largest,
        "in_hand": account.in_hand,
        "hung": account.hanging.number,
        "profiles": len(world.profiles),
        "memberships": sum(len(profile.lists) for profile in world.profiles.values()),
        "lists": len(world.lists),
        "events": len(world.events),
        "repeated_events": sum(number - 1 for number in world.repeats.values()),
        "jobs": len(account.jobs.all),
    }


def profile(world: World, one: Profile) -> dict[str, Any]:
    """A profile as it is now, whatever reads still see."""
    return {
        "sid": one.sid,
        "keys": one.keys,
        "vars": one.vars,
        "lists": list(world.list_names(one)),
        "optout_email": one.optout_email,
        "emails": one.emails,
    }


def profiles(world: World) -> Iterator[dict[str, Any]]:
    """Every profile."""
    for one in list(world.profiles.values()):
        yield profile(world, one)


def lists(world: World) -> Iterator[dict[str, Any]]:
    """Every list with its members, each by its e-mail, or its sid where it has none."""
    members: dict[int, list[str]] = {number: [] for number in world.lists}
    for one in world.profiles.values():
        for number in one.lists:
            members[number].append(one.keys.get("email", one.sid))
    for number, found in list(world.lists.items()):
        yield {"list_id": number, "name": found.name, "type": found.type, **found.fields, "members": members[number]}


def repeats(world: World) -> Iterator[dict[str, Any]]:
    """Events of which the same came more than once, with how often they came."""
    for (sid, _, event), number in list(world.repeats.items()):
        if number > 1:
            yield {"sid": sid, **orjson.loads(event), "times": number}


def order(world: World, said: str | None) -> Iterator[dict[str, Any]]:
    """The applied updates in the order they were applied, of all or of requests with this id."""
    return (entry._asdict() for entry in list(world.journal) if said is None or entry.id == said)


def history(world: World, kind: str, value: str) -> Iterator[dict[str, Any]]:
    """What became of a profile, in order, that of profiles merged into it included; nothing where there is none."""
    one = world.find(kind, value)
    return (entry._asdict() for entry in (list(one.history) if one is not None else ()))


def jobs(account: Account) -> Iterator[dict[str, Any]]:
    """Every job, with its lines and the errors that its report would have."""
    for job in account.jobs.all.values():
        yield {**job.data(), "job": job.job, "lines": job.lines, "errors": job.errors}


def arrivals(account: Account, since_ns: int) -> Iterator[dict[str, Any]]:
    """Arrivals (monotonic ns) after ``since_ns``, oldest first, and for each whether it passed the limit."""
    for at_ns, call, admitted in list(account.traffic.arrivals):
        if at_ns > since_ns:
            yield {"ns": at_ns, "call": call, "admitted": admitted}


def requests(account: Account) -> Iterator[dict[str, Any]]:
    """The request log, oldest first."""
    return (entry._asdict() for entry in list(account.traffic.log))
