"""Runs of syncs: real files, Redis, state and store; the worker's own code; the stand-in over HTTP."""

from __future__ import annotations

from threading import Event

import pytest

from producers.warehouse.syncing.report import SyncCounts
from sandbox.talon_one import AttributeType, Schema
from tercel.errors import InputError, SyncBusy
from tercel.store import RejectionState, RunStatus
from tests.syncing.synced import GIVEN, Synced, stopping_after
from tests.workers.rig import profiles

WITHOUT_POINTS = GIVEN.model_copy(update={"attributes": Schema(profile={"Name": AttributeType.STRING})})


def ids(first: int, behind: int) -> list[str]:
    return [f"p{n:04d}" for n in range(first, behind)]


def test_the_first_run_of_a_mirror_only_adds(mirror: Synced) -> None:
    mirror.source(ids(0, 1_500))

    report = mirror.run()

    assert report.status is RunStatus.COMPLETED
    assert report.counts == SyncCounts(source_rows=1_500, added=1_500, due=1_500, sent=1_500, succeeded=1_500)
    assert mirror.members() == set(ids(0, 1_500))


def test_a_mirror_adds_who_came_and_removes_who_left(mirror: Synced) -> None:
    mirror.source(ids(0, 100))
    mirror.run()
    mirror.source(ids(10, 105))

    report = mirror.run()

    assert report.status is RunStatus.COMPLETED
    assert (report.counts.added, report.counts.unchanged, report.counts.gone, report.counts.sent) == (5, 90, 10, 15)
    assert mirror.members() == set(ids(10, 105))


def test_nothing_is_sent_where_nothing_has_changed(mirror: Synced) -> None:
    mirror.source(ids(0, 100))
    mirror.run()
    before = len(mirror.standin.admin.requests())

    report = mirror.run()

    assert report.counts == SyncCounts(source_rows=100, unchanged=100)
    assert report.status is RunStatus.COMPLETED
    assert len(mirror.standin.admin.requests()) == before


def test_a_runs_balance_holds_every_row_of_its_source(mirror: Synced) -> None:
    mirror.source(ids(0, 10))
    mirror.run()
    mirror.source([*ids(0, 12), "p0000", '""'])

    report = mirror.run()

    counts = mirror.rig.runtime.lanes.run_counts(report.run)
    assert {name: n for name, n in counts.items() if n} == {
        "received": 14,
        "delivered": 2,
        "unchanged": 10,
        "duplicate": 1,
        "rejected": 1,
    }
    mirror.rig.balance_closes()


def test_only_profiles_that_have_changed_are_sent(customers: Synced) -> None:
    customers.source(["a,Ann,1", "b,Bob,2"], "id,name,points")
    customers.run()
    customers.source(["a,Ann,1", "b,Bob,3", "c,Cy,4"], "id,name,points")

    report = customers.run()

    assert (report.counts.added, report.counts.changed, report.counts.unchanged) == (1, 1, 1)
    assert customers.standin.admin.profiles()["b"]["Points"] == 3


def test_a_changed_definition_sends_every_row_and_says_so(customers: Synced) -> None:
    customers.source(["a,Ann,1", "b,Bob,2"], "id,name,points")
    customers.run()
    customers.redeclare(fields={"Name": "name"})

    report = customers.run()

    assert (report.full, report.counts.sent) == (True, 2)
    assert "every row is sent again" in report.notes[0]
    assert customers.run().full is False


def test_rows_that_were_rejected_and_only_those_are_sent_by_the_next_run(customers: Synced) -> None:
    customers.source(["a,Ann,", "b,Bob,2", "c,Cy,"], "id,name,points")
    customers.standin.admin.replace_config(WITHOUT_POINTS)
    first = customers.run()
    customers.standin.admin.replace_config(GIVEN)

    second = customers.run()

    assert (first.status, first.counts.succeeded, first.counts.rejected) == (RunStatus.COMPLETED_WITH_ERRORS, 2, 1)
    assert (second.status, second.counts.sent, second.counts.again) == (RunStatus.COMPLETED, 1, 1)
    assert customers.standin.admin.profiles()["b"] == {"Name": "Bob", "Points": 2}


def test_a_row_that_is_refused_too_often_is_left_alone_told_and_tried_when_asked_for(customers: Synced) -> None:
    customers.redeclare(max_tries=2)
    customers.source(["a,Ann,1", "b,Bob,"], "id,name,points")
    customers.standin.admin.replace_config(WITHOUT_POINTS)
    for _ in range(2):
        last = customers.run()

    left_alone = customers.run()
    again = customers.run()

    assert (left_alone.status, left_alone.counts.sent, left_alone.counts.given_up) == (
        RunStatus.COMPLETED_WITH_ERRORS,
        0,
        1,
    )
    assert again.counts.given_up == 1
    assert [one.run for one in customers.rig.rejections()] == [last.run], "it still says why"
    customers.standin.admin.replace_config(GIVEN)
    retried = customers.run(retry=True)
    assert (retried.status, retried.counts.succeeded, retried.counts.given_up) == (RunStatus.COMPLETED, 1, 0)
    assert customers.rig.rejections() == []
    customers.rig.balance_closes()


