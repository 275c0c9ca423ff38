"""Mirror one source after another into a log, and be killed half-way: ``state_process URL FOLDER LOG STEPS``.

A step is any call of a Python or C function in between; after STEPS of them the process kills itself. With 0 it lives,
and prints how many there were.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

from tercel.store.syncing import Due, Mode, SyncState
from tests.syncing_state.staging import rows

NAME = "killed"
SOURCES = ("abcdefgh", "bcdfhijk", "", "acegikmo")
PAGE = 3  # rows


def mirror(state: SyncState, source: str, apply: Callable[[Due], None], *, refuse: bool = False) -> None:
    """Make one run, from its beginning to its end."""
    state.begin("run")
    state.stage(rows(source[: len(source) // 2]))
    state.stage(rows(source[len(source) // 2 :]))
    state.compare(Mode.MIRROR, full=False)
    send(state, apply, refuse=refuse)


def send(state: SyncState, apply: Callable[[Due], None], *, refuse: bool = False) -> None:
    """Send what is due, page by page, and end the run. ``refuse``: the first row of each page."""
    while page := state.due(0, PAGE):
        refused, taken = (page[:1], page[1:]) if refuse else ([], page)
        for due in taken:
            apply(due)
        state.confirm([due.seq for due in taken], [due.seq for due in refused])
    state.finish()


def main() -> None:
    url, folder, log, steps = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    steps_taken = count(1)

    def apply(due: Due) -> None:
        os.write(handle, f"{due.op} {due.key}\n".encode())

    def step(_frame: object, event: str, _argument: object) -> None:
        if event in ("call", "c_call") and next(steps_taken) == steps:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(step)
    with SyncState.open(url, NAME, folder=folder) as state:
        for source in SOURCES:
            mirror(state, source, apply, refuse=True)
    sys.setprofile(None)
    print(next(steps_taken) - 1)


if __name__ == "__main__":
    main()
