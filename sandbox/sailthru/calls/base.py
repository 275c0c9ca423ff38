"""What every call has in common: how it is asked, what it may touch, and reading its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.sailthru.config import Config
from sandbox.sailthru.jobs import Jobs
from sandbox.sailthru.replies import MISSING, OTHER, Refusal
from sandbox.sailthru.world import World
from sandbox.wire import Reply


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a call sees it: signed arguments, and a file where one came."""

    arguments: Mapping[str, Any]
    file: bytes | None
    config: Config
    world: World
    jobs: Jobs


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was read. ``run`` checks and applies it in one go, or raises :class:`Refusal`.

    ``profiles`` are the ids it contains, each once; ``run`` is handed those whose items a script wants to be bad.
    It runs ``pause_s`` seconds after it was read.
    """

    run: Callable[[frozenset[str]], Reply]
    profiles: Sequence[str] = ()
    items: int = 1
    pause_s: float = 0.0


Reader = Callable[[Request], Call]


def only(arguments: Mapping[str, Any], *names: str) -> None:
    """Refuse arguments that a call does not know: a misspelt one would be lost in silence."""
    for name in arguments:
        if name not in names:
            raise Refusal(OTHER, f"Unknown argument: {name}")


def text(arguments: Mapping[str, Any], name: str, *, required: bool = False) -> str | None:
    """An argument that is a text with something in it; None where it is left out."""
    if name not in arguments:
        if required:
            raise Refusal(MISSING, f"Missing required parameter: {name}")
        return None
    value = arguments[name]
    if type(value) is not str or not value:
        raise Refusal(OTHER, f"{name} must be a text that is not empty")
    return value


def needed(arguments: Mapping[str, Any], name: str) -> str:
    """An argument that must be there, and be a text."""
    value = text(arguments, name, required=True)
    assert value is not None  # noqa: S101 - or it was refused
    return value


def mapping(arguments: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An argument that is an object; empty where it is left out."""
    value = arguments.get(name, {})
    if not isinstance(value, dict):
        raise Refusal(OTHER, f"{name} must be an object")
    return value


def choice(arguments: Mapping[str, Any], name: str, values: Sequence[str]) -> str | None:
    """An argument that is one of a few words; None where it is left out."""
    value = text(arguments, name)
    if value is not None and value not in values:
        raise Refusal(OTHER, f"{name} must be one of {', '.join(values)}")
    return value


def refuse_scripted(bad: frozenset[str]) -> None:
    """Refuse a call whose item a script wants to be bad."""
    if bad:
        raise Refusal(OTHER, "A script of the stand-in refuses this profile")
