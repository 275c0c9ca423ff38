"""What ``worker``, ``up`` and ``flower`` have in common: Redis and store ready, metrics served, programs supervised."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tercel.cli import console, sandbox_file
from tercel.cli.opening import open_store, prepare_home
from tercel.cli.programs import flower_state_file, worker_programs
from tercel.cli.redis_keeper import RedisKeeper
from tercel.cli.state import child_environment
from tercel.cli.supervising import Program, Supervisor, stopping_on_signals
from tercel.connections import wait_until_ready
from tercel.errors import UsageError
from tercel.settings import Settings

READY_TIMEOUT_S = 30.0  # seconds that a Redis may take to answer at the start: it may load its data


class Crew:
    """What a long-running command keeps while it runs. Use it as a context manager, from the main thread."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._keeper = RedisKeeper(settings, say=self.say)
        self._stack = ExitStack()
        self._stopped = False
        self._supervisor: Supervisor | None = None
        self._environment: dict[str, str] = {}

    def use(self, settings: Settings) -> None:
        """Go on with settings that have learned of a sandbox."""
        self.settings = settings

    def __enter__(self) -> Self:
        """Listen to signals, and wait until Redis answers. Raises RedisUnavailable, StoreUnavailable, UsageError."""
        try:
            self._stack.enter_context(stopping_on_signals(self._stop))
            prepare_home(self.settings)
            self._stack.callback(self._keeper.stop)
            self._keeper.start()
            wait_until_ready(self.settings.plain_redis_url(), home=self.settings.home, timeout_s=READY_TIMEOUT_S)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def say(self, text: str) -> None:
        """Tell the person who watches."""
        console.note(f"tercel: {text}")

    def tick(self) -> None:
        """Look after Redis; called at every look of the supervisor."""
        self._keeper.tick()

    def environment(self) -> dict[str, str]:
        """Return the environment of the programs, with the settings that our own options changed."""
        worker = self.settings.worker
        changed = {"TERCEL_WORKER__PROCESSES": str(worker.processes), "TERCEL_WORKER__THREADS": str(worker.threads)}
        found = sandbox_file.read_note(self.settings.home)
        known = self.settings.deployments.get(sandbox_file.DEPLOYMENT)
        if found is not None and known is not None and known.url == found.url:
            changed |= found.as_variables()
        return child_environment(**changed, **self._environment)

    def workers(self, *, logs: Path | None = None) -> list[Program]:
        """Return the worker processes; the store they need is brought up to date, and their metrics are served."""
        with open_store(self.settings):
            pass
        from workers.watching.folder import MetricsFolder
        from workers.watching.serving import metrics_served

        folder = self._stack.enter_context(MetricsFolder.make(self.settings.home))
        self._stack.enter_context(metrics_served(self.settings, folder=folder.path))
        self._environment |= folder.environment()
        return worker_programs(self.settings, environment=self.environment(), owner=os.getpid(), logs=logs)

    def run(self, make: Callable[[], Supervisor]) -> int:
        """Make the supervisor and run it, unless we were told to stop meanwhile. Return the exit status."""
        self._supervisor = make()
        if self._stopped:
            self._supervisor.stop()
        return self._supervisor.run()

    @property
    def stopped(self) -> bool:
        """Whether we were told to stop."""
        return self._stopped

    def _stop(self) -> None:
        self._stopped = True
        if self._supervisor is not None:
            self._supervisor.stop()


def require_deployments(settings: Settings) -> None:
    """Raise UsageError where there is nothing to deliver to."""
    if not settings.deployments:
        raise UsageError(
            "There is no deployment to deliver to. Add [deployments.prod] with url and key to tercel.toml, "
            "or try `tercel up --sandbox`."
        )


def prepare_flower(settings: Settings) -> None:
    """Make the folder of Flower's state, open to its owner only. Raises UsageError."""
    folder = flower_state_file(settings).parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"The folder {folder} of Flower's state cannot be made: {error.strerror}.") from error
