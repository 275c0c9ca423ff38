"""The command line. Each command is a module of its own with ``register(app)``; this one puts them together.

Modules are imported for every command, so they import what is heavy inside their functions: ``tercel --help`` is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tercel.cli import (
    audiences,
    backfill,
    beat,
    check,
    database,
    demo,
    explain,
    flower,
    lanes,
    pausing,
    receiver,
    rejected,
    segment,
    settings,
    state,
    status,
    sync,
    up,
    worker,
)
from tercel.cli.failing import exit_status_of
from tercel.cli.flags import with_plain_flags
from tercel.interrupts import hear_interrupts

# In the order of `tercel --help`. A new command is one more module here.
COMMANDS = (
    demo,
    up,
    worker,
    receiver,
    beat,
    backfill,
    sync,
    status,
    flower,
    rejected,
    explain,
    pausing,
    audiences,
    lanes,
    check,
    segment,
    settings,
    database,
)

app = typer.Typer(
    name="tercel",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tercel {version('tercel')}")
        raise typer.Exit


@app.callback()
def _tercel(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="Settings file; ./tercel.toml by default.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an unexpected error comes from.")] = False,
    _show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Deliver customer profiles, audience memberships and events to Talon.One: as fast as its limit allows.

    Try it here: `tercel up --sandbox`. Every error has a code: `tercel explain CODE` says what to do.
    """
    said = state.current()
    said.config, said.debug = config, debug


for _module in COMMANDS:
    _module.register(app)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (by default this process's) and return its exit status."""
    command = with_plain_flags(typer.main.get_command(app))
    with state.one_run() as said:
        return exit_status_of(
            lambda: command.main(args=arguments, prog_name="tercel", standalone_mode=False), debug=lambda: said.debug
        )


def main() -> NoReturn:
    """Run this process's command line and end."""
    hear_interrupts()
    sys.exit(run())
