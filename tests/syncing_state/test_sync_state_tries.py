"""Rows that are refused again and again: left alone after so many runs, until their content changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tercel.store.syncing import Comparison, Mode, SyncState
from tests.syncing_state.staging import all_due, delivered, rows, sent

MOST = 3


def refused(state: SyncState, times: int, source: dict[str, str] | None = None) -> None:
    """Make so many runs in which a is refused, and everything else delivered."""
    for _ in range(times):
        delivered(state, source or {"a": "1", "b": "1"}, Mode.UPSERT, reject=["a"])


def compared(state: SyncState, source: dict[str, str], mode: Mode = Mode.UPSERT, *, full: bool = False) -> Comparison:
    state.begin("run")
    state.stage(rows(source))
    return state.compare(mode, full=full, most_tries=MOST)


def test_a_row_is_tried_until_it_was_refused_often_enough(state: SyncState) -> None:
    refused(state, MOST - 1)

    comparison = compared(state, {"a": "1", "b": "1"})

    assert sent(state) == [("upsert", "a")]
    assert (comparison.given_up, comparison.again) == (0, 1)


def test_then_it_is_left_alone_and_counted(state: SyncState) -> None:
    refused(state, MOST)

    comparison = compared(state, {"a": "1", "b": "1"})

    assert comparison == Comparison(2, 0, 0, 1, 0, 0, 0, 0, 0, 0, given_up=1)
    assert state.given_up(["a", "b", "c"]) == {"a"}
    assert state.given_up([]) == set()


def test_a_repeated_row_that_is_left_alone_counts_once(state: SyncState) -> None:
    refused(state, MOST)
    state.begin("run")
    state.stage([*rows({"a": "1", "b": "1"}), *rows({"a": "1"})])

    comparison = state.compare(Mode.UPSERT, full=False, most_tries=MOST)

    assert (comparison.source_rows, comparison.unchanged, comparison.duplicates, comparison.given_up) == (3, 1, 1, 1)


def test_other_content_is_tried_and_counted_anew(state: SyncState) -> None:
    refused(state, MOST)
    refused(state, 1, {"a": "2", "b": "1"})

    comparison = compared(state, {"a": "2", "b": "1"})

    assert sent(state) == [("upsert", "a")]
    assert comparison.given_up == 0


def test_a_full_run_and_one_without_a_limit_try_it_again(state: SyncState) -> None:
    refused(state, MOST)

    assert compared(state, {"a": "1"}, full=True).given_up == 0
    assert ("upsert", "a") in sent(state)
    state.begin("run")
    state.stage(rows({"a": "1"}))
    assert state.compare(Mode.UPSERT, full=False, most_tries=0).due == 1


def test_a_delivery_forgets_the_refusals(state: SyncState) -> None:
    refused(state, MOST - 1)
    delivered(state, {"a": "1"}, Mode.UPSERT)
    refused(state, 1, {"a": "2"})

    assert compared(state, {"a": "2"}).due == 1


def test_a_row_whose_end_was_never_learnt_is_not_left_alone(state: SyncState) -> None:
    refused(state, MOST - 1)
    compared(state, {"a": "1"})
    state.doubt(all_due(state)[-1].seq)
    state.finish()

    assert compared(state, {"a": "1"}).due == 1


def test_a_delete_is_tried_without_limit(state: SyncState) -> None:
    delivered(state, ["a", "b"])
    for _ in range(MOST + 1):
        delivered(state, ["b"], reject=["a"])

    comparison = compared(state, {"b": ""}, Mode.MIRROR)

    assert (sent(state), comparison.given_up) == ([("delete", "a")], 0)


def test_who_left_the_source_and_comes_back_is_new(state: SyncState) -> None:
    refused(state, MOST)
    delivered(state, {"b": "1"}, Mode.UPSERT)

    assert compared(state, {"a": "1", "b": "1"}).added == 1


def test_a_state_of_the_layout_before_is_brought_up_to_date(opened: Callable[[], SyncState]) -> None:
    with opened() as old:
        delivered(old, {"a": "1"}, Mode.UPSERT)
        old._tables.run("ALTER TABLE {state} DROP COLUMN refused")
        old._tables.run("UPDATE {standing} SET layout = 1 WHERE name = ?", old._tables.name)

    state = opened()
    refused(state, MOST, {"a": "2"})

    assert compared(state, {"a": "2"}).given_up == 1


@pytest.mark.parametrize("mode", [Mode.ADD, Mode.MIRROR])
def test_a_member_that_is_refused_is_left_alone_too(state: SyncState, mode: Mode) -> None:
    for _ in range(MOST):
        delivered(state, ["a", "b"], mode, reject=["a"])

    assert compared(state, {"a": "", "b": ""}, mode).given_up == 1
