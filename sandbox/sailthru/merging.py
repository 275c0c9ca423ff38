"""Changing the keys of a profile: two profiles can become one, and a hard-bounced address keeps its profile [O]."""

from __future__ import annotations

from http import HTTPStatus

from sandbox.sailthru.config import Config
from sandbox.sailthru.replies import OTHER, Refusal
from sandbox.sailthru.update import Update
from sandbox.sailthru.world import Profile, World


def change_keys(profile: Profile, update: Update, config: Config, world: World) -> Profile:
    """Give a profile the keys of an update, and return the profile that has them now.

    A profile that has one of them already is merged into it and removed, or the update is refused.

    Raises:
        Refusal: 409, a key is another profile's and is not to be merged.
    """
    wanted = {kind: value for kind, value in update.keys.items() if profile.keys.get(kind) != value}
    others = {}
    for kind, value in wanted.items():
        other = world.find(kind, value)
        if other is not None and other is not profile:
            if update.conflict == "error":
                raise conflicting(kind)
            others[other.sid] = other
    if not wanted:
        return profile
    was = {kind: profile.keys[kind] for kind in wanted if kind in profile.keys}
    if "email" in wanted and was.get("email") in config.hard_bounced:
        profile = _copied(profile, update.id, world)
    for other in others.values():
        _merge(other, profile, world)
    for kind, value in wanted.items():
        world.set_key(profile, kind, value)
    world.log(profile, "keys", update.id, {"was": was, "now": wanted, "merged": list(others)})
    return profile


def conflicting(kind: str) -> Refusal:
    """Another profile has this key."""
    return Refusal(OTHER, f"The key {kind} belongs to another profile", HTTPStatus.CONFLICT)


def _merge(other: Profile, profile: Profile, world: World) -> None:
    """Put what another profile holds into this one, whose own values win, and remove the other."""
    keys = {kind: value for kind, value in other.keys.items() if kind not in profile.keys}
    world.remove(other)
    for kind, value in keys.items():
        world.set_key(profile, kind, value)
    profile.vars = {**other.vars, **profile.vars}
    profile.lists = {**other.lists, **profile.lists}
    profile.emails = [*other.emails, *(one for one in profile.emails if one not in other.emails)]
    profile.history = sorted((*other.history, *profile.history), key=lambda entry: entry.seq)


def _copied(profile: Profile, said: str, world: World) -> Profile:
    """A profile with the same past that leaves the old one behind with its address; other keys move over."""
    copy = world.make({}, said)
    copy.vars, copy.lists = dict(profile.vars), dict(profile.lists)
    copy.emails, copy.optout_email = list(profile.emails), profile.optout_email
    copy.history = [*profile.history, *copy.history]
    for kind, value in list(profile.keys.items()):
        if kind not in ("sid", "email"):
            world.drop_key(profile, kind)
            world.set_key(copy, kind, value)
    world.publish(profile)
    return copy
