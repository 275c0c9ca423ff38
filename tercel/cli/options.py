"""Options that several commands share, declared once."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
OneDeployment = Annotated[
    str | None,
    typer.Option("--deployment", "-d", metavar="NAME", help="Which deployment; not needed if there is only one."),
]
AnyDeployment = Annotated[
    str | None, typer.Option("--deployment", "-d", metavar="NAME", help="Only this deployment; all where left away.")
]
NamedDeployment = Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="Name of the deployment.")]

# Panels of `tercel --help`, in the order of a first day.
RUN = "Run"
SEND = "Send"
WATCH = "Watch"
MEND = "Mend"
SET_UP = "Set up"
