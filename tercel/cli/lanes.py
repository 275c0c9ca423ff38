"""``tercel lanes``: mending lanes that somebody has changed by hand."""

from __future__ import annotations

import typer

from tercel.cli.options import MEND, NamedDeployment, Yes

_lanes = typer.Typer(no_args_is_help=True, help="Mend lanes that were changed by hand.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(_lanes, name="lanes", rich_help_panel=MEND)


@_lanes.callback()
def _group() -> None:
    """Mend lanes that were changed by hand."""


@_lanes.command()
def repair(deployment: NamedDeployment, yes: Yes = False) -> None:
    """Rebuild whose turn it is, from what really lies in the lanes: after a lane was purged by hand.

    Looks at every record, and holds Redis up while it does. Harmless when nothing is wrong.
    """
    from tercel.cli import console
    from tercel.cli.opening import load_settings, open_redis

    settings = load_settings()
    settings.deployment(deployment)
    with open_redis(settings) as redis:
        with redis.guard():
            depth = sum(lane.depth for lane in redis.lanes.survey(deployment).lanes)
        if not console.confirm(
            f"Look at all {depth:,} records of {deployment}? Redis does nothing else meanwhile.", yes=yes
        ):
            raise typer.Abort
        with redis.guard():
            before, after, found = redis.lanes.repair(deployment)
    console.out(
        f"{deployment}: {before:,} keys were marked busy, {after:,} are now; {found:,} records wait for their turn."
    )
