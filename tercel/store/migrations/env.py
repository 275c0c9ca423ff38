"""What Alembic runs: the steps, on the connection that ``tercel.store.migrating`` hands in, in its transaction."""

from __future__ import annotations

from alembic import context

from tercel.store.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite can hardly alter a table: it is copied
)
with context.begin_transaction():
    context.run_migrations()
