"""What is due in the next run, after deliveries, rejections and tries whose end was never learnt."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tercel.errors import CheckpointMoved
from tercel.store.syncing import Mode, Outcomes, Phase, SyncState
from tests.syncing_state.staging import compared, delivered, rows, sent

Opened = Callable[[], SyncState]


def test_the_state_changes_with_outcomes_and_not_before(state: SyncState) -> None:
    compared(state, ["sent", "unsent"])
    state.confirm([1], [])
    state.finish()

    compared(state, ["sent", "unsent"])

    assert sent(state) == [("add", "unsent")]


def test_rejected_rows_and_only_those_are_due_again(state: SyncState) -> None:
    delivered(state, {"good": "1", "bad": "1"}, Mode.UPSERT, reject=["bad"])

    comparison = compared(state, {"good": "1", "bad": "1"}, Mode.UPSERT)

    assert sent(state) == [("upsert", "bad")]
    assert (comparison.added, comparison.again) == (1, 1)


def test_a_rejected_change_is_due_again_although_the_old_content_came_back(state: SyncState) -> None:
    delivered(state, {"key": "old"}, Mode.UPSERT)
    delivered(state, {"key": "new"}, Mode.UPSERT, reject=["key"])

    comparison = compared(state, {"key": "old"}, Mode.UPSERT)

    assert (comparison.changed, comparison.again) == (1, 1)


def test_a_row_that_was_rejected_and_left_is_forgotten(state: SyncState) -> None:
    delivered(state, ["bad"], reject=["bad"])
    delivered(state, [])

    assert compared(state, ["bad"]).again == 0


def test_a_rejected_row_that_left_a_mirror_asks_for_no_delete(state: SyncState) -> None:
    delivered(state, ["bad"], reject=["bad"])

    assert compared(state, []).due == 0


def test_a_rejected_delete_is_due_again(state: SyncState) -> None:
    delivered(state, ["member"])
    delivered(state, [], reject=["member"])

    comparison = compared(state, [])

    assert sent(state) == [("delete", "member")]
    assert comparison.again == 1


def test_a_row_once_delivered_after_a_failure_rests_again(state: SyncState) -> None:
    delivered(state, ["bad"], reject=["bad"])
    delivered(state, ["bad"])

    assert compared(state, ["bad"]).due == 0


def test_what_may_have_been_added_is_deleted_when_it_left(state: SyncState) -> None:
    # given an add that was handed out, and a crash before its outcome was known
    compared(state, ["perhaps"])
    state.due(0, 10)

    compared(state, [])

    assert sent(state) == [("delete", "perhaps")]


def test_what_may_have_been_deleted_is_added_when_it_came_back(state: SyncState) -> None:
    delivered(state, ["member"])
    compared(state, [])
    state.due(0, 10)

    compared(state, ["member"])

    assert sent(state) == [("add", "member")]


def test_what_was_never_handed_out_is_not_deleted(state: SyncState) -> None:
    compared(state, ["never sent"])

    assert compared(state, []).due == 0


def test_doubt_ends_with_the_last_row_that_was_sent(state: SyncState) -> None:
    compared(state, ["a", "b", "c"])
    state.due(0, 10)

    doubted = state.doubt(2)
    compared(state, [])

    assert doubted == 2
    assert sent(state) == [("delete", "a"), ("delete", "b")]


def test_doubt_leaves_known_outcomes_alone(state: SyncState) -> None:
    compared(state, ["a", "b", "c"])
    state.confirm([1], [2])

    state.doubt(3)

    assert state.outcomes() == Outcomes(delivered=1, rejected=1, unknown=1, pending=0)


def test_confirming_twice_changes_nothing(state: SyncState) -> None:
    compared(state, ["a", "b", "c"])
    state.confirm([1], [2])
    state.confirm([1, 2], [1])

    assert state.outcomes() == Outcomes(delivered=1, rejected=1, pending=1)


def test_an_outcome_of_a_row_that_is_not_due_is_a_mistake(state: SyncState) -> None:
    compared(state, ["a"])

    with pytest.raises(ValueError, match="not due"):
        state.confirm([2], [])


def test_rows_with_an_outcome_are_not_handed_out_again(state: SyncState) -> None:
    compared(state, ["a", "b", "c"])
    state.confirm([1], [2])

    assert [due.seq for due in state.due(0, 10)] == [3]


def test_members_are_counted_while_they_come_and_go(state: SyncState) -> None:
    delivered(state, ["a", "b"])
    compared(state, ["b", "c", "d", "e"])
    state.confirm([1, 2, 4], [3])  # adds c and d, not e; deletes a

    assert state.members() == 3
    state.finish()
    assert state.members() == 3


def test_a_member_that_changes_is_still_one_member(state: SyncState) -> None:
    delivered(state, {"a": "1"}, Mode.UPSERT)
    compared(state, {"a": "2"}, Mode.UPSERT)
    state.confirm([1], [])

    assert state.members() == 1


def test_a_known_row_whose_change_ended_unknown_is_no_new_row(state: SyncState) -> None:
    delivered(state, {"a": "1"}, Mode.UPSERT)
    compared(state, {"a": "2"}, Mode.UPSERT)
    state.due(0, 10)

    comparison = compared(state, {"a": "1"}, Mode.UPSERT)

    assert (comparison.added, comparison.changed, comparison.again) == (0, 1, 1)


def test_members_with_a_rejected_first_try_do_not_count(state: SyncState) -> None:
    delivered(state, ["a", "bad"], reject=["bad"])

    assert state.members() == 1


def test_an_interrupted_full_run_is_finished_by_the_next_one(state: SyncState) -> None:
    delivered(state, ["a", "b", "c"])
    compared(state, ["a", "b", "c"], full=True)
    state.confirm([2], [])

    compared(state, ["a", "b", "c"])

    assert [key for _, key in sent(state)] == ["a", "c"]


def test_another_process_goes_on_with_a_run_that_is_being_sent(opened: Opened) -> None:
    first = opened()
    comparison = compared(first, ["a", "b"])
    first.due(0, 10)
    first.close()

    second = opened()

    assert (second.run(), second.phase(), second.comparison()) == ("run", Phase.SENDING, comparison)
    second.confirm([due.seq for due in second.due(0, 10)], [])
    assert second.pending() == 0


def test_what_another_process_staged_is_staged_again(opened: Opened) -> None:
    first = opened()
    first.begin("run")
    first.stage(rows(["a"]))
    first.close()

    second = opened()

    assert (second.run(), second.phase()) == ("run", Phase.STAGING)
    with pytest.raises(CheckpointMoved, match="begin a run first"):
        second.compare(Mode.MIRROR, full=False)
    assert compared(second, ["b"]).source_rows == 1


def test_a_process_whose_run_was_overtaken_changes_nothing(opened: Opened) -> None:
    stale, newer = opened(), opened()
    compared(stale, ["a"])
    compared(newer, ["a", "b"])

    with pytest.raises(CheckpointMoved, match="begun another run"):
        stale.confirm([1], [])
    assert newer.pending() == 2


def test_a_process_that_was_overtaken_while_it_staged_compares_nothing(opened: Opened) -> None:
    stale, newer = opened(), opened()
    stale.begin("old")
    stale.stage(rows(["a"]))
    newer.begin("new")
    newer.stage(rows(["b"]))

    with pytest.raises(CheckpointMoved, match="begun another run"):
        stale.compare(Mode.MIRROR, full=False)
    newer.compare(Mode.MIRROR, full=False)
    assert sent(newer) == [("add", "b")]


def test_outcomes_that_come_after_the_end_are_refused(state: SyncState) -> None:
    delivered(state, ["a"])

    with pytest.raises(CheckpointMoved, match="is idle"):
        state.confirm([1], [])


def test_a_finished_run_holds_the_state_no_longer(state: SyncState) -> None:
    delivered(state, ["a"])

    assert (state.run(), state.phase(), state.outcomes()) == (None, Phase.IDLE, Outcomes())


def test_finishing_twice_is_harmless(state: SyncState) -> None:
    delivered(state, ["a"])
    state.finish()

    assert state.members() == 1


def test_a_run_that_ends_while_it_stages_is_forgotten(state: SyncState) -> None:
    delivered(state, ["a"])
    state.begin("run")
    state.stage(rows(["b"]))

    state.finish()

    assert (state.run(), state.members()) == (None, 1)
    assert compared(state, ["a"]).due == 0


def test_the_fingerprint_of_the_definition_is_kept(opened: Opened) -> None:
    state = opened()
    assert state.mapping_fingerprint() is None

    state.set_mapping_fingerprint("abc")

    assert opened().mapping_fingerprint() == "abc"


def test_a_reset_forgets_rows_run_and_fingerprint(state: SyncState) -> None:
    delivered(state, ["a"])
    state.set_mapping_fingerprint("abc")
    compared(state, ["b"])

    state.reset()

    assert (state.members(), state.run(), state.mapping_fingerprint()) == (0, None, None)
    assert compared(state, ["c"]).gone == 0


def test_a_process_goes_on_after_its_own_reset(state: SyncState) -> None:
    delivered(state, ["a"])
    state.reset()

    assert delivered(state, ["a"]).added == 1
