"""Runs: saved again and again as they go on, found by name or by what was asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tercel.store import RunRecord, RunStatus, Store

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def run(number: int = 1, **changes: Any) -> RunRecord:
    made = RunRecord(
        id=f"{number:08x}",
        name="customers",
        deployment="prod",
        kind="profile",
        source="customers.csv",
        status=RunStatus.RUNNING,
        trigger="manual",
        started_at=NOON + timedelta(minutes=number),
        checkpoint='{"file": 0, "offset": 17}',
        counts={"received": 17, "rejected": 1},
        fingerprint="f1",
    )
    return replace(made, **changes)


def test_a_run_comes_back_as_it_was_saved(store: Store) -> None:
    store.save_run(run())

    assert store.get_run("00000001") == run()


def test_an_unknown_run_is_none(store: Store) -> None:
    assert store.get_run("ffffffff") is None
    assert store.find_run("customers") is None


def test_saving_again_replaces_all_but_the_id(store: Store) -> None:
    store.save_run(run())
    done = run(
        status=RunStatus.COMPLETED_WITH_ERRORS, finished_at=NOON, checkpoint="", counts={}, error="one row was bad"
    )

    store.save_run(done)

    assert store.list_runs() == [done]


def test_runs_are_listed_newest_first(store: Store) -> None:
    for number in (2, 3, 1):
        store.save_run(run(number, deployment="prod" if number < 3 else "test"))

    assert [found.id for found in store.list_runs()] == ["00000003", "00000002", "00000001"]
    assert [found.id for found in store.list_runs(1)] == ["00000003"]
    assert [found.id for found in store.list_runs(deployment="prod")] == ["00000002", "00000001"]


def test_the_newest_run_of_a_name_or_fingerprint_is_found(store: Store) -> None:
    for number, name, fingerprint in ((1, "a", "f1"), (2, "a", "f2"), (3, "b", "f1")):
        store.save_run(run(number, name=name, fingerprint=fingerprint))

    assert store.find_run("a") == run(2, name="a", fingerprint="f2")
    assert store.find_run(fingerprint="f1") == run(3, name="b", fingerprint="f1")
    assert store.find_run("a", fingerprint="f1") == run(1, name="a", fingerprint="f1")
    assert store.find_run("b", fingerprint="f2") is None


def test_looking_for_any_run_is_a_mistake_of_the_caller(store: Store) -> None:
    with pytest.raises(ValueError, match="give name or fingerprint"):
        store.find_run()


@pytest.mark.parametrize("status", list(RunStatus))
def test_a_run_is_over_or_goes_on(status: RunStatus) -> None:
    assert status.is_final is (status not in ("queued", "running", "interrupted"))
