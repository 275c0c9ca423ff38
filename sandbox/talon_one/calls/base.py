"""What every call of the API has in common: how it is asked, what it may touch, and its query values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sandbox.talon_one.attributes import AttributeSet
from sandbox.talon_one.config import Config
from sandbox.talon_one.replies import Problem, Refusal
from sandbox.talon_one.turns import Guard
from sandbox.talon_one.world import World
from sandbox.wire import Reply

MAX_ID_LENGTH = 1_000  # characters


class Rules:
    """A configuration, prepared for looking things up."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.assumptions = config.assumptions
        self.refuse_unknown = config.refuse_unknown_fields
        allow_null = config.assumptions.a7_null != "400"
        schema = config.attributes
        self.profile = AttributeSet("customer profiles", schema.profile, allow_null=allow_null)
        self.event = AttributeSet("events", schema.event, allow_null=allow_null)
        self.session = AttributeSet("customer sessions", schema.session, allow_null=allow_null)
        self.cart_item = AttributeSet("cart items", schema.cart_item, allow_null=allow_null)

    def merge(self, held: dict[str, Any], sent: Mapping[str, Any]) -> None:
        """Put attributes onto those held; ``null`` deletes or is stored (assumption A7)."""
        if None in sent.values() and self.assumptions.a7_null == "delete":
            for name, value in sent.items():
                if value is None:
                    held.pop(name, None)
                else:
                    held[name] = value
        else:
            held.update(sent)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a call sees it: ``path_id`` is percent-decoded, ``body`` is parsed (None where there is none)."""

    query: Mapping[str, str]
    body: Any
    application_id: int
    path_id: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was read. ``run`` checks and applies it in one go, or raises :class:`Refusal`.

    ``profiles`` are the ids it contains, each once; ``run`` is handed those whose items a script wants to be bad.
    ``guard`` is the id under the rule about parallel requests.
    """

    run: Callable[[frozenset[str]], Reply]
    profiles: Sequence[str] = ()
    items: int = 1
    guard: Guard | None = None


Reader = Callable[[Request, Rules, World], Call]


def profile_named(data: Any) -> str:
    """The profile that an event or a session names, ``""`` where it names none, or none that could be."""
    profile_id = data.get("profileId") if isinstance(data, dict) else None
    return profile_id if isinstance(profile_id, str) and len(profile_id) <= MAX_ID_LENGTH else ""


def flag(request: Request, name: str) -> bool:
    """A boolean query value, false where it is left out.

    Raises:
        Refusal: 400, it is neither ``true`` nor ``false``.
    """
    return _choice(request, name, "false", ("true", "false")) == "true"


def silent(request: Request) -> bool:
    """Whether ``silent`` is ``yes``, which it is where it is left out.

    Raises:
        Refusal: 400, it is neither ``yes`` nor ``no``.
    """
    return _choice(request, "silent", "yes", ("yes", "no")) == "yes"


def _choice(request: Request, name: str, default: str, values: tuple[str, ...]) -> str:
    value = request.query.get(name, default)
    if value not in values:
        raise bad_query(name, f"must be one of {', '.join(values)}", "enum")
    return value


def bad_query(name: str, details: str, title: str = "Invalid parameter") -> Refusal:
    """A 400 for a query value."""
    return Refusal(HTTPStatus.BAD_REQUEST, problems=(Problem(title, f"{name}: {details}", parameter=name),))


def refuse(problems: Sequence[Problem]) -> None:
    """Raise a 400 if there is any problem.

    Raises:
        Refusal: 400 with all of them.
    """
    if problems:
        raise Refusal(HTTPStatus.BAD_REQUEST, problems=problems)


def scripted(pointer: str) -> Problem:
    """The problem of an item that a script wants to be bad."""
    return Problem("Scripted", "A script of the stand-in refuses this item", pointer)


def engine_reply(
    effects: Sequence[Mapping[str, Any]] = (), coupons: Sequence[Mapping[str, Any]] = (), **extra: Any
) -> dict[str, Any]:
    """The body of a call that may run rules. Only :mod:`sandbox.talon_one.promotion`'s rule has effects."""
    return {"effects": effects, "createdCoupons": coupons, "createdReferrals": [], **extra}
