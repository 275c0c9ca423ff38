"""Two runs of a mirror's state, as a process of its own: ``python -m bench.mirroring URL FOLDER MEMBERS``.

The first run stages and confirms every member. In the second 1% has changed: one member of 200 has left, and as many
have come. Keys are staged in no order. The last line it prints is a JSON object: milliseconds of each step, the CPU
time of this process in the second run, how many rows were due in it, and this process's largest memory in KiB. No
record is sent.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import orjson

from tercel.store.syncing import Mode, StagedRow, SyncState

CHANGED: Final = 200  # one of so many members leaves, and one comes: 1% of them is due
STRIDE: Final = 7_368_787  # a prime above every size, so that counting in its steps meets every member, out of order
BATCH: Final = 5_000  # rows staged at once
RECEIPTS: Final = 10_000  # outcomes confirmed at once
CONTENT: Final = bytes(range(16))  # a member is its key; the fingerprint is the same for all
MS: Final = 1_000


def members(first: int, count: int) -> Iterator[list[StagedRow]]:
    """Yield the members numbered from ``first`` on, in batches."""
    for start in range(0, count, BATCH):
        numbers = (first + (at * STRIDE) % count for at in range(start, min(start + BATCH, count)))
        yield [(f"customer-{number:012d}", CONTENT, None) for number in numbers]


def mirror(state: SyncState, name: str, rows: Iterator[list[StagedRow]]) -> dict[str, int]:
    """Make one run; return the milliseconds of its steps."""
    found: dict[str, int] = {}
    state.begin(name)
    found["stage_ms"] = _timed(lambda: _stage(state, rows))
    found["compare_ms"] = _timed(lambda: state.compare(Mode.MIRROR, full=False))
    found["due"] = state.pending()
    found["due_ms"] = _timed(lambda: _read(state))
    found["confirm_ms"] = _timed(lambda: _confirm(state, found["due"]))
    found["finish_ms"] = _timed(state.finish)
    return found


def _stage(state: SyncState, rows: Iterator[list[StagedRow]]) -> None:
    for batch in rows:
        state.stage(batch)


def _read(state: SyncState) -> None:
    after = 0
    while page := state.due(after, BATCH):
        after = page[-1].seq


def _confirm(state: SyncState, due: int) -> None:
    for first in range(1, due + 1, RECEIPTS):
        state.confirm(range(first, min(first + RECEIPTS, due + 1)), [])


def _timed(work: Callable[[], object]) -> int:
    started = time.perf_counter()
    work()
    return round((time.perf_counter() - started) * MS)


def main() -> None:
    """Measure what the arguments say."""
    url, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    with SyncState.open(url, f"bench{count}", folder=folder) as state:
        first = mirror(state, "first", members(0, count))
        cpu = time.process_time()
        second = mirror(state, "second", members(count // CHANGED, count))
        second["cpu_ms"] = round((time.process_time() - cpu) * MS)
        second["members"] = state.members()
    second["peak_kib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(orjson.dumps({**{f"first_{step}": value for step, value in first.items()}, **second}).decode())


if __name__ == "__main__":
    main()
