"""``tercel pause`` and ``tercel resume``: halting a deployment by hand, and ending any halt."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from tercel.cli.options import MEND, NamedDeployment

PAUSED: Final = "T316"


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command(rich_help_panel=MEND)(pause)
    app.command(rich_help_panel=MEND)(resume)


def pause(
    deployment: NamedDeployment,
    reason: Annotated[str, typer.Option("--reason", "-r", help="What `tercel status` is to show.")] = "paused by hand",
) -> None:
    """Stop delivering to a deployment. Nothing is lost: everything waits until `tercel resume`."""
    from tercel.cli import console
    from tercel.cli.opening import load_settings, open_redis

    settings = load_settings()
    settings.deployment(deployment)
    with open_redis(settings) as redis, redis.guard():
        redis.lanes.halt(deployment, code=PAUSED, reason=console.clean(reason), by_hand=True)
    console.out(
        f"{deployment} is paused. Requests already on their way are finished. `tercel resume {deployment}` goes on."
    )


def resume(deployment: NamedDeployment) -> None:
    """Go on delivering to a deployment that was paused, or that Tercel has halted."""
    from tercel.cli import console
    from tercel.cli.opening import load_settings, open_redis

    settings = load_settings()
    settings.deployment(deployment)
    with open_redis(settings) as redis, redis.guard():
        before = redis.lanes.halted(deployment)
        resumed = redis.lanes.resume(deployment)
    if before is None or not resumed:
        console.out(f"{deployment} was not halted.")
    else:
        console.out(f"{deployment} goes on. It was halted: {before.code}: {console.clean(before.reason)}")
