"""``tercel up``: everything on one machine, with one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tercel.cli.options import RUN


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=RUN)(up)


def up(
    *,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Start a Talon.One stand-in too, as the deployment `sandbox`.")
    ] = False,
    sandbox_config: Annotated[
        Path | None,
        typer.Option(
            "--sandbox-config", metavar="FILE", help="What the stand-in knows (JSON); examples/cdnow's by default."
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option("--processes", "-p", metavar="N", min=1, help="Worker processes; by default as the settings say."),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option("--threads", "-t", metavar="N", min=1, help="Threads of each; by default as the settings say."),
    ] = None,
    flower: Annotated[bool, typer.Option(help="Serve Flower's pages.")] = True,
    flower_port: Annotated[
        int | None,
        typer.Option("--flower-port", metavar="PORT", min=0, max=65_535, help="Flower's port; 0 takes a free one."),
    ] = None,
) -> int:
    """Start everything here: Redis (where none is configured), workers and Flower. Ctrl-C ends it.

    Nothing that was accepted is lost when it ends: the next `tercel up` goes on with it.
    """
    from tercel.cli.opening import load_settings
    from tercel.cli.serving import Crew, require_deployments
    from tercel.cli.standing import Plan, stand
    from tercel.cli.worker import worker_overrides
    from tercel.errors import UsageError

    if sandbox_config is not None and not sandbox:
        raise UsageError("--sandbox-config says what the stand-in knows: give it together with --sandbox.")
    overrides: dict[str, dict[str, int]] = worker_overrides(processes, threads)
    if flower_port is not None:
        overrides["flower"] = {"port": flower_port}
    settings = load_settings(**overrides)
    if not sandbox:
        require_deployments(settings)
    with Crew(settings) as crew:
        return stand(crew, Plan(sandbox=sandbox, sandbox_config=sandbox_config, flower=flower, overrides=overrides))