def test_rejections_of_an_earlier_run_are_closed_when_their_rows_are_sent_again(customers: Synced) -> None:
    customers.source(["a,Ann,x"], "id,name,points")
    first = customers.run()
    customers.source(["a,Ann,1"], "id,name,points")

    customers.run()

    store = customers.rig.runtime.store
    assert [one.state for one in store.rejections(run=first.run, state=None)] == [RejectionState.DISCARDED]
    counts = customers.rig.runtime.lanes.run_counts(first.run)
    assert (counts["rejected"], counts["discarded"]) == (0, 1)


def test_a_key_with_two_contents_is_rejected_with_all_its_rows(customers: Synced) -> None:
    customers.source(["a,Ann,1", "b,Bob,2", "a,Anna,1", "b,Bob,2"], "id,name,points")

    report = customers.run()

    assert (report.counts.source_rows, report.counts.invalid, report.counts.duplicates) == (4, 2, 1)
    assert report.status is RunStatus.COMPLETED_WITH_ERRORS
    (rejection,) = customers.rig.rejections()
    assert (rejection.code, rejection.answer, rejection.record) == ("T530", "id a", None)
    assert set(customers.standin.admin.profiles()) == {"b"}


def test_a_bad_row_leads_to_its_line(customers: Synced) -> None:
    customers.source(["a,Ann,1", "b,Bob,many"], "id,name,points")

    report = customers.run()

    assert (report.counts.invalid, report.counts.succeeded) == (1, 1)
    assert [one.source for one in customers.rig.rejections()] == ["customers.csv:3"]


def test_a_source_that_cannot_be_read_fails_the_run_and_sends_nothing(mirror: Synced) -> None:
    mirror.source(ids(0, 10))
    mirror.run()
    mirror.file.unlink()

    with pytest.raises(InputError):
        mirror.run()

    newest = mirror.rig.runtime.store.find_run("vip")
    assert newest is not None
    assert newest.status is RunStatus.FAILED
    assert mirror.members() == set(ids(0, 10))


def test_what_a_source_that_broke_off_had_given_is_put_away_at_once(customers: Synced) -> None:
    customers.file.write_bytes(b"id,name,points\n" + b"a,Ann,1\n" * 5_000)
    changed = iter([False])

    def change_meanwhile(_progress: object) -> None:
        if next(changed, True):
            with customers.file.open("a") as file:
                file.write("b,Bob,2\n")

    with pytest.raises(InputError):
        customers.run(options={"progress": change_meanwhile})

    assert list((customers.folder / "syncs").glob("*.stage")) == []


def test_an_interrupted_run_is_brought_to_its_end_before_the_next(mirror: Synced) -> None:
    mirror.source(ids(0, 2_500))
    stop = Event()
    first = mirror.run(options={"stop": stop, "wait": stopping_after(mirror.rig, stop, 1)})
    mirror.source(ids(5, 2_500))

    second = mirror.run()

    assert first.status is RunStatus.INTERRUPTED
    assert second.former is not None
    assert (second.former.run, second.former.status) == (first.run, RunStatus.COMPLETED)
    assert second.former.counts.succeeded == 2_500
    assert (second.counts.gone, second.counts.sent) == (5, 5)
    assert mirror.members() == set(ids(5, 2_500))


def test_an_interrupted_run_of_another_definition_is_called_off_and_its_rows_are_not_forgotten(
    customers: Synced,
) -> None:
    customers.source([f"{one},Ann,1" for one in ids(0, 2_500)], "id,name,points")
    stop = Event()
    first = customers.run(options={"stop": stop, "wait": stopping_after(customers.rig, stop, 1)})
    customers.redeclare(fields={"Name": "name"})

    second = customers.run()

    assert second.former is not None
    assert (second.former.run, second.former.status) == (first.run, RunStatus.CANCELLED)
    assert (second.status, second.counts.succeeded) == (RunStatus.COMPLETED, 2_500)
    assert set(customers.standin.admin.profiles()) == set(ids(0, 2_500))
    customers.rig.balance_closes()


def test_a_full_run_sends_what_has_not_changed(customers: Synced) -> None:
    customers.source(["a,Ann,1", "b,Bob,2"], "id,name,points")
    customers.run()

    report = customers.run(full=True)

    assert (report.full, report.counts.changed, report.counts.unchanged, report.counts.succeeded) == (True, 2, 0, 2)


