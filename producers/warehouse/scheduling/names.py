"""What beat and the worker of scheduled runs agree on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tercel.schedules import Schedule
from tercel.settings import Settings

QUEUE: Final = "tercel.syncs"  # away from the calls: a run of an hour must keep no call waiting
RUN_TASK: Final = "sync.run"
RESUME_TASK: Final = "sync.resume"


def schedules_of(settings: Settings) -> Mapping[str, Schedule]:
    """Return the schedules of the syncs that have one, by the sync's name."""
    found = {name: sync.timing for name, sync in settings.syncs.items()}
    return {name: timing for name, timing in found.items() if timing is not None}
