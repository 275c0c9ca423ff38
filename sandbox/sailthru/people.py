"""Updates of profiles: what ``POST /user`` and the lines of an update job may say, and applying it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from sandbox.sailthru.config import Config, KeyKind
from sandbox.sailthru.merging import change_keys, conflicting
from sandbox.sailthru.replies import BAD_EMAIL, MISSING, OTHER, UNKNOWN_LIST, Refusal
from sandbox.sailthru.update import Update
from sandbox.sailthru.world import NATURAL, SMART, Profile, World

MAX_VAR_NAME: Final = 32  # characters
OPTOUTS: Final = ("none", "basic", "blast", "all")
CONFLICTS: Final = ("merge", "error")
_VAR_NAME = re.compile(r"(?!\d)\w+")
_UNCLEAN = re.compile(r"[^\w ]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def read_update(arguments: Mapping[str, Any], config: Config) -> Update:
    """The update that arguments ask for.

    Raises:
        Refusal: something about them is not as the contract's section 2 says.
    """
    said, kind = read_id(arguments, config)
    lists = _object(arguments, "lists")
    for name, joins in lists.items():
        if type(joins) is not int or joins not in (0, 1):
            raise Refusal(OTHER, f"lists: {name} must be 1 or 0")
    optout = arguments.get("optout_email")
    if optout is not None and optout not in OPTOUTS:
        raise Refusal(OTHER, f"optout_email must be one of {', '.join(OPTOUTS)}")
    conflict = arguments.get("keysconflict", config.assumptions.keysconflict)
    if conflict not in CONFLICTS:
        raise Refusal(OTHER, f"keysconflict must be one of {', '.join(CONFLICTS)}")
    keys = _object(arguments, "keys")
    for name, value in keys.items():
        check_key(name, value, config)
    return Update(said, kind, keys, conflict, read_vars(_object(arguments, "vars"), config), lists, optout)


def read_id(arguments: Mapping[str, Any], config: Config) -> tuple[str, str]:
    """``id`` and the kind of it that ``key`` says. Raises Refusal."""
    if "id" not in arguments:
        raise Refusal(MISSING, "Missing required parameter: id")
    kind = arguments.get("key", "email")
    check_key(kind, arguments["id"], config, sid=True)
    return arguments["id"], kind


def check_key(kind: Any, value: Any, config: Config, *, sid: bool = False) -> None:
    """Check one key of a profile; a ``sid`` names a profile and is never set.

    Raises:
        Refusal: error 11 for an address that is none, else 99.
    """
    if kind not in (*config.kinds, KeyKind.EMAIL) or (kind == KeyKind.SID and not sid):
        raise Refusal(OTHER, f"The key {kind} is not enabled for this account")
    if type(value) is not str or not value:
        raise Refusal(OTHER, f"The value of the key {kind} must be a text that is not empty")
    if kind == KeyKind.EMAIL and _EMAIL.fullmatch(value) is None:
        raise Refusal(BAD_EMAIL, f"Invalid email: {value}")


def read_vars(sent: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """Vars under the names they will have. Raises Refusal, error 99: a name that cannot be."""
    return {_var_name(name, config): value for name, value in sent.items()}


def _var_name(name: str, config: Config) -> str:
    if config.assumptions.bad_var_names == "cleaned":
        name = _UNCLEAN.sub("", name).replace(" ", "_")
    if len(name) > MAX_VAR_NAME:
        raise Refusal(OTHER, f"Var name too long, {MAX_VAR_NAME} characters at most: {name}")
    if _VAR_NAME.fullmatch(name) is None:
        raise Refusal(OTHER, f"Invalid var name: {name}")
    if name in config.reserved_vars:
        raise Refusal(OTHER, f"Reserved var name: {name}")
    return name


def apply_update(update: Update, config: Config, world: World) -> Profile:
    """Create or update the profile: all of it, or nothing.

    Raises:
        Refusal: it names a list or a profile that is not there, or a key that is another profile's.
    """
    _check_lists(update, config, world)
    profile = profile_of(update.id, update.kind, world)
    if profile is None:
        check_free(update, world)
        profile = world.make({update.kind: update.id}, update.id)
    profile = change_keys(profile, update, config, world)
    if update.vars:
        profile.vars.update(update.vars)
        world.log(profile, "vars", update.id, update.vars)
    if update.lists:
        for name, joins in update.lists.items():
            _join_or_leave(profile, name, joins, world)
        world.log(profile, "lists", update.id, update.lists)
    if update.optout_email is not None:
        profile.optout_email = update.optout_email
        world.log(profile, "optout", update.id, {"optout_email": update.optout_email})
    world.publish(profile)
    return profile


def profile_of(said: str, kind: str, world: World) -> Profile | None:
    """The profile an id names. Raises Refusal, error 99: a sid that is nobody's, for those cannot be made."""
    profile = world.find(kind, said)
    if profile is None and kind == KeyKind.SID:
        raise not_found(said, HTTPStatus.BAD_REQUEST)
    return profile


def not_found(said: str, status: int) -> Refusal:
    """There is no such profile."""
    return Refusal(OTHER, f"User not found: {said}", status)


def check_free(update: Update, world: World) -> None:
    """Refuse keys of another profile before a new one is made, where they are not to be merged."""
    if update.conflict == "error":
        for kind, value in update.keys.items():
            if (kind, value) != (update.kind, update.id) and world.find(kind, value) is not None:
                raise conflicting(kind)


def _check_lists(update: Update, config: Config, world: World) -> None:
    for name in update.lists:
        found = world.list_named(name)
        if found is None and config.assumptions.unknown_list == "refused":
            raise Refusal(UNKNOWN_LIST, f"List not found: {name}", HTTPStatus.NOT_FOUND)
        if found is not None and found.type == SMART:
            raise Refusal(OTHER, f"The list {name} is a smart list: its members follow from its query")
        if found is None:
            check_list_name(name)


def check_list_name(name: str) -> None:
    """Refuse a name no list can have."""
    if "$" in name:
        raise Refusal(OTHER, f"Invalid list name: {name}")


def _join_or_leave(profile: Profile, name: str, joins: int, world: World) -> None:
    found = world.list_named(name)
    if joins:
        found = found or world.add_list(name, NATURAL, {})
        profile.lists.setdefault(found.list_id, world.now())
    elif found is not None:
        profile.lists.pop(found.list_id, None)


def _object(arguments: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = arguments.get(name, {})
    if not isinstance(value, dict):
        raise Refusal(OTHER, f"{name} must be an object")
    return value
