"""``tercel worker``: the worker processes of this machine, kept alive and ended in good order."""

from __future__ import annotations

from typing import Annotated

import typer

from tercel.cli.options import RUN

MARGIN_S = 4.0  # seconds beyond `worker.grace_s` that a worker gets to end; systemd and containers give 10 in all


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=RUN)(worker)


def worker(
    *,
    processes: Annotated[
        int | None,
        typer.Option("--processes", "-p", metavar="N", min=1, help="Worker processes; by default as the settings say."),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option("--threads", "-t", metavar="N", min=1, help="Threads of each; by default as the settings say."),
    ] = None,
) -> int:
    """Deliver what lies on the lanes, until Ctrl-C.

    Starts several processes and restarts one that dies. Ctrl-C or SIGTERM ends them warmly: requests in progress are
    finished, everything else stays on its lane. Without a redis_url it starts the embedded Redis too.
    """
    from contextlib import ExitStack

    from tercel.cli.opening import load_settings
    from tercel.cli.serving import Crew, require_deployments
    from tercel.cli.supervising import Supervisor

    settings = load_settings(**worker_overrides(processes, threads))
    require_deployments(settings)
    with ExitStack() as stack:
        crew = stack.enter_context(Crew(settings))
        return crew.run(
            lambda: Supervisor(
                crew.workers(),
                grace_s=settings.worker.grace_s + MARGIN_S,
                say=crew.say,
                tick=crew.tick,
            )
        )


def worker_overrides(processes: int | None, threads: int | None) -> dict[str, dict[str, int]]:
    """Return the settings that options of the command line change."""
    given = {"processes": processes, "threads": threads}
    found = {name: value for name, value in given.items() if value is not None}
    return {"worker": found} if found else {}
