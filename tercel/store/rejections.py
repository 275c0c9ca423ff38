"""Rejections: records that will not be delivered, kept with their reasons until somebody decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Insert, Select, delete, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from tercel.store.chunks import chunked
from tercel.store.database import Database
from tercel.store.models import RejectionRow
from tercel.store.values import Rejection, RejectionCount, RejectionState, StoredRejection

PAGE = 500  # rejections read at once while listing; the bound of the memory it takes
ROWS_PER_INSERT = 1_000  # rows of one statement execution
PURGE_PER_TRANSACTION = 5_000  # rows deleted at once, so that writers wait little

S = TypeVar("S", bound=Select[*tuple[Any, ...]])

_ORDER = (RejectionRow.created_at, RejectionRow.id)


class RejectionBook:
    """What the store can do with rejections."""

    _database: Database
    _now: Callable[[], datetime]

    def add_rejections(self, rejections: Iterable[Rejection]) -> int:
        """Add rejections in one transaction and return how many were new; one whose id is known is left as it was.

        Raises StoreUnavailable; then none were added.
        """
        # Sorted, so that two processes that add the same records lock them in the same order: no deadlock.
        rows = [_row(rejection) for rejection in sorted(rejections, key=lambda rejection: rejection.record_id)]
        if not rows:
            return 0
        statement = self._insert_unless_known()
        with self._database.writing() as session:
            connection = session.connection(execution_options={"preserve_rowcount": True})
            return sum(connection.execute(statement, chunk).rowcount for chunk in chunked(rows, ROWS_PER_INSERT))

    def rejections(
        self,
        *,
        deployment: str | None = None,
        run: str | None = None,
        code: str | None = None,
        record_ids: Iterable[str] | None = None,
        state: RejectionState | str | None = RejectionState.OPEN,
        limit: int | None = None,
    ) -> Iterator[StoredRejection]:
        """Yield rejections, oldest first, in an order that never changes. ``state=None`` asks for every state.

        They are read in pages, a short transaction each: memory stays bounded, nothing is locked while the caller works
        on one, and the caller may discard or replay what it is given. Raises StoreUnavailable.
        """
        wanted = _filtered(select(RejectionRow), deployment, run, code, state)
        found = self._in_order(wanted) if record_ids is None else self._by_id(wanted, record_ids)
        for count, row in enumerate(found):
            if limit is not None and count >= limit:
                return
            yield _value(row)

    def rejection_counts(
        self,
        *,
        deployment: str | None = None,
        run: str | None = None,
        state: RejectionState | str | None = RejectionState.OPEN,
    ) -> list[RejectionCount]:
        """Count rejections by deployment, run, code and state. ``state=None`` asks for every state."""
        groups = (RejectionRow.deployment, RejectionRow.run, RejectionRow.code, RejectionRow.state)
        counted = _filtered(select(*groups, func.count()), deployment, run, None, state)
        with self._database.reading() as session:
            rows = session.execute(counted.group_by(*groups).order_by(*groups))
            return [RejectionCount(row[0], row[1], row[2], RejectionState(row[3]), row[4]) for row in rows]

    def discard(self, record_ids: Iterable[str]) -> int:
        """Close open rejections for good and return how many there were."""
        return self._close(record_ids, RejectionState.DISCARDED)

    def mark_replayed(self, record_ids: Iterable[str]) -> int:
        """Close open rejections whose records are on a lane again, and return how many there were."""
        return self._close(record_ids, RejectionState.REPLAYED)

    def purge_older_than(self, days: float) -> int:
        """Delete rejections older than that, whatever their state, and return how many there were."""
        before = self._now() - timedelta(days=days)
        oldest = select(RejectionRow.id).where(RejectionRow.created_at < before).limit(PURGE_PER_TRANSACTION)
        purged = 0
        while True:
            with self._database.writing() as session:
                some = delete(RejectionRow).where(RejectionRow.id.in_(oldest))
                deleted = session.connection().execute(some).rowcount
            purged += deleted
            if deleted < PURGE_PER_TRANSACTION:
                return purged

    def _insert_unless_known(self) -> Insert:
        if self._database.is_sqlite:
            return sqlite.insert(RejectionRow).on_conflict_do_nothing(index_elements=["record_id"])
        return postgresql.insert(RejectionRow).on_conflict_do_nothing(index_elements=["record_id"])

    def _in_order(self, wanted: Select[RejectionRow]) -> Iterator[RejectionRow]:
        page = wanted.order_by(*_ORDER).limit(PAGE)
        while True:
            rows = self._read(page)
            yield from rows
            if len(rows) < PAGE:
                return
            last = rows[-1]
            # The bounds are compared as columns' types are, hence the type of each.
            page = wanted.where(tuple_(*_ORDER) > tuple_(last.created_at, last.id, types=[c.type for c in _ORDER]))
            page = page.order_by(*_ORDER).limit(PAGE)

    def _by_id(self, wanted: Select[RejectionRow], record_ids: Iterable[str]) -> Iterator[RejectionRow]:
        """Find the order of the rows first, by their keys alone, and then read them in that order."""
        keys: list[Any] = []
        for chunk in chunked(dict.fromkeys(record_ids)):
            only_keys = wanted.with_only_columns(*_ORDER).where(RejectionRow.record_id.in_(chunk))
            with self._database.reading() as session:
                keys.extend(tuple(row) for row in session.execute(only_keys))
        for page in chunked([key[1] for key in sorted(keys)], PAGE):
            yield from self._read(wanted.where(RejectionRow.id.in_(page)).order_by(*_ORDER))

    def _read(self, wanted: Select[RejectionRow]) -> list[RejectionRow]:
        with self._database.reading() as session:
            rows = list(session.scalars(wanted))
            session.expunge_all()
            return rows

    def _close(self, record_ids: Iterable[str], state: RejectionState) -> int:
        closed = 0
        now = self._now()
        # Sorted for the same reason as in add_rejections.
        with self._database.writing() as session:
            for chunk in chunked(sorted(set(record_ids))):
                some = RejectionRow.record_id.in_(chunk), RejectionRow.state == RejectionState.OPEN
                change = update(RejectionRow).where(*some).values(state=state, closed_at=now)
                closed += session.connection().execute(change).rowcount
        return closed


def _filtered(
    statement: S,
    deployment: str | None,
    run: str | None,
    code: str | None,
    state: RejectionState | str | None,
) -> S:
    wanted = {
        RejectionRow.deployment: deployment,
        RejectionRow.run: run,
        RejectionRow.code: code,
        RejectionRow.state: None if state is None else RejectionState(state),
    }
    return statement.where(*(column == value for column, value in wanted.items() if value is not None))


def _row(rejection: Rejection) -> dict[str, Any]:
    return {
        "record_id": rejection.record_id,
        "deployment": rejection.deployment,
        "kind": rejection.kind,
        "run": rejection.run,
        "code": rejection.code,
        "reason": rejection.reason,
        "answer": rejection.answer,
        "record": rejection.record,
        "source": rejection.source,
        "state": RejectionState.OPEN,
        "created_at": rejection.created_at,
        "closed_at": None,
    }


def _value(row: RejectionRow) -> StoredRejection:
    return StoredRejection(
        record_id=row.record_id,
        deployment=row.deployment,
        kind=row.kind,
        run=row.run,
        code=row.code,
        reason=row.reason,
        answer=row.answer,
        record=row.record,
        source=row.source,
        created_at=row.created_at,
        state=RejectionState(row.state),
        closed_at=row.closed_at,
    )