def test_a_run_that_is_called_off_sends_no_more_and_the_next_sends_the_rest(mirror: Synced) -> None:
    mirror.source(ids(0, 3_000))
    runner = mirror.runner()
    told: list[int] = []

    def wait(_seconds: float) -> None:
        mirror.rig.look()
        if len(told) == 1:
            runner.cancel()
        told.append(1)
        for call_id, deployment in mirror.rig.wakeups()[:1]:
            mirror.rig.deliver(call_id, deployment)
        if len(told) > 3:
            mirror.rig.one_turn()

    first = mirror.run(options={"wait": wait})
    delivered = mirror.members()
    second = mirror.run()

    assert first.status is RunStatus.CANCELLED
    assert first.counts.succeeded == len(delivered)
    assert second.status is RunStatus.COMPLETED
    assert mirror.members() == set(ids(0, 3_000))
    mirror.rig.balance_closes()


def test_an_interrupted_run_can_be_called_off(mirror: Synced) -> None:
    mirror.source(ids(0, 100))
    stop = Event()
    stop_at_once = stopping_after(mirror.rig, stop, 0)
    interrupted = mirror.run(options={"stop": stop, "wait": stop_at_once})

    cancelled = mirror.runner().cancel()

    assert cancelled is not None
    assert (cancelled.run, cancelled.status, cancelled.counts.sent) == (interrupted.run, RunStatus.CANCELLED, 0)
    assert mirror.members() == set()
    assert mirror.runner().cancel() is None


def test_two_runs_of_one_sync_never_overlap(mirror: Synced) -> None:
    mirror.source(ids(0, 10))
    second = mirror.runner()
    refused: list[str] = []

    def wait(_seconds: float) -> None:
        if not refused:
            with pytest.raises(SyncBusy) as busy:
                second.run(trigger="schedule")
            refused.append(str(busy.value))
        mirror.rig.one_turn()

    report = mirror.run(options={"wait": wait})

    assert report.status is RunStatus.COMPLETED
    assert "two runs of one sync never overlap" in refused[0]
    statuses = [run.status for run in mirror.rig.runtime.store.list_runs()]
    assert sorted(statuses) == [RunStatus.COMPLETED, RunStatus.SKIPPED]


def test_an_audience_that_does_not_exist_stops_the_run_and_says_so(mirror: Synced) -> None:
    mirror.redeclare(audience_id=99)
    mirror.source(ids(0, 2_500))

    report = mirror.run()

    assert (report.status, report.code) == (RunStatus.FAILED, "T455")
    assert "Campaign Manager" in report.error
    assert report.counts.succeeded == 0


def test_a_reset_forgets_what_was_delivered(mirror: Synced) -> None:
    mirror.source(ids(0, 10))
    mirror.run()

    mirror.runner().reset()

    assert mirror.run().counts.added == 10


def test_a_redis_that_has_lost_the_run_gets_it_again(mirror: Synced) -> None:
    mirror.source(ids(0, 1_200))
    lost: list[bool] = []

    def wait(_seconds: float) -> None:
        if not lost:
            lost.append(True)
            for key in mirror.rig.redis.scan_iter(f"{mirror.rig.settings.redis_prefix}*", count=10_000):
                mirror.rig.redis.delete(key)
        mirror.rig.one_turn()

    report = mirror.run(options={"wait": wait})

    assert (report.status, report.counts.succeeded) == (RunStatus.COMPLETED, 1_200)
    assert mirror.members() == set(ids(0, 1_200))


def test_a_full_lane_is_waited_for(mirror: Synced) -> None:
    mirror.source(ids(0, 3_000))

    report = mirror.run(options={"high_water": 600})

    assert (report.status, report.counts.succeeded) == (RunStatus.COMPLETED, 3_000)


def test_a_run_without_workers_gives_up_in_the_end_and_what_it_sent_stays_due(mirror: Synced) -> None:
    mirror.source(ids(0, 10))
    clock = iter(range(0, 1_000_000, 1_000))

    stalled = mirror.run(options={"wait": lambda seconds: None, "clock": lambda: next(clock)})
    after = mirror.run()

    assert (stalled.status, stalled.code, stalled.counts.sent) == (RunStatus.FAILED, "T534", 0)
    assert after.counts.succeeded == 10
    assert mirror.members() == set(ids(0, 10))


def test_memberships_wait_for_the_profiles_that_were_there_before(mirror: Synced) -> None:
    mirror.rig.enqueue(profiles(1_500))
    mirror.source(["p1400"])

    mirror.run()

    calls = [one["call"] for one in mirror.standin.admin.requests()]
    assert len(calls) == 3
    assert "audience" in calls[-1]
    assert mirror.members() == {"p1400"}
