"""What happened to one user, in order. (Contract: sailthru, section 5, rows 4 to 10.)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from producers.intake import Refusal
from producers.mparticle.identities import CUSTOMER_ID, EMAIL
from producers.mparticle.normal import (
    AttributesChanged,
    Batch,
    CustomEvent,
    IdentityChanged,
    Note,
    Other,
    SessionEnd,
    SessionStart,
)
from producers.mparticle.sailthru import notes, reasons
from producers.mparticle.sailthru.making import make
from producers.mparticle.sailthru.options import SailthruOptions
from producers.mparticle.sailthru.people import (
    HASHED_EMAIL,
    NO_EMAIL,
    address_before,
    address_of,
    at,
    checked,
    kind_in,
    person_of,
)
from producers.mparticle.sailthru.variables import Vars, vars_of
from producers.mparticle.translated import Translated
from tercel.records import Event, Identities, Profile, Record

OLDEST_MS: Final = 14 * 24 * 3_600_000  # milliseconds; what is older is not accepted (mParticle's page on Sailthru)
RESERVED_NAMES: Final = frozenset({"send", "cancel", "open", "click", "purchase", "daily"})
SESSION_START: Final = "mp_session_start"
SESSION_END: Final = "mp_session_end"
EXTID: Final = "extid"


def happened(batch: Batch, options: SailthruOptions, now_ms: int, where: str) -> Translated:
    """Return what a batch becomes. Each happening finds the user by the e-mail address as it was at that moment."""
    walk = _Walk(batch, options, now_ms - OLDEST_MS)
    if options.all_attributes:
        walk.set_vars(where, batch.attributes, batch.deleted)
    events = f"{where}.events" if where else "events"
    for number, happening in enumerate(batch.happenings):
        walk.step(f"{events}[{number}]", happening)
    walk.flush()
    if not walk.made and not walk.filtered:
        walk.leave_out(notes.NOTHING_CHANGED)
    return Translated(
        tuple(one for one in walk.made if isinstance(one, Record)),
        tuple(one for one in walk.made if isinstance(one, Refusal)),
        tuple(walk.notes),
        walk.filtered,
    )


@dataclass(slots=True)
class _Walk:
    """Goes through a batch, from the first happening to the last. ``oldest_ms`` is the time of the oldest one taken."""

    batch: Batch
    options: SailthruOptions
    oldest_ms: int
    made: list[Record | Refusal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    filtered: int = 0
    _address: str | Refusal = NO_EMAIL
    _known: str = ""  # the last address there was
    _first: str = ""  # the first one: it keeps the order where nothing better is known
    _vars: Vars = field(default_factory=dict)  # changes that follow one another, until something else happens
    _vars_from: str = ""

    def __post_init__(self) -> None:
        self._use(address_before(self.batch))

    def step(self, where: str, happening: object) -> None:
        """Take one happening in."""
        if isinstance(happening, Other):
            self.leave_out(notes.TYPE_NOT_FORWARDED, happening.type)
        elif getattr(happening, "at_ms", self.oldest_ms) < self.oldest_ms:
            self.leave_out(notes.TOO_OLD)
            self._follow(happening)
        elif isinstance(happening, AttributesChanged):
            if not self.set_vars(where, happening.added, happening.removed):
                self.filtered += 1
        elif isinstance(happening, IdentityChanged):
            self._change(where, happening)
        elif isinstance(happening, CustomEvent):
            self._event(where, happening.id, happening.name, happening.attributes)
        elif isinstance(happening, SessionStart):
            self._event(where, happening.id, SESSION_START, _session(happening.session_id))
        elif isinstance(happening, SessionEnd):
            self._event(where, happening.id, SESSION_END, _session(happening.session_id, happening.length_ms))

    def leave_out(self, word: str, name: str = "") -> None:
        """Count a part that becomes no record."""
        self.filtered += 1
        self.notes.append(Note(word, name))

    def set_vars(self, where: str, added: Mapping[str, Any], removed: tuple[str, ...]) -> bool:
        """Set vars with the next record of the profile. Return whether there are any."""
        found, said = vars_of(added, removed, self.options)
        self.notes += said
        if found and not self._vars:
            self._vars_from = where
        self._vars |= found
        return bool(found)

    def flush(self) -> None:
        """Make a record of the vars that were set since the last record."""
        if self._vars:
            self._make(Profile, self._vars_from, attributes=self._vars)
            self._vars = {}

    def _event(self, where: str, event_id: str, name: str, attributes: Mapping[str, Any]) -> None:
        self.flush()
        name = self.options.event_names.get(name) or name
        if name in RESERVED_NAMES:
            text = "Sailthru keeps this name for itself; give the event another one in mParticle"
            self.made.append(Refusal(reasons.RESERVED_NAME, f"{where}.name", text))
        else:
            self._make(Event, where, type=name, event_id=event_id, attributes=dict(attributes))

    def _change(self, where: str, change: IdentityChanged) -> None:
        """Take a change of identities in: a new e-mail address, a new customer id, or one that says nothing here."""
        self.flush()
        self._note_kinds(change)
        before = self._before(change)
        self._follow(change)
        was: dict[str, str] = {}
        now: dict[str, str] = {}
        if kind_in(change.added, EMAIL) is not None and isinstance(self._address, str):
            if before and before.casefold() != self._address.casefold():
                was[EMAIL], now[EMAIL] = before, self._address
            elif (old := kind_in(change.removed, EMAIL)) is not None and old.value is None:
                self.notes.append(Note(notes.OLD_ADDRESS_UNKNOWN))
        if (external := self._external_id(change)) is not None:
            now[EXTID] = external
        if isinstance(self._address, Refusal) and (now or kind_in(change.added, EMAIL) is not None):
            self.made.append(at(where, self._address))
        elif not now:
            self.leave_out(notes.NOTHING_CHANGED)
        elif isinstance(identities := _identities(where, was, now), Refusal):
            self.made.append(identities)
        else:
            self._make(Profile, where, identities=identities)

    def _before(self, change: IdentityChanged) -> str:
        """Return the address that a change replaces; "" where there was none, or none that can be used."""
        old = kind_in(change.removed, EMAIL)
        told = checked(old.value) if old is not None and old.value is not None else self._known
        return told if isinstance(told, str) else ""

    def _follow(self, happening: object) -> None:
        """Find the user by the address that a change leaves, from here on."""
        if not isinstance(happening, IdentityChanged):
            return
        new, old = kind_in(happening.added, EMAIL), kind_in(happening.removed, EMAIL)
        if old is not None and old.value is not None:
            self._use(checked(old.value))
        if new is not None:
            self._use(HASHED_EMAIL if new.value is None else checked(new.value))
        elif old is not None:
            left = address_of(self.batch.person)
            self._address = NO_EMAIL if left == self._known else left  # the one that went stays known: see _before

    def _use(self, address: str | Refusal) -> None:
        self._address = address
        if isinstance(address, str):
            self._known = address
            self._first = self._first or address

    def _external_id(self, change: IdentityChanged) -> str | None:
        """Return the customer id to link with the profile: one that came, or the one of a user who got an address."""
        if not self.options.extid:
            return None
        customer = kind_in(change.added, CUSTOMER_ID)
        if customer is not None:
            return customer.value
        got_address = kind_in(change.added, EMAIL) is not None and kind_in(change.removed, EMAIL) is None
        return self.batch.person.identities.get(CUSTOMER_ID) if got_address else None

    def _note_kinds(self, change: IdentityChanged) -> None:
        kept = {EMAIL, CUSTOMER_ID} if self.options.extid else {EMAIL}
        kinds = {one.kind for one in (*change.added, *change.removed)} - kept
        self.notes += [Note(notes.KIND_NOT_FORWARDED, kind) for kind in sorted(kinds)]

    def _make(self, kind: type[Record], where: str, **fields: Any) -> None:
        if isinstance(self._address, Refusal):
            self.made.append(at(where, self._address))
            return
        person = person_of(self.batch.person, self._first or self._address)
        self.made.append(make(kind, where, profile_id=self._address, person=person, **fields))


def _identities(where: str, was: dict[str, str], now: dict[str, str]) -> Identities | Refusal:
    try:
        return Identities.model_validate({"was": was, "now": now})
    except ValueError:
        return Refusal(reasons.BAD_VALUE, f"{where}.user_identities", "an identity is empty or too long")


def _session(session_id: str | None, length_ms: int | None = None) -> dict[str, Any]:
    """Return the vars of a session's event; what was not told is left out. The id stays a text: it has 64 bits."""
    told = {"session_id": session_id, "session_length_ms": length_ms}
    return {name: value for name, value in told.items() if value is not None}
