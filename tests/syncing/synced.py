"""A declared sync over a CSV file, delivered by a rig: while a run waits, the rig works, so nothing needs a thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Event
from typing import Any

from producers.warehouse.syncing.definition import SyncDefinition, load_sync
from producers.warehouse.syncing.making import make_runner
from producers.warehouse.syncing.report import SyncReport
from producers.warehouse.syncing.running import SyncRunner
from sandbox.talon_one import ApiKey, AttributeType, Audience, Config, RateLimit, Schema, StandIn
from tercel.settings import Settings
from tercel.store import RunRecord
from tests.workers.rig import DEPLOYMENT, Rig

AUDIENCE = 7
GIVEN = Config(
    keys=(ApiKey(key="good-key"),),
    attributes=Schema(profile={"Name": AttributeType.STRING, "Points": AttributeType.NUMBER}),
    audiences=(Audience(id=AUDIENCE, name="Seven"),),
    rate=RateLimit(per_second=0),
)


class Synced:
    """A sync, its source and what it goes to."""

    def __init__(self, rig: Rig, standin: StandIn, folder: Path, name: str, definition: Mapping[str, object]) -> None:
        self.rig, self.standin, self.folder, self.name = rig, standin, folder, name
        self.file = folder / f"{name}.csv"
        self.declare(**definition)

    def declare(self, **definition: object) -> None:
        """Declare the sync anew."""
        self.declared = {"deployment": DEPLOYMENT, "files": [str(self.file)], "id": "id", **definition}
        settings = Settings.load(
            Path(os.devnull),
            environ={},
            home=str(self.folder),
            database_url=f"sqlite:///{self.folder / 'store.db'}",
            deployments={DEPLOYMENT: {"url": self.standin.url, "key": "good-key"}},
            syncs={self.name: self.declared},
        )
        self.settings = settings
        self.definition: SyncDefinition = load_sync(settings, self.name)

    def redeclare(self, **changes: object) -> None:
        """Change parts of the declaration."""
        self.declare(**{**self.declared, **changes})

    def source(self, ids: Iterable[str], header: str = "id") -> None:
        """Write the source: a line for each."""
        self.file.write_text("".join(f"{line}\n" for line in (header, *ids)))

    def runner(self, **options: Any) -> SyncRunner:
        """Return a runner; it has the rig deliver while it waits."""
        return make_runner(
            self.definition,
            database_url=self.settings.plain_database_url(),
            home=self.folder,
            lanes=self.rig.runtime.lanes,
            store=self.rig.runtime.store,
            **{"wait": lambda seconds: self.rig.one_turn(), **options},
        )

    def run(self, *, options: Mapping[str, Any] | None = None, **wish: Any) -> SyncReport:
        """Run the sync once, and hold its counts to their sums."""
        report = self.runner(**(options or {})).run(**wish)
        assert report.complaints == []
        return report

    def members(self) -> set[str]:
        """Who is in the audience at the stand-in."""
        return {profile for audience, profile in self.standin.admin.memberships() if audience == AUDIENCE}

    def record(self, report: SyncReport) -> RunRecord:
        """The run as the store keeps it."""
        record = self.rig.runtime.store.get_run(report.run)
        assert record is not None
        return record


def stopping_after(rig: Rig, stop: Event, turns: int) -> Callable[[float], object]:
    """Return a way to wait that works for some turns, and then has the run stop."""
    left = [turns]

    def wait(_seconds: float) -> None:
        if left[0] > 0:
            left[0] -= 1
            rig.one_turn()
        else:
            stop.set()

    return wait
