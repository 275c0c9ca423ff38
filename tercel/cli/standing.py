"""How ``tercel up`` puts its programs together and says what it did."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tercel.cli import console, sandbox_file
from tercel.cli.flower_pages import lanes_shown
from tercel.cli.opening import load_settings, place_of
from tercel.cli.ports import free_port
from tercel.cli.programs import flower_program, flower_url, sandbox_program, schedule_programs
from tercel.cli.sandbox_file import SandboxNote
from tercel.cli.serving import Crew, prepare_flower
from tercel.cli.supervising import Program, Supervisor
from tercel.cli.worker import MARGIN_S
from tercel.errors import UsageError

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Plan:
    """What ``tercel up`` was asked for. ``overrides`` are settings that its options changed."""

    sandbox: bool
    sandbox_config: Path | None
    flower: bool
    overrides: Mapping[str, Any]


def stand(crew: Crew, plan: Plan) -> int:
    """Start everything, say where it is, and run until told to stop. Return the exit status."""
    with ExitStack() as stack:
        logs = crew.settings.home / "logs"
        last = _sandbox(crew, plan, stack, logs) if plan.sandbox else []
        programs = crew.workers(logs=logs)
        lines = [
            f"Redis:       {place_of(crew.settings)}",
            f"Deployments: {', '.join(f'{name} ({one.url})' for name, one in crew.settings.deployments.items())}",
            f"Workers:     {crew.settings.worker.processes} processes, {crew.settings.worker.threads} threads each",
        ]
        kept = schedule_programs(crew.settings, environment=crew.environment(), owner=os.getpid(), logs=logs)
        if kept:
            programs += kept
            scheduled = sorted(name for name, sync in crew.settings.syncs.items() if sync.schedule)
            lines.append(f"Schedules:   {', '.join(scheduled)}")
        if plan.flower:
            port = free_port(
                crew.settings.flower.address, crew.settings.flower.port, what="Flower", option="--flower-port"
            )
            prepare_flower(crew.settings)
            read_only = crew.settings.flower.read_only
            programs.append(
                flower_program(
                    crew.settings,
                    environment=crew.environment(),
                    port=port,
                    read_only=read_only,
                    alone=False,
                    log=logs / "flower.log",
                )
            )
            url = flower_url(crew.settings, port)
            stack.enter_context(lanes_shown(crew.settings, url))
            lines.append(f"Flower:      {url}")
        lines += [f"Logs:        {logs}", "", *_next_steps(crew), ""]
        console.out("\n".join(lines))
        return crew.run(
            lambda: Supervisor(
                [*last, *programs], grace_s=crew.settings.worker.grace_s + MARGIN_S, say=crew.say, tick=crew.tick
            )
        )


def _sandbox(crew: Crew, plan: Plan, stack: ExitStack, logs: Path) -> list[Program]:
    """Prepare the stand-in, and leave word of it for other commands."""
    from tercel.cli.sandbox import load_config, write_config

    home = crew.settings.home
    running = sandbox_file.read_note(home)
    if running is not None:
        raise UsageError(
            f"A sandbox runs already (process {running.pid}); end that one, or choose another TERCEL_HOME."
        )
    if sandbox_file.DEPLOYMENT in crew.settings.deployments:
        raise UsageError(
            f"The settings have a deployment {sandbox_file.DEPLOYMENT!r} already: rename it, or leave --sandbox away."
        )
    config = load_config(plan.sandbox_config)
    port = free_port(LOOPBACK, 0, what="The Talon.One stand-in", option="another port")
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tercel-sandbox-"))
    found = SandboxNote(f"http://{LOOPBACK}:{port}", config.keys[0].key, os.getpid())
    stack.callback(sandbox_file.remove_note, home)
    sandbox_file.write_note(home, found)
    crew.use(load_settings(**plan.overrides))
    return [
        sandbox_program(
            config=write_config(config, Path(folder)),
            port=port,
            environment=crew.environment(),
            log=logs / "sandbox.log",
        )
    ]


def _next_steps(crew: Crew) -> list[str]:
    name = next(iter(sorted(crew.settings.deployments)))
    if sandbox_file.DEPLOYMENT in crew.settings.deployments:
        name = sandbox_file.DEPLOYMENT
    send = f"tercel backfill -d {name} --id ID_COLUMN FILE"
    return [
        "In another terminal:",
        f"  {send}    send a file",
        f"  {'tercel status --watch':<{len(send)}}    see it being delivered",
        "Ctrl-C ends it; what is queued then is delivered after the next `tercel up`.",
    ]
