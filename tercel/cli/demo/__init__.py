"""``tercel demo``: real customers to a Talon.One stand-in, on this machine, in well under a minute.

options     __init__    the command
files       example     the CDNOW customers, found and cut to size; the broken record
            expected    what the stand-in must hold afterwards, computed from the files without the producer
processes   house       Redis, the stand-in, workers and Flower, in a home of their own
course      story       load, wait, look, check
            snapshot    how far it is, as values
            display     the same on a terminal, or as lines
end         report      what is said at the end, and whether all is well
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tercel.cli.options import RUN

EVENTS = 400  # purchases sent by default: the API takes one a request, so these take 7 seconds


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=RUN)(demo)


def demo(
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
    from tercel.cli import console
    from tercel.cli.demo.running import Wish, run

    return run(Wish(customers, events, home, stay=console.on_terminal() if stay is None else stay))
