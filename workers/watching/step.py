"""Serves this process's metrics where no supervisor does, for as long as the worker runs."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from celery import bootsteps

from workers import runtime as runtimes
from workers.watching.serving import metrics_served, serves_itself


class MetricsStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """The bootstep of a plain ``celery -A workers.app worker``. Does nothing under ``tercel worker``."""

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self._serving = ExitStack()

    def start(self, parent: Any) -> None:
        if serves_itself():
            self._serving.enter_context(metrics_served(runtimes.settings()))

    def stop(self, parent: Any) -> None:
        self._serving.close()

    terminate = stop
