"""``tercel demo``: real customers to a Talon.One stand-in, on this machine, in well under a minute.

options     __init__    the command
files       example     the CDNOW customers, found and cut to size; the broken record
            expected    what the stand-in must hold afterwards, computed from the files without the producer
processes   house       Redis, the stand-in, workers and Flower, in a home of their own
course      story       load, wait, look, check
            snapshot    how far it is, as values
            display     the same on a terminal, or as lines
end         report      what is said at the end, and whether all is well
any demo    performing  processes in the main thread's care, the course in another
            homes       the folder it lives in
            standin     a stand-in's process
another     mparticle/  the tutorial of mParticle audiences
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tercel.cli.demo.mparticle import mparticle
from tercel.cli.options import RUN

EVENTS = 400  # purchases sent by default: the API takes one a request, so these take 7 seconds


_demo = typer.Typer(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})


def register(app: typer.Typer) -> None:
    """Add the command and what stands below it."""
    _demo.command(name="mparticle")(mparticle)
    app.add_typer(_demo, name="demo", rich_help_panel=RUN)


@_demo.callback()
def demo(
    context: typer.Context,
    *,
    customers: Annotated[
        int | None, typer.Option("--customers", min=100, help="How many customers; all 23,570 where left away.")
    ] = None,
    events: Annotated[
        int, typer.Option("--events", min=0, help="How many of their purchases, one request each.")
    ] = EVENTS,
    home: Annotated[
        Path | None,
        typer.Option("--home", metavar="FOLDER", help="New or empty folder for its data; a temporary one otherwise."),
    ] = None,
    stay: Annotated[
        bool | None, typer.Option("--stay/--no-stay", help="Keep running, with Flower. [default: on a terminal]")
    ] = None,
) -> int:
    """See it work: real customers go to a Talon.One stand-in that allows 60 requests a second.

    Starts Redis, the stand-in, two workers and Flower here, loads the CDNOW customers of examples/ with their audiences
    and some of their purchases, and checks that what arrived is exactly what the files say. It uses none of your
    settings, reaches nothing beyond this machine and leaves nothing behind.

    Exit status: 0 all is as it should be, 1 it is not, 130 interrupted before the end.
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return 0
    from tercel.cli import console
    from tercel.cli.demo.running import Wish, run

    return run(Wish(customers, events, home, stay=console.on_terminal() if stay is None else stay))


def _refuse_options(context: typer.Context) -> None:
    """Raise UsageError for options before the name of another demo: they are this one's, and would do nothing."""
    from tercel.errors import UsageError

    given = [f"--{name}" for name, value in context.params.items() if value is not None and value != EVENTS]
    if given:
        below = context.invoked_subcommand
        raise UsageError(f"{', '.join(given)} stands before {below}: put the options of `demo {below}` behind it.")
