"""`tercel beat` and `tercel up` as real processes: runs begin by themselves, end in good order, and are resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.warehouse.syncing.definition import RUN_KIND
from sandbox.talon_one import StandIn
from tercel.store import RunStatus, Store
from tests.support.processes import Process, Processes
from tests.support.waiting import eventually

READY_S = 180.0  # seconds for several processes to come up on a busy machine
MEMBERS = "id\n1\n2\n3\n"


class Place:
    """A folder with a mirror that runs every second."""

    def __init__(self, folder: Path, standin: StandIn, processes: Processes) -> None:
        self.folder, self.standin, self._processes = folder, standin, processes
        self.environment = {
            "TERCEL_HOME": str(folder / "home"),
            "TERCEL_SCHEDULES__SHORTEST_S": "1",
            "TERCEL_WORKER__PROCESSES": "1",
            "TERCEL_WORKER__THREADS": "4",
            "TERCEL_LANES__LINGER_BULK_S": "0.05",
        }
        (folder / "tercel.toml").write_text(
            f'[deployments.prod]\nurl = "{standin.url}"\nkey = "sandbox-key"\nrate = 0\n'
            '[syncs.vips]\ndeployment = "prod"\nobject = "audiences"\nmode = "mirror"\naudience_id = 7\n'
            'files = ["rows.csv"]\nid = "id"\nschedule = "every 1 second"\n'
        )
        self.source(MEMBERS)

    def source(self, text: str) -> None:
        new = self.folder / "new.csv"
        new.write_text(text)
        new.replace(self.folder / "rows.csv")

    def start(self, *arguments: str) -> Process:
        return self._processes.tercel(*arguments, env=self.environment, cwd=self.folder)

    def runs(self) -> dict[str, tuple[str, str]]:
        """Trigger and status of each run, newest first, but of those that were skipped."""
        file = self.folder / "home" / "tercel.db"
        if not file.exists():
            return {}
        with Store.open(f"sqlite:///{file}", migrate=False) as store:
            runs = store.list_runs(1_000, kind=RUN_KIND, name="vips")
        return {run.id: (run.trigger, run.status.value) for run in runs if run.status is not RunStatus.SKIPPED}

    def members(self) -> set[str]:
        return {profile for _, profile in self.standin.admin.memberships()}


@pytest.fixture
def place(tmp_path: Path, standin: StandIn, processes: Processes) -> Place:
    return Place(tmp_path, standin, processes)


def test_up_runs_a_sync_again_and_again_and_ends_in_good_order(place: Place) -> None:
    up = place.start("up", "--no-flower")
    eventually(lambda: place.members() == {"1", "2", "3"}, READY_S, up.describe)

    place.source("id\n1\n2\n3\n4\n")
    eventually(lambda: place.members() == {"1", "2", "3", "4"}, READY_S, up.describe)
    up.terminate()

    assert up.wait() == 0, up.describe()
    assert "Schedules:   vips" in up.output
    assert {trigger for trigger, _ in place.runs().values()} == {"schedule"}


def test_what_a_killed_beat_left_unfinished_is_resumed_by_the_next(place: Place) -> None:
    """Without workers that deliver, the run stays under way."""
    beat = place.start("beat")
    first = eventually(lambda: run_with(place, "running"), READY_S, beat.describe)
    beat.kill9(group=True)

    up = place.start("up", "--no-flower")

    eventually(lambda: place.runs()[first] == ("schedule", "completed"), READY_S, up.describe)
    eventually(lambda: place.members() == {"1", "2", "3"}, READY_S, up.describe)


def test_beat_interrupts_its_runs_in_good_order(place: Place) -> None:
    beat = place.start("beat")
    eventually(lambda: run_with(place, "running"), READY_S, beat.describe)

    beat.terminate()

    assert beat.wait() == 0, beat.describe()
    assert list(place.runs().values()) == [("schedule", "interrupted")]


def test_without_a_schedule_beat_says_how_to_write_one(place: Place) -> None:
    file = place.folder / "tercel.toml"
    file.write_text(file.read_text().replace('schedule = "every 1 second"\n', ""))

    beat = place.start("beat")

    assert beat.wait(READY_S) == 2
    assert 'Add schedule = "every 15 minutes"' in beat.output


def run_with(place: Place, status: str) -> str | None:
    """The newest run with a status."""
    return next((run for run, (_, is_now) in place.runs().items() if is_now == status), None)
