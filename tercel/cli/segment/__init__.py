"""``tercel segment``: what Segment's messages become, without sending them through the receiver."""

from __future__ import annotations

from typing import Annotated

import typer

from tercel.cli.options import SET_UP, Json

SOME_WRONG = 1  # exit status: something was refused, or a destination cannot work

_segment = typer.Typer(no_args_is_help=True, help="See what becomes of Segment's messages.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(_segment, name="segment", rich_help_panel=SET_UP)


@_segment.command(name="list")
def list_(*, json_wanted: Json = False) -> int:
    """List the Segment destinations: their mappings, what is wrong with them, and what should be looked at.

    Exit status 1 where one cannot work.
    """
    from tercel.cli import console
    from tercel.cli.opening import load_settings
    from tercel.cli.segment.listing import listed

    found = listed(load_settings())
    if json_wanted:
        for one in found:
            console.out_json(one.as_json())
    elif not found:
        console.note("No Segment destination is configured: add [segment.<name>] to tercel.toml.")
    else:
        console.styled(line for one in found for line in one.lines())
    return SOME_WRONG if any(one.problems for one in found) else 0


@_segment.command(name="test")
def try_messages(
    destination: Annotated[
        str, typer.Argument(metavar="DESTINATION", help="Name of the destination to try, as under [segment.NAME].")
    ],
    message: Annotated[
        str | None, typer.Argument(metavar="MESSAGE.json", help='A file with one or more messages; "-": stdin.')
    ] = None,
    *,
    samples: Annotated[
        list[str] | None,
        typer.Option("--sample", "-s", metavar="TYPE", help="A message made up: identify, track, audience-entered..."),
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Really send it to the deployment, and show the answer.")
    ] = False,
    json_wanted: Json = False,
) -> int:
    """Show what a message becomes: triggers, fields, the request Segment would send, the records it becomes.

    With --send the records go to the deployment at once, past the lanes but within its limit. Without a message, two
    made-up ones are tried. Exit status 1 where something was refused. With --json: one object a message, a line each.
    """
    from tercel.cli import console
    from tercel.cli.segment.showing import as_json, lines
    from tercel.cli.segment.testing import tested

    well = True
    for found in tested(destination, message, samples or (), send=send):
        well = well and found.ok
        if json_wanted:
            console.out_json(as_json(found))
        else:
            console.styled(lines(found))
    return 0 if well else SOME_WRONG
