"""``tercel explain``: what a code means, and what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from tercel.cli.options import MEND, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=MEND)(explain)


def explain(
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="E.g. T450; all codes where left away.")] = None,
    json_wanted: Json = False,
) -> None:
    """Say what an error or rejection code means, and what to do about it."""
    from tercel.cli import console
    from tercel.cli.catalogue import catalogue, explanation

    if code is None:
        known = catalogue()
        if json_wanted:
            console.out_json([{"code": name, **one._asdict()} for name, one in known.items()])
        else:
            console.table(["Code", "Meaning"], ((name, one.title) for name, one in known.items()))
        return
    found = explanation(code)
    name = code.strip().upper()
    if json_wanted:
        console.out_json({"code": name, **found._asdict()})
    else:
        console.out(f"{name}: {found.title}\n\nCause: {found.cause}\n\nCure:  {found.cure}")
