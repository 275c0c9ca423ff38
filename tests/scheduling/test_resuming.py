"""Which scheduled runs are resumed when a worker of syncs starts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from producers.warehouse.scheduling.resuming import unfinished
from producers.warehouse.syncing.definition import RUN_KIND
from tercel.store import RunRecord, RunStatus, Store

RUNNING, INTERRUPTED, SKIPPED = RunStatus.RUNNING, RunStatus.INTERRUPTED, RunStatus.SKIPPED
COMPLETED, FAILED = RunStatus.COMPLETED, RunStatus.FAILED


@pytest.mark.parametrize(
    ("runs", "paused", "resumed"),
    [
        ([("schedule", RUNNING)], [], True),
        ([("schedule", INTERRUPTED)], [], True),
        ([("schedule", INTERRUPTED), ("schedule", SKIPPED)], [], True),
        ([("schedule", INTERRUPTED)], ["vips"], False),
        ([("manual", INTERRUPTED)], [], False),
        ([("schedule", INTERRUPTED), ("manual", COMPLETED)], [], False),
        ([("schedule", FAILED)], [], False),
        ([], [], False),
    ],
    ids=["killed", "interrupted", "skipped since", "paused", "by hand", "run since", "failed", "never run"],
)
def test_what_came_by_schedule_and_did_not_reach_its_end_is_resumed(
    tmp_path: Path, runs: Sequence[tuple[str, RunStatus]], paused: Sequence[str], resumed: bool
) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        for number, (trigger, status) in enumerate(runs):
            store.save_run(
                RunRecord(
                    id=f"{number:08x}",
                    name="vips",
                    deployment="prod",
                    kind=RUN_KIND,
                    source="a file",
                    status=status,
                    trigger=trigger,
                    started_at=datetime(2026, 3, 1, 12, number, tzinfo=UTC),
                )
            )

        assert unfinished(["vips", "others"], store, paused) == (["vips"] if resumed else [])
