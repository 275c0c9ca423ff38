"""``tercel beat``: the schedules of syncs, kept until Ctrl-C."""

from __future__ import annotations

import typer

from tercel.cli.options import RUN

GRACE_S = 40.0  # seconds for runs to stop in good order: a request that is under way may take 30


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=RUN)(beat)


def beat() -> int:
    """Run syncs when their schedules say so, until Ctrl-C.

    Starts Celery beat and a worker that starts the runs, each in a process of its own. Ctrl-C or SIGTERM interrupts the
    runs in good order; the next `tercel beat` goes on with them. Several may run, on several hosts: a run begins once.
    `tercel up` keeps the schedules, too. Other workers deliver (`tercel worker`).
    """
    import os

    from tercel.cli.opening import load_settings, open_store
    from tercel.cli.programs import schedule_programs
    from tercel.cli.serving import Crew, require_deployments
    from tercel.cli.supervising import Supervisor
    from tercel.errors import UsageError

    settings = load_settings()
    require_deployments(settings)
    if not any(sync.schedule for sync in settings.syncs.values()):
        raise UsageError(
            'No sync has a schedule. Add schedule = "every 15 minutes", or a cron expression, to [syncs.NAME] in '
            "tercel.toml."
        )
    with Crew(settings) as crew:
        with open_store(settings):  # brought up to date here, once
            pass
        programs = schedule_programs(settings, environment=crew.environment(), owner=os.getpid())
        return crew.run(lambda: Supervisor(programs, grace_s=GRACE_S, say=crew.say, tick=crew.tick))
