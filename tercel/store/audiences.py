"""Audiences: which id the destination gave each, because its API has no way to look one up.

Contract: Talon.One Integration API, section 4. Ids and external ids are unique in a deployment; whether names are is
not documented (A14), so a name means the audience that was last changed under it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tercel.errors import UsageError
from tercel.store.database import Database
from tercel.store.models import AudienceRow
from tercel.store.types import storable_text
from tercel.store.values import AudienceState, KnownAudiences, StoredAudience

_OLDEST_CHANGE_FIRST = (AudienceRow.changed_at, AudienceRow.id)


class AudienceBook:
    """What the store can do with audiences."""

    _database: Database
    _now: Callable[[], datetime]

    def audiences(self, deployment: str | None = None) -> list[StoredAudience]:
        """Return the audiences of a deployment, or of all, by deployment and name."""
        with self._database.reading() as session:
            found = [_value(row) for row in _rows(session, deployment)]
        return sorted(
            found, key=lambda audience: (audience.deployment, audience.name or "", audience.external_id or "")
        )

    def known_audiences(self, deployment: str) -> KnownAudiences:
        """Return the ids that are known, what is announced and what is held, all of one moment."""
        ids: dict[tuple[str, str], int] = {}
        names: dict[str, str] = {}
        held: dict[tuple[str, str], str] = {}
        with self._database.reading() as session:
            for row in _rows(session, deployment):  # oldest change first: the last one of a name stays
                if row.audience_id is not None:
                    if row.external_id is not None:
                        ids["external", row.external_id] = row.audience_id
                    if row.name is not None:
                        ids["name", row.name] = row.audience_id
                    continue
                if row.external_id is not None and row.name is not None:
                    names[row.external_id] = row.name
                if row.state == AudienceState.HELD:
                    key = ("name", row.name or "") if row.external_id is None else ("external", row.external_id)
                    held[key] = row.reason
        return KnownAudiences(ids, names, held)

    def audience_ids(self, deployment: str) -> dict[tuple[str, str], int]:
        """Return every id that is known, by ``("external", external id)`` and by ``("name", name)``."""
        return dict(self.known_audiences(deployment).ids)

    def announced_audiences(self, deployment: str) -> dict[str, str]:
        """Return the names of audiences that are announced, and neither there yet nor held, by external id."""
        known = self.known_audiences(deployment)
        return {one: name for one, name in known.names.items() if ("external", one) not in known.held}

    def audience_id(self, deployment: str, *, name: str | None = None, external_id: str | None = None) -> int | None:
        """Return an audience's id, or None where it is not known. Where both are given, the external id decides."""
        if external_id is not None:
            return self.audience_ids(deployment).get(("external", external_id))
        if name is not None:
            return self.audience_ids(deployment).get(("name", name))
        raise ValueError("give name or external_id")

    def save_audience(
        self,
        deployment: str,
        audience_id: int,
        name: str | None,
        external_id: str | None = None,
        state: AudienceState | str = AudienceState.CREATED,
    ) -> None:
        """Note an audience that was created or renamed; it is no longer held. A None leaves what is known.

        It is the one with that id, else the one with that external id, else a held one with that name.
        """
        name, external_id = _as_stored(name), _as_stored(external_id)
        with self._changing(deployment) as (session, rows):
            held = [row for row in rows if row.audience_id is None and row.external_id in (None, external_id)]
            row = (
                _first(rows, lambda row: row.audience_id == audience_id)
                or _first(rows, lambda row: external_id is not None and row.external_id == external_id)
                or _first(held, lambda row: name is not None and row.name == name)
            )
            # Whatever else claims to be this audience is out of date.
            same = [other for other in rows if external_id is not None and other.external_id == external_id]
            stale = [other for other in (*same, *held) if other in same or (name is not None and other.name == name)]
            self._write(
                session,
                row,
                [other for other in stale if other is not row],
                deployment=deployment,
                audience_id=audience_id,
                name=row.name if name is None and row is not None else name,
                external_id=row.external_id if external_id is None and row is not None else external_id,
                state=AudienceState(state),
            )

    def announce_audience(self, deployment: str, *, name: str, external_id: str) -> None:
        """Note that an audience is going to be created, so that what names its external id only can be delivered.

        Harmless when repeated; a later name replaces an earlier one. One whose id is known, or that is held, stays as
        it is.
        """
        external_id = storable_text(external_id)
        with self._changing(deployment) as (session, rows):
            row = _first(rows, lambda row: row.external_id == external_id)
            if row is None or (row.state == AudienceState.ANNOUNCED and row.name != name):
                self._write(
                    session,
                    row,
                    deployment=deployment,
                    audience_id=None,
                    name=name,
                    external_id=external_id,
                    state=AudienceState.ANNOUNCED,
                )

    def hold_audience(self, deployment: str, name: str, external_id: str | None, reason: str) -> None:
        """Note that an audience exists whose id nobody told us: its records wait. Known ids stay as they are.

        Harmless when repeated: one that is held already for this reason keeps the time since when it is.
        """
        external_id = _as_stored(external_id)
        with self._changing(deployment) as (session, rows):
            if external_id is not None:
                row = _first(rows, lambda row: row.external_id == external_id)
            else:
                row = _first(rows, lambda row: row.external_id is None and row.name == name)
            if row is not None and (row.state, row.reason) == (AudienceState.HELD, reason):
                return
            if row is None or row.audience_id is None:
                self._write(
                    session,
                    row,
                    deployment=deployment,
                    audience_id=None,
                    name=name,
                    external_id=external_id,
                    state=AudienceState.HELD,
                    reason=reason,
                )

    def bind_audience(
        self, deployment: str, name: str, audience_id: int, *, external_id: str | None = None
    ) -> StoredAudience:
        """Give an audience the id that a person looked up, and return it. ``name`` may be its external id too.

        Raises UsageError where several audiences have that name (then ``external_id`` says which), or where the id
        belongs to another one.
        """
        with self._changing(deployment) as (session, rows):
            owner = _first(rows, lambda row: row.audience_id == audience_id)
            row = _meant(rows, deployment, name, external_id)
            if owner is not None and owner is not row:
                raise UsageError(
                    f"Audience {audience_id} of {deployment} is already known as {owner.name or owner.external_id!r}."
                )
            bound = self._write(
                session,
                row,
                deployment=deployment,
                audience_id=audience_id,
                name=name if row is None else row.name,
                external_id=external_id if row is None else row.external_id,
                state=AudienceState.BOUND,
            )
            return _value(bound)

    def forget_audience(
        self,
        deployment: str,
        *,
        audience_id: int | None = None,
        name: str | None = None,
        external_id: str | None = None,
    ) -> int:
        """Forget an audience that was deleted and return how many were known. The first of the three given decides."""
        with self._changing(deployment) as (session, rows):
            if audience_id is not None:
                gone = [row for row in rows if row.audience_id == audience_id]
            elif external_id is not None:
                gone = [row for row in rows if row.external_id == external_id]
            elif name is not None:
                gone = [row for row in rows if row.name == name]
            else:
                raise ValueError("give audience_id, external_id or name")
            for row in gone:
                session.delete(row)
            return len(gone)

    def forget_named_audience(self, deployment: str, name: str, *, external_id: str | None = None) -> StoredAudience:
        """Forget the audience that a person means, and return what was known. ``name`` may be its external id too.

        Raises UsageError where there is none, or several have that name (then ``external_id`` says which).
        """
        with self._changing(deployment) as (session, rows):
            row = _meant(rows, deployment, name, external_id)
            if row is None:
                with_id = "" if external_id is None else f" with the external id {external_id!r}"
                raise UsageError(
                    f"No audience of {deployment} is known as {name!r}{with_id}; tercel audiences list shows them all."
                )
            known = _value(row)
            session.delete(row)
            return known

    @contextmanager
    def _changing(self, deployment: str) -> Iterator[tuple[Session, list[AudienceRow]]]:
        """Give the rows of a deployment, last change first. One changer at a time: each change looks at all rows."""
        with self._database.writing() as session:
            if not self._database.is_sqlite:  # SQLite has one writer anyway
                session.execute(text("LOCK TABLE audiences IN SHARE ROW EXCLUSIVE MODE"))
            yield session, list(reversed(_rows(session, deployment)))

    def _write(
        self,
        session: Session,
        row: AudienceRow | None,
        stale: list[AudienceRow] | None = None,
        *,
        deployment: str,
        audience_id: int | None,
        name: str | None,
        external_id: str | None,
        state: AudienceState,
        reason: str = "",
    ) -> AudienceRow:
        for other in stale or ():
            session.delete(other)
        session.flush()  # what has the same external id must be gone before it is written
        row = row or AudienceRow(deployment=deployment)
        row.audience_id, row.name, row.external_id = audience_id, name, external_id
        row.state, row.reason, row.changed_at = state, reason, self._now()
        session.add(row)
        session.flush()
        return row


