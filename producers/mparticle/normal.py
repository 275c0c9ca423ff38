"""What mParticle says, whichever of its protocols it came by. (Contract: mparticle, section 5.)

Firehose and the Events API spell the same things differently. Each is read into these values, and translations for the
destinations know nothing else. They hold personal data: nothing of them belongs in a log line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Value = Any  # a JSON value; whole numbers beyond 64 bits are kept as texts
MembershipAction = Literal["add", "delete", "attribute_update"]
SubscriptionAction = Literal["add", "update", "remove"]


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity of a user: ``kind`` under Tercel's spelling (see :mod:`identities`), ``value`` as it is.

    ``value`` is None where only its hash is known: a hash cannot be turned back, and is never taken for an id.
    """

    kind: str
    value: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Who something is about. ``identities`` are raw values by kind; ``hashed`` are the kinds known as a hash only."""

    mpid: str | None = field(default=None, repr=False)
    identities: Mapping[str, str] = field(default_factory=dict, repr=False)
    hashed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CustomEvent:
    """Something the user did. ``id`` is unique to it and the same each time it comes; ``at_ms`` is UTC milliseconds."""

    id: str
    at_ms: int
    name: str
    attributes: Mapping[str, Value] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SessionStart:
    """A session began. ``session_id`` as text; None where it was not told."""

    id: str
    at_ms: int
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """A session ended after ``length_ms`` milliseconds; None where that was not told."""

    id: str
    at_ms: int
    session_id: str | None = None
    length_ms: int | None = None


@dataclass(frozen=True, slots=True)
class AttributesChanged:
    """Attributes of the user were set (``added``) or taken away (``removed``, by name)."""

    id: str
    at_ms: int
    added: Mapping[str, Value] = field(default_factory=dict, repr=False)
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityChanged:
    """Identities of the user came or went. A changed one is in both: the old value went, the new one came."""

    id: str
    at_ms: int
    added: tuple[Identity, ...] = ()
    removed: tuple[Identity, ...] = ()


@dataclass(frozen=True, slots=True)
class Other:
    """A happening of a type that no destination here has a use for: skipped and counted by ``type``."""

    type: str


Happening = CustomEvent | SessionStart | SessionEnd | AttributesChanged | IdentityChanged | Other


@dataclass(frozen=True, slots=True)
class Batch:
    """What one message tells of one user. ``seen_id`` is what a repeat of the message is known by; may be empty.

    ``attributes`` are all the user's as they are now, ``deleted`` the names of those taken away with this message.
    """

    seen_id: str
    person: Person
    attributes: Mapping[str, Value] = field(default_factory=dict, repr=False)
    deleted: tuple[str, ...] = ()
    happenings: tuple[Happening, ...] = ()


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """One user joins or leaves one audience, or only his attributes change while he is in it.

    ``t1_audience_id`` is the Talon.One id that a subscription's answer gave mParticle, where it knew it.
    """

    person: Person
    audience_id: str
    audience_name: str
    action: MembershipAction
    t1_audience_id: int | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict, repr=False)
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subscription:
    """An audience was connected, changed (perhaps its name) or disconnected.

    ``audience_id`` is mParticle's, as text; ``audience_name`` the external name, which may be new on an update.
    """

    audience_id: str
    audience_name: str
    action: SubscriptionAction
    t1_audience_id: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something left out on the way: ``word`` is stable and counted, ``name`` is what it concerns, never a value.

    For instance an attribute whose name the destination does not take.
    """

    word: str
    name: str = ""
