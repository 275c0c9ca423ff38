"""What the long-running commands start: pure functions from settings to command lines."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tercel.cli.supervising import Program
from tercel.errors import SettingsError
from tercel.settings import FlowerSettings, Settings

CELERY_APP: Final = "workers.app"
# Flower's own names of the columns of its tasks page, in our order: what a person asks first comes first.
FLOWER_COLUMNS: Final = (
    "name",
    "args",
    "state",
    "result",
    "retries",
    "received",
    "started",
    "runtime",
    "worker",
    "uuid",
)
FLOWER_SAVES_EVERY_MS: Final = 60_000  # of its state, so that a kill loses a minute of history at most
FLOWER_FORGETS_WORKERS_S = 600  # seconds after which a worker that has gone leaves the page
SYNCS_APP: Final = "producers.warehouse.scheduling.app"
FLOWER_MOST_FAILURES: Final = 3  # in a row; it fails at once where it cannot listen, and for ever


def worker_programs(
    settings: Settings, *, environment: Mapping[str, str], owner: int, logs: Path | None = None
) -> list[Program]:
    """Return the worker processes. ``owner`` (a pid) keeps the names of two supervisors on one host apart.

    A process that is started again keeps its name. ``logs`` is the folder of their logs; without one they share ours.
    """
    return [
        Program(
            name=f"worker {number}",
            command=(
                *(sys.executable, "-m", "celery", "-A", CELERY_APP, "worker"),
                *("--hostname", f"tercel-{owner}-{number}@%h"),
                *("--loglevel", settings.log_level),
                *("--without-gossip", "--without-mingle"),
            ),
            env=environment,
            log=None if logs is None else logs / f"worker-{number}.log",
        )
        for number in range(1, settings.worker.processes + 1)
    ]


def schedule_programs(
    settings: Settings, *, environment: Mapping[str, str], owner: int, logs: Path | None = None
) -> list[Program]:
    """Return what keeps the schedules of syncs: beat, and the worker that starts the runs; nothing without any."""
    if not any(sync.schedule for sync in settings.syncs.values()):
        return []
    celery = (sys.executable, "-m", "celery", "-A", SYNCS_APP)
    level = ("--loglevel", settings.log_level)
    worker = ("worker", "--hostname", f"tercel-syncs-{owner}@%h", *level, "--without-gossip", "--without-mingle")
    return [
        Program(
            name="beat",
            command=(*celery, "beat", "--pidfile=", *level),
            env=environment,
            log=None if logs is None else logs / "beat.log",
        ),
        Program(
            name="the worker of syncs",
            command=(*celery, *worker),
            env=environment,
            log=None if logs is None else logs / "syncs.log",
        ),
    ]


def flower_program(
    settings: Settings,
    *,
    environment: Mapping[str, str],
    port: int,
    read_only: bool,
    alone: bool,
    log: Path | None = None,
) -> Program:
    """Return Flower. Raises SettingsError where its password cannot be handed over.

    ``alone``: there is nothing to go on with where it cannot run; beside workers it is only tried again.
    """
    return Program(
        name="Flower",
        command=(
            sys.executable,
            "-m",
            "celery",
            "-A",
            CELERY_APP,
            "flower",
            *_flower_options(settings, port, read_only),
        ),
        env={**environment, **_flower_secrets(settings.flower)},
        log=log,
        most_failures=FLOWER_MOST_FAILURES if alone else None,
    )


def flower_state_file(settings: Settings) -> Path:
    """Return where Flower keeps what it has seen. It holds task names and counts, no customer data."""
    return settings.home / "flower" / "state"


def flower_url(settings: Settings, port: int) -> str:
    """Return where a person on this machine finds Flower."""
    address = settings.flower.address
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(address, f"[{address}]" if ":" in address else address)  # noqa: S104
    return f"http://{host}:{port}"


def sandbox_program(*, config: Path, port: int, environment: Mapping[str, str], log: Path) -> Program:
    """Return the Talon.One stand-in. Workers end before it does: they may still have requests in it."""
    return Program(
        name="the Talon.One stand-in",
        command=(sys.executable, "-m", "sandbox.talon_one", "--config", str(config), "--port", str(port)),
        env=environment,
        log=log,
        ends_last=True,
    )


def _flower_options(settings: Settings, port: int, read_only: bool) -> list[str]:
    flower = settings.flower
    return [
        "--conf=/dev/null",  # else a flowerconfig.py in the working directory would be run
        f"--address={flower.address}",
        f"--port={port}",
        f"--read_only={str(read_only).lower()}",
        f"--max_tasks={flower.max_tasks}",
        f"--tasks_columns={','.join(FLOWER_COLUMNS)}",
        "--persistent=true",
        f"--db={flower_state_file(settings)}",
        f"--state_save_interval={FLOWER_SAVES_EVERY_MS}",
        f"--purge_offline_workers={FLOWER_FORGETS_WORKERS_S}",
    ]


def _flower_secrets(flower: FlowerSettings) -> dict[str, str]:
    """Hand the password over in the environment: everybody on the machine may read a command line."""
    if flower.basic_auth is None:
        return {}
    value = flower.basic_auth.get_secret_value()
    if "," in value:
        raise SettingsError(
            "flower.basic_auth holds a comma, which Flower takes for the end of a password: choose another."
        )
    return {"FLOWER_BASIC_AUTH": value}
