"""``tercel settings``: what is in force, secrets left out."""

from __future__ import annotations

import typer

from tercel.cli.options import SET_UP, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="settings", rich_help_panel=SET_UP)(show)


def show(json_wanted: Json = False) -> None:
    """Show the settings in force: defaults, tercel.toml and TERCEL_* variables put together. Secrets are not shown."""
    from tercel.cli import console
    from tercel.cli.masking import in_force, shown
    from tercel.cli.opening import load_settings

    values = dict(in_force(load_settings()))
    if json_wanted:
        console.out_json(values)
        return
    width = max(len(name) for name in values)
    for name, value in values.items():
        console.out(f"{name:<{width}}  {shown(value)}")
