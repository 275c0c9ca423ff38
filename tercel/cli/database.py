"""``tercel db``: the tables of the store."""

from __future__ import annotations

import typer

from tercel.cli.options import SET_UP

_db = typer.Typer(no_args_is_help=True, help="Look after the store's tables.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(_db, name="db", rich_help_panel=SET_UP)


@_db.callback()
def _group() -> None:
    """Look after the store's tables."""


@_db.command()
def upgrade() -> None:
    """Bring the store's tables to what this version needs. Harmless when they are; SQLite needs it never."""
    from tercel.cli import console
    from tercel.cli.opening import load_settings, prepare_home
    from tercel.store import Store

    settings = load_settings()
    if settings.database_url is None:
        prepare_home(settings)
    done = Store.upgrade(settings.plain_database_url())
    if done.changed:
        console.out(f"The store was brought from {done.before or 'nothing'} to revision {done.after}.")
    else:
        console.out(f"The store is up to date (revision {done.after}).")