def _rows(session: Session, deployment: str | None) -> list[AudienceRow]:
    """Return the rows of a deployment, or of all, oldest change first."""
    wanted = select(AudienceRow).order_by(*_OLDEST_CHANGE_FIRST)
    if deployment is not None:
        wanted = wanted.where(AudienceRow.deployment == deployment)
    return list(session.scalars(wanted))


def _as_stored(text: str | None) -> str | None:
    """Return a text as its row has it: compared as it came, it would not be found, and added a second time."""
    return None if text is None else storable_text(text)


def _meant(rows: list[AudienceRow], deployment: str, name: str, external_id: str | None) -> AudienceRow | None:
    """Return the audience that a person means by a name or external id. Raises UsageError where it may be several."""
    meant = [row for row in rows if name in (row.name, row.external_id) and external_id in (None, row.external_id)]
    if len(meant) > 1:
        raise UsageError(
            f"{len(meant)} audiences of {deployment} are named {name!r}; say which by its external id: "
            f"{', '.join(sorted(row.external_id or '(none)' for row in meant))}."
        )
    return meant[0] if meant else None


def _first(rows: list[AudienceRow], fits: Callable[[AudienceRow], bool]) -> AudienceRow | None:
    return next((row for row in rows if fits(row)), None)


def _value(row: AudienceRow) -> StoredAudience:
    return StoredAudience(
        deployment=row.deployment,
        audience_id=row.audience_id,
        name=row.name,
        external_id=row.external_id,
        state=AudienceState(row.state),
        reason=row.reason,
        changed_at=row.changed_at,
    )
