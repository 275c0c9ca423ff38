"""The tables. A change here needs a migration in ``migrations/versions``; a test compares the two."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tercel.store.types import CountedId, SafeText, StoredJson, UtcTime


class Base(DeclarativeBase):
    """What the tables share: how constraints are named, and how Python types are kept."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: SafeText, datetime: UtcTime, dict[str, Any]: StoredJson}


class RunRow(Base):
    """One execution of a backfill or sync."""

    __tablename__ = "runs"
    __table_args__ = (Index(None, "started_at", "id"), Index(None, "fingerprint"), Index(None, "name"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str]
    deployment: Mapped[str]
    kind: Mapped[str]
    source: Mapped[str]
    status: Mapped[str]
    trigger: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    checkpoint: Mapped[str]
    counts: Mapped[dict[str, Any]]
    error: Mapped[str]
    fingerprint: Mapped[str]


class RejectionRow(Base):
    """A record that will not be delivered. ``record`` and ``answer`` may hold personal data."""

    __tablename__ = "rejections"
    __table_args__ = (
        UniqueConstraint("record_id"),
        Index(None, "created_at", "id"),  # listing in order, and purging by age
        Index(None, "state", "deployment", "run", "code"),  # counting without reading the rows
    )

    id: Mapped[int] = mapped_column(CountedId, primary_key=True, autoincrement=True)
    record_id: Mapped[str]
    deployment: Mapped[str]
    kind: Mapped[str]
    run: Mapped[str]
    code: Mapped[str]
    reason: Mapped[str]
    answer: Mapped[str]
    record: Mapped[dict[str, Any] | None]
    source: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class AudienceRow(Base):
    """An audience of a deployment. Names need not be unique at the destination, ids and external ids are."""

    __tablename__ = "audiences"
    __table_args__ = (
        UniqueConstraint("deployment", "audience_id"),
        UniqueConstraint("deployment", "external_id"),
    )

    id: Mapped[int] = mapped_column(CountedId, primary_key=True, autoincrement=True)
    deployment: Mapped[str]
    audience_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str | None]
    external_id: Mapped[str | None]
    state: Mapped[str]
    reason: Mapped[str]
    changed_at: Mapped[datetime]
