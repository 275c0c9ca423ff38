"""Runs: executions of a backfill or sync, how far each came, and what it counted."""

from __future__ import annotations

from dataclasses import asdict, fields

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from tercel.store.database import Database
from tercel.store.models import RunRow
from tercel.store.values import RunRecord, RunStatus

_NEWEST_FIRST = (RunRow.started_at.desc(), RunRow.id.desc())


class RunBook:
    """What the store can do with runs."""

    _database: Database

    def save_run(self, run: RunRecord) -> None:
        """Add the run, or put it in the place of the one with its id. Raises StoreUnavailable."""
        values = {**asdict(run), "counts": dict(run.counts)}
        changed = {name: value for name, value in values.items() if name != "id"}
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        statement = insert(RunRow).values(values).on_conflict_do_update(index_elements=["id"], set_=changed)
        with self._database.writing() as session:
            session.connection().execute(statement)

    def get_run(self, run_id: str) -> RunRecord | None:
        """Return a run by its id."""
        with self._database.reading() as session:
            row = session.get(RunRow, run_id)
            return None if row is None else _value(row)

    def list_runs(
        self, limit: int = 20, *, deployment: str | None = None, kind: str | None = None, name: str | None = None
    ) -> list[RunRecord]:
        """Return runs, newest first; only those of a deployment, a kind (backfill, sync) or a name where given."""
        wanted = select(RunRow).order_by(*_NEWEST_FIRST).limit(limit)
        if deployment is not None:
            wanted = wanted.where(RunRow.deployment == deployment)
        if kind is not None:
            wanted = wanted.where(RunRow.kind == kind)
        if name is not None:
            wanted = wanted.where(RunRow.name == name)
        with self._database.reading() as session:
            return [_value(row) for row in session.scalars(wanted)]

    def find_run(self, name: str | None = None, *, fingerprint: str | None = None) -> RunRecord | None:
        """Return the newest run of that name, or with that fingerprint, or with both."""
        if name is None and fingerprint is None:
            raise ValueError("give name or fingerprint")
        wanted = select(RunRow).order_by(*_NEWEST_FIRST).limit(1)
        if name is not None:
            wanted = wanted.where(RunRow.name == name)
        if fingerprint is not None:
            wanted = wanted.where(RunRow.fingerprint == fingerprint)
        with self._database.reading() as session:
            row = session.scalars(wanted).first()
            return None if row is None else _value(row)


def _value(row: RunRow) -> RunRecord:
    values = {field.name: getattr(row, field.name) for field in fields(RunRecord)}
    return RunRecord(**{**values, "status": RunStatus(row.status)})
