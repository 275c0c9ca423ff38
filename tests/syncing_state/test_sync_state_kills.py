"""``kill -9`` at any step of a run: afterwards a run that goes to its end makes the destination equal to its source."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tercel.store.syncing import Due, Phase, SyncState
from tests.support.processes import Processes
from tests.syncing_state.state_process import NAME, mirror, send

KILLS = 10


class Log:
    """What a destination was sent, in a file that outlives who sends."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def apply(self, due: Due) -> None:
        with self.path.open("a") as file:
            file.write(f"{due.op} {due.key}\n")

    def members(self) -> set[str]:
        members: set[str] = set()
        for line in self.path.read_text().splitlines():
            op, key = line.split()
            (members.add if op == "add" else members.discard)(key)
        return members


@pytest.mark.parametrize("seed", [1, 2])
def test_a_mirror_killed_at_any_step_comes_out_equal_to_its_source(
    seed: int, url: str, tmp_path: Path, processes: Processes
) -> None:
    draw = random.Random(seed)
    folder, log = tmp_path / "syncs", Log(tmp_path / "log")

    def mirroring(steps: int) -> str:
        script = "tests.syncing_state.state_process"
        arguments = [url, str(folder), str(log.path), str(steps)]
        process = processes.python("-m", script, *arguments)
        process.wait(120)
        return process.output

    with SyncState.open(url, NAME, folder=folder) as state:
        state.reset()
    all_steps = int(mirroring(0))
    for number in range(KILLS):
        mirroring(draw.randrange(1, all_steps))
        source = "".join(draw.sample("abcdefghijklmno", 6))
        with SyncState.open(url, NAME, folder=folder) as state:
            if number % 2 and state.phase() is Phase.SENDING:
                send(state, log.apply)  # the same run goes on
            mirror(state, source, log.apply)

            assert log.members() == set(source)
            assert state.members() == len(source)
