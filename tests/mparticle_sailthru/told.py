"""What mParticle may tell, for tests: short ways to write it down in normal form."""

from __future__ import annotations

from typing import Any

from producers.mparticle.normal import (
    AttributesChanged,
    Batch,
    CustomEvent,
    Happening,
    Identity,
    IdentityChanged,
    MembershipChange,
    Person,
    SessionEnd,
    SessionStart,
)
from producers.mparticle.sailthru import SailthruOptions, to_sailthru
from producers.mparticle.translated import Translated

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000
OPTIONS = SailthruOptions()
ANA = Person("77", {"email": "ana@example.com", "customer_id": "c-7"})


def told(*happenings: Happening, person: Person = ANA, **fields: Any) -> Batch:
    return Batch("m-1", person, happenings=happenings, **fields)


def event(name: str = "Seen", at_ms: int = NOW_MS, **attributes: Any) -> CustomEvent:
    return CustomEvent(f"e-{name}", at_ms, name, attributes)


def started(at_ms: int = NOW_MS) -> SessionStart:
    return SessionStart("e-start", at_ms, "-8231231231231231231")


def ended() -> SessionEnd:
    return SessionEnd("e-end", NOW_MS, "-8231231231231231231", 61_000)


def set_to(**added: Any) -> AttributesChanged:
    return AttributesChanged("e-set", NOW_MS, added)


def removed(*names: str) -> AttributesChanged:
    return AttributesChanged("e-removed", NOW_MS, {}, names)


def changed(kind: str, old: str | None, new: str | None) -> IdentityChanged:
    """An identity that changed, came (``old`` None) or went (``new`` None)."""
    added = () if new is None else (Identity(kind, new),)
    gone = () if old is None else (Identity(kind, old),)
    return IdentityChanged("e-identity", NOW_MS, added, gone)


def joined(action: Any = "add", person: Person = ANA, name: str = "VIPs", **fields: Any) -> MembershipChange:
    return MembershipChange(person, "12", name, action, **fields)


def records(what: Any, options: SailthruOptions = OPTIONS) -> list[dict[str, Any]]:
    """Return the records that something becomes, as they travel, where nothing is refused."""
    found = to_sailthru(what, options, NOW_MS)
    assert found.refused == ()
    return [record.data() for record in found.records]


def words(found: Translated) -> list[tuple[str, str]]:
    return [(note.word, note.name) for note in found.notes]
