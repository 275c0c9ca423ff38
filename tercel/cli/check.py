"""``tercel check``: does everything that Tercel needs work? One line for each thing, with what to do."""

from __future__ import annotations

import typer

from tercel.cli.options import SET_UP, AnyDeployment, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=SET_UP)(check)


def check(deployment: AnyDeployment = None, json_wanted: Json = False) -> int:
    """Check the settings, each deployment (address, key), Redis (is it durable?), the store, and the workers.

    Exit status 1 when something fails; warnings do not count.
    """
    from tercel.cli import console
    from tercel.cli.checking import Level, check_all

    failed = False
    for line in check_all(deployment):
        failed = failed or line.level is Level.FAIL
        if json_wanted:
            console.out_json(line.as_json())
        else:
            console.out(line.text())
    return 1 if failed else 0
