"""The guard of a mirror, row by row of the contract's table; and what a run that it has stopped leaves behind."""

from __future__ import annotations

import pytest

from producers.warehouse.syncing.guarding import EMPTY_SOURCE, TOO_MANY_GONE, Limits, guard
from tercel.store import RunStatus
from tests.syncing.synced import Synced

USUAL = Limits()


@pytest.mark.parametrize(
    ("valid_rows", "gone", "members", "limits", "code"),
    [
        pytest.param(0, 100, 100, USUAL, EMPTY_SOURCE, id="the source is empty"),
        pytest.param(0, 1, 1, Limits(1.0), EMPTY_SOURCE, id="it is empty, though all may go"),
        pytest.param(0, 0, 0, USUAL, None, id="it is empty on the first run"),
        pytest.param(69, 31, 100, USUAL, TOO_MANY_GONE, id="more than the share is gone"),
        pytest.param(70, 30, 100, USUAL, None, id="just the share is gone"),
        pytest.param(50, 50, 100, Limits(0.5), None, id="the share was raised"),
        pytest.param(89, 11, 100, Limits(0.5, 10), TOO_MANY_GONE, id="more than the number is gone"),
        pytest.param(90, 10, 100, Limits(0.5, 10), None, id="just the number is gone"),
        pytest.param(1_000, 0, 100, Limits(0.0, 0), None, id="nothing is gone, and nothing may"),
        pytest.param(5, 0, 0, USUAL, None, id="the first run"),
    ],
)
def test_the_guard_stops_what_would_remove_too_much(
    valid_rows: int, gone: int, members: int, limits: Limits, code: str | None
) -> None:
    tripped = guard(sync="vip", valid_rows=valid_rows, gone=gone, members=members, limits=limits)

    assert (tripped.code if tripped else None) == code
    assert tripped is None or "tercel sync run vip --allow-empty" in tripped.reason


def people(n: int) -> list[str]:
    return [f"p{i}" for i in range(n)]


def test_an_empty_source_empties_no_audience(mirror: Synced) -> None:
    mirror.source(people(10))
    mirror.run()
    mirror.source([])

    report = mirror.run()

    assert (report.status, report.code, report.counts.sent) == (RunStatus.FAILED, EMPTY_SOURCE, 0)
    assert mirror.record(report).error == report.error
    assert mirror.members() == set(people(10))


def test_a_run_may_be_let_past_the_guard_once_and_it_is_kept_who_did_so(mirror: Synced) -> None:
    mirror.source(people(10))
    mirror.run()
    mirror.source([])
    mirror.run()

    report = mirror.run(allow_empty=True, user="ada")

    assert report.status is RunStatus.COMPLETED
    assert mirror.members() == set()
    assert mirror.record(report).trigger == "manual, guard switched off by ada"


def test_a_run_that_the_guard_stopped_is_forgotten_by_the_next(mirror: Synced) -> None:
    mirror.source(people(10))
    mirror.run()
    mirror.source(people(2))
    stopped = mirror.run()
    mirror.source(people(11))

    report = mirror.run()

    assert stopped.code == TOO_MANY_GONE
    assert (report.counts.added, report.counts.unchanged, report.counts.again) == (1, 10, 0)
    assert mirror.members() == set(people(11))
