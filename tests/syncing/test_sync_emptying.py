"""Emptying an audience before a mirror's first run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from producers.warehouse.syncing.guarding import EMPTY_SOURCE
from tercel.errors import InputError, UsageError
from tercel.store import RunStatus
from tests.syncing.synced import Synced


class Emptying:
    """Counts how often it was asked for."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def empty() -> Emptying:
    return Emptying()


def test_the_first_run_of_a_mirror_empties_once_and_then_adds(mirror: Synced, empty: Emptying) -> None:
    mirror.source(["a", "b"])

    report = mirror.run(empty=empty, user="ada")

    assert (empty.times, report.status, mirror.members()) == (1, RunStatus.COMPLETED, {"a", "b"})
    assert "emptied first" in report.notes[0]
    assert mirror.record(report).trigger == "manual, audience emptied first for ada"


def test_nothing_is_emptied_where_the_source_cannot_be_read(mirror: Synced, empty: Emptying) -> None:
    with pytest.raises(InputError):
        mirror.run(empty=empty)

    assert empty.times == 0


def test_nothing_is_emptied_for_a_source_without_rows_unless_that_is_meant(mirror: Synced, empty: Emptying) -> None:
    mirror.source([])

    report = mirror.run(empty=empty)

    assert (empty.times, report.status, report.code) == (0, RunStatus.FAILED, EMPTY_SOURCE)
    assert mirror.run(empty=empty, allow_empty=True).status is RunStatus.COMPLETED
    assert empty.times == 1


def test_a_later_run_refuses_and_says_how_many_are_known(mirror: Synced, empty: Emptying) -> None:
    mirror.source(["a", "b"])
    mirror.run()

    with pytest.raises(UsageError, match="knows 2 members"):
        mirror.run(empty=empty)

    mirror.runner().reset()
    mirror.run(empty=empty)
    assert empty.times == 1


def test_only_a_mirror_empties(synced: Callable[..., Synced], empty: Emptying) -> None:
    adding = synced("vip", object="audiences", mode="add", audience_id=7)
    adding.source(["a"])

    with pytest.raises(UsageError, match="no mirror"):
        adding.run(empty=empty)


def test_where_emptying_fails_nothing_is_sent(mirror: Synced) -> None:
    mirror.source(["a"])

    def refuse() -> None:
        raise UsageError("no such audience")

    with pytest.raises(UsageError):
        mirror.run(empty=refuse)

    assert mirror.standin.admin.requests() == []
    assert mirror.run().counts.succeeded == 1
