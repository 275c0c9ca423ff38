"""What is due, by mode: new, changed, gone, repeated and conflicting rows (contract: warehouse sync, "Modes")."""

from __future__ import annotations

import pytest

from tercel.errors import CheckpointMoved
from tercel.store.syncing import Comparison, Due, Mode, SyncState
from tests.syncing_state.staging import all_due, compared, delivered, row, rows, sent


def test_in_a_first_run_every_row_is_added(state: SyncState) -> None:
    comparison = compared(state, ["b", "a"])

    assert comparison == Comparison(2, 2, 0, 0, 0, 0, 0, 0, 0, 2)


def test_due_rows_are_numbered_from_one_in_the_order_of_their_keys(state: SyncState) -> None:
    compared(state, {"b": "B", "a": "A"}, Mode.UPSERT)

    assert all_due(state) == [Due(1, "upsert", "a", b"A"), Due(2, "upsert", "b", b"B")]


def test_a_mirror_adds_what_is_new_and_then_deletes_what_left(state: SyncState) -> None:
    delivered(state, ["left", "stays"])

    comparison = compared(state, ["new", "stays"])

    assert sent(state) == [("add", "new"), ("delete", "left")]
    assert comparison == Comparison(
        source_rows=2,
        added=1,
        changed=0,
        unchanged=1,
        gone=1,
        duplicates=0,
        conflicting=0,
        conflicting_rows=0,
        again=0,
        due=2,
    )


def test_a_delete_carries_its_key_and_nothing_else(state: SyncState) -> None:
    delivered(state, {"left": "content"})

    compared(state, {})

    assert all_due(state) == [Due(1, "delete", "left", None)]


def test_an_upsert_sends_what_is_new_or_changed_and_deletes_nothing(state: SyncState) -> None:
    delivered(state, {"same": "1", "other": "1", "left": "1"}, Mode.UPSERT)

    comparison = compared(state, {"same": "1", "other": "2", "new": "1"}, Mode.UPSERT)

    assert sent(state) == [("upsert", "new"), ("upsert", "other")]
    assert (comparison.added, comparison.changed, comparison.unchanged, comparison.gone) == (1, 1, 1, 1)


def test_adding_has_nothing_to_say_of_changed_rows(state: SyncState) -> None:
    delivered(state, {"known": "1"}, Mode.ADD)

    comparison = compared(state, {"known": "2", "new": "1"}, Mode.ADD)

    assert sent(state) == [("add", "new")]
    assert comparison.unchanged == 1


def test_removing_deletes_each_row_once(state: SyncState) -> None:
    delivered(state, ["known"], Mode.REMOVE)

    compared(state, ["known", "new"], Mode.REMOVE)

    assert sent(state) == [("delete", "new")]


@pytest.mark.parametrize("mode", [Mode.UPSERT, Mode.ADD, Mode.REMOVE])
def test_what_left_the_source_and_came_back_counts_as_new(state: SyncState, mode: Mode) -> None:
    delivered(state, ["wanderer"], mode)
    delivered(state, [], mode)

    assert compared(state, ["wanderer"], mode).added == 1


@pytest.mark.parametrize("mode", list(Mode))
def test_a_full_run_sends_every_row_and_counts_the_known_ones_as_changed(state: SyncState, mode: Mode) -> None:
    delivered(state, ["known"], mode)

    comparison = compared(state, ["known", "new"], mode, full=True)

    assert [key for _, key in sent(state)] == ["known", "new"]
    assert (comparison.added, comparison.changed, comparison.unchanged) == (1, 1, 0)


def test_identical_repeats_are_one_row_and_counted(state: SyncState) -> None:
    state.begin("run")
    state.stage([row("twice", "1"), row("once"), row("twice", "1"), row("twice", "1")])

    comparison = state.compare(Mode.UPSERT, full=False)

    assert sent(state) == [("upsert", "once"), ("upsert", "twice")]
    assert (comparison.source_rows, comparison.added, comparison.duplicates) == (4, 2, 2)


def test_a_key_with_two_contents_is_refused_in_all_its_rows(state: SyncState) -> None:
    state.begin("run")
    state.stage([row("torn", "1"), row("whole"), row("torn", "2"), row("torn", "1")])

    comparison = state.compare(Mode.UPSERT, full=False)

    assert list(state.conflicts()) == ["torn"]
    assert sent(state) == [("upsert", "whole")]
    assert (comparison.conflicting, comparison.conflicting_rows, comparison.duplicates) == (1, 3, 0)


def test_a_member_whose_rows_conflict_has_not_left(state: SyncState) -> None:
    delivered(state, {"torn": "1"})
    state.begin("run")
    state.stage([row("torn", "2"), row("torn", "3")])

    comparison = state.compare(Mode.MIRROR, full=False)

    assert (comparison.gone, comparison.due) == (0, 0)


def test_conflicts_are_read_page_by_page(state: SyncState) -> None:
    keys = [f"torn{number:05d}" for number in range(2_100)]
    state.begin("run")
    state.stage([row(key, content) for key in keys for content in ("1", "2")])
    state.compare(Mode.UPSERT, full=False)

    assert list(state.conflicts()) == keys


def test_due_rows_come_in_pages(state: SyncState) -> None:
    compared(state, [f"{number:02d}" for number in range(10)])

    assert [due.seq for due in state.due(3, 4)] == [4, 5, 6, 7]


def test_rows_may_be_staged_in_many_pieces(state: SyncState) -> None:
    state.begin("run")
    for number in range(7):
        state.stage(rows([f"{number}-{part}" for part in range(3)]))

    assert state.compare(Mode.MIRROR, full=False).added == 21


def test_a_mirror_does_not_take_removals_for_members(state: SyncState) -> None:
    delivered(state, ["removed"], Mode.REMOVE)

    comparison = compared(state, [], Mode.MIRROR)

    assert (comparison.gone, state.members()) == (0, 0)


def test_a_mirror_knows_what_was_added_before(state: SyncState) -> None:
    delivered(state, ["added"], Mode.ADD)

    compared(state, [], Mode.MIRROR)

    assert sent(state) == [("delete", "added")]


@pytest.mark.parametrize(
    "key",
    [
        "\x00",
        "a\x00b",
        "Zoë",
        "漢字",
        "\U0001f985" * 1_000,
        "\x00" * 100 + "漢" * 900,
        "\udcff",
        "100%",
        "a{b}?",
        "'",
    ],
)
def test_any_key_comes_back_as_it_was(state: SyncState, key: str) -> None:
    delivered(state, [key])

    compared(state, [])

    assert sent(state) == [("delete", key)]


def test_keys_that_differ_in_case_or_accents_are_different_keys(state: SyncState) -> None:
    comparison = compared(state, ["a", "A", "ä", "a\u0308", "a "])

    assert comparison.added == 5


def test_what_was_staged_is_compared_once(state: SyncState) -> None:
    compared(state, ["a"])

    with pytest.raises(CheckpointMoved, match="is sending, not staging"):
        state.compare(Mode.MIRROR, full=False)


def test_nothing_is_staged_before_a_run_begins(state: SyncState) -> None:
    with pytest.raises(CheckpointMoved, match="begin one first"):
        state.stage(rows(["a"]))
