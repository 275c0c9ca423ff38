"""Runs, rejections and audiences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_COUNTED_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("deployment", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME),
        sa.Column("checkpoint", sa.Text, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_started_at_id", "runs", ["started_at", "id"])
    op.create_index("ix_runs_fingerprint", "runs", ["fingerprint"])
    op.create_index("ix_runs_name", "runs", ["name"])

    op.create_table(
        "rejections",
        sa.Column("id", _COUNTED_ID, autoincrement=True, nullable=False),
        sa.Column("record_id", sa.Text, nullable=False),
        sa.Column("deployment", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("record", sa.JSON),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_rejections"),
        sa.UniqueConstraint("record_id", name="uq_rejections_record_id"),
    )
    op.create_index("ix_rejections_created_at_id", "rejections", ["created_at", "id"])
    op.create_index("ix_rejections_state_deployment_run_code", "rejections", ["state", "deployment", "run", "code"])

    op.create_table(
        "audiences",
        sa.Column("id", _COUNTED_ID, autoincrement=True, nullable=False),
        sa.Column("deployment", sa.Text, nullable=False),
        sa.Column("audience_id", sa.BigInteger),
        sa.Column("name", sa.Text),
        sa.Column("external_id", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audiences"),
        sa.UniqueConstraint("deployment", "audience_id", name="uq_audiences_deployment_audience_id"),
        sa.UniqueConstraint("deployment", "external_id", name="uq_audiences_deployment_external_id"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("audiences")
    op.drop_table("rejections")
    op.drop_table("runs")
