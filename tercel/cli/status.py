"""``tercel status``: what is queued, in flight, delivered and rejected, and whether the numbers add up."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from tercel.cli.options import WATCH, AnyDeployment, Json

if TYPE_CHECKING:
    from rich.text import Text

    from tercel.cli.gathering import Status

EVERY_S = 1.0  # seconds between two looks of --watch


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=WATCH)(status)


def status(
    *,
    deployment: AnyDeployment = None,
    runs: Annotated[int, typer.Option("--runs", "-n", min=0, max=1000, help="How many runs, newest first.")] = 5,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every second, until Ctrl-C.")] = False,
    json_wanted: Json = False,
) -> int:
    """Show lanes, calls, halts, limits and runs, and the balance of each: every record is accounted for.

    Exit status 1 where a balance does not close. With --watch --json: one object a line.
    """
    from tercel.cli.gathering import gather
    from tercel.cli.opening import check_deployment, load_settings, open_redis, open_store

    settings = load_settings()
    check_deployment(settings, deployment)
    with open_redis(settings) as redis, open_store(settings) as store:

        def look() -> Status:
            return gather(settings, redis, store, deployment=deployment, runs=runs)

        if not watch:
            found = look()
            _show(found, json_wanted)
            return 0 if found.closes else 1
        with suppress(KeyboardInterrupt):
            _watch(look, json_wanted)
        return 0


def _watch(look: Callable[[], Status], json_wanted: bool) -> None:
    """Show a look every second: in place on a terminal, one after the other elsewhere."""
    from tercel.cli import console

    if json_wanted or not console.on_terminal():
        while True:
            _show(look(), json_wanted)
            time.sleep(EVERY_S)
    from rich.live import Live

    with Live(_text(look()), auto_refresh=False, screen=True) as live:
        while True:
            time.sleep(EVERY_S)
            live.update(_text(look()), refresh=True)


def _show(found: Status, json_wanted: bool) -> None:
    from tercel.cli import console
    from tercel.cli.reporting import as_json, lines

    if json_wanted:
        console.out_json(as_json(found))
    else:
        console.styled(lines(found))


def _text(found: Status) -> Text:
    from rich.text import Text

    from tercel.cli.reporting import lines

    return Text("\n").join(Text(line.text, style=line.style) for line in lines(found))
