"""Rejected records: seen, exported, replayed and discarded, on a real Redis and store; the balance always closes."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path

import pytest

from tercel.balance import balance
from tercel.cli.opening import load_settings, make_lanes, open_store
from tercel.connections import connect
from tercel.lanes import STREAM_RUN, Lanes
from tercel.messages import decode
from tercel.records import Urgency
from tercel.store import Rejection
from tests.cli.conftest import Tercel

RUN = "0badcafe"


@pytest.fixture
def lanes(shared_redis: str, prod: str) -> Lanes:
    """The lanes that the commands work on."""
    settings = load_settings()
    return make_lanes(connect(settings.plain_redis_url()), settings)


def reject(lanes: Lanes, *ids: str, run: str = RUN, record: bool = True) -> None:
    """Have records come in and be rejected."""
    lanes.enqueue("prod", Urgency.BULK, [], run=run, tally={"rejected": len(ids)})
    with open_store(load_settings()) as store:
        store.add_rejections(
            Rejection(
                record_id=one,
                deployment="prod",
                kind="profile",
                run=run,
                code="T450",
                reason="Talon.One does not know Shoe_Size",
                answer='{"message":"no"}',
                record={"profile_id": one, "attributes": {"Shoe_Size": 43}} if record else None,
                source="customers.csv:17",
            )
            for one in ids
        )


def states() -> dict[str, str]:
    with open_store(load_settings()) as store:
        return {one.record_id: one.state.value for one in store.rejections(state=None)}


def test_rejections_are_listed_with_their_reasons(tercel: Tercel, lanes: Lanes) -> None:
    reject(lanes, "r1", "r2")

    ran = tercel("rejected", "list", "--code", "t450")

    assert ran.status == 0
    assert ran.out.splitlines()[1].split("\t") == [
        *("r1", "prod", "profile", RUN, "T450", "Talon.One does not know Shoe_Size", "customers.csv:17")
    ]


def test_a_list_says_when_it_is_not_all(tercel: Tercel, lanes: Lanes) -> None:
    reject(lanes, "r1", "r2", "r3")

    ran = tercel("rejected", "list", "--limit", "2")

    assert len(ran.out.splitlines()) == 3
    assert "2 of 3" in ran.err


def test_one_is_shown_in_full_with_the_cure(tercel: Tercel, lanes: Lanes) -> None:
    reject(lanes, "r1")

    text = tercel("rejected", "show", "r1").out

    assert '"Shoe_Size": 43' in text
    assert '{"message":"no"}' in text
    assert "What to do  Create the attribute" in text


def test_what_a_destination_answered_cannot_command_the_terminal(tercel: Tercel, lanes: Lanes) -> None:
    with open_store(load_settings()) as store:
        store.add_rejections([Rejection("r1", "prod", "event", RUN, "T453", "no", "\x1b[2Jgone", None)])

    assert "\x1b" not in tercel("rejected", "show", "r1").out


def test_an_export_is_json_lines(tercel: Tercel, lanes: Lanes) -> None:
    reject(lanes, "r1", "r2")

    rows = [json.loads(line) for line in tercel("rejected", "export").out.splitlines()]

    assert [row["record_id"] for row in rows] == ["r1", "r2"]
    assert rows[0]["record"]["attributes"] == {"Shoe_Size": 43}


def test_an_export_to_a_csv_file_is_for_its_owner_only(tercel: Tercel, lanes: Lanes) -> None:
    reject(lanes, "r1")

    ran = tercel("rejected", "export", "--format", "csv", "-o", "out.csv")

    file = Path("out.csv")
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert ran.status == 0
    assert json.loads(rows[0]["record"])["profile_id"] == "r1"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_discarded_one_is_closed_and_counted(tercel: Tercel, lanes: Lanes) -> None:
    reject(lanes, "r1", "r2")

    ran = tercel("rejected", "discard", "r1", "--yes")

    counts = lanes.run_counts(RUN)
    assert ran.status == 0
    assert states() == {"r1": "discarded", "r2": "open"}
    assert (counts["received"], counts["rejected"], counts["discarded"]) == (2, 1, 1)
    assert balance(counts).closes
    assert balance(lanes.totals("prod")).closes


def test_a_replayed_one_is_on_its_lane_again_and_was_received_once(tercel: Tercel, lanes: Lanes) -> None:
    reject(lanes, "r1", "r2")

    ran = tercel("rejected", "replay", "--code", "T450", "--yes")

    counts = lanes.run_counts(RUN)
    messages: list[bytes] = lanes.redis.lrange(f"{lanes.prefix}prod.profile.bulk", 0, -1)  # type: ignore[assignment]
    assert ran.status == 0
    assert "overwrite what newer records" in ran.err
    assert states() == {"r1": "replayed", "r2": "replayed"}
    assert (counts["received"], counts["rejected"], counts["waiting"]) == (2, 0, 2)
    assert balance(counts).closes
    assert sorted(decode(message).data["profile_id"] for message in messages) == ["r1", "r2"]
    assert not {"r1", "r2"} & {decode(message).record_id for message in messages}


def test_a_replay_that_the_store_did_not_hear_of_changes_nothing_twice(tercel: Tercel, lanes: Lanes) -> None:
    """As after a crash between the two: the lanes have it, the store still calls it open."""
    reject(lanes, "r1")
    tercel("rejected", "replay", "r1", "--yes")
    with open_store(load_settings()) as store:
        store.purge_older_than(-1)
    with open_store(load_settings()) as store:
        store.add_rejections(
            [Rejection("r1", "prod", "profile", RUN, "T450", "no", "", {"profile_id": "r1", "attributes": {}})]
        )

    tercel("rejected", "replay", "r1", "--yes")

    assert states() == {"r1": "replayed"}
    assert lanes.run_counts(RUN)["waiting"] == 1
    assert balance(lanes.run_counts(RUN)).closes


def test_streamed_records_are_replayed_live(tercel: Tercel, lanes: Lanes) -> None:
    reject(lanes, "r1", run=STREAM_RUN)

    tercel("rejected", "replay", "--all", "--yes")

    assert lanes.redis.llen(f"{lanes.prefix}prod.profile.live") == 1


def test_a_streamed_record_is_shown_without_a_run(tercel: Tercel, lanes: Lanes) -> None:
    reject(lanes, "r1", run=STREAM_RUN)

    ran = tercel("rejected", "show", "r1")

    assert "profile for prod, streamed" in ran.out


def test_a_row_that_never_was_a_record_cannot_be_replayed(tercel: Tercel, lanes: Lanes) -> None:
    reject(lanes, "r1", record=False)

    ran = tercel("rejected", "replay", "--all", "--yes")

    assert ran.status == 1
    assert "1 cannot be replayed" in ran.err
    assert states() == {"r1": "open"}


@pytest.mark.parametrize("verb", ["replay", "discard"])
def test_nothing_happens_where_nobody_can_be_asked(tercel: Tercel, lanes: Lanes, verb: str) -> None:
    reject(lanes, "r1")

    ran = tercel("rejected", verb, "--all")

    assert ran.status == 2
    assert "add --yes" in ran.err
    assert states() == {"r1": "open"}


@pytest.mark.parametrize("verb", ["replay", "discard"])
def test_an_id_that_is_no_open_rejection_is_reported(tercel: Tercel, lanes: Lanes, verb: str) -> None:
    reject(lanes, "r1")

    ran = tercel("rejected", verb, "r1", "r9", "--yes")

    assert ran.status == 1
    assert "1 of the ids are no open rejections" in ran.err


def test_counters_that_redis_has_lost_are_not_taken_below_zero(tercel: Tercel, lanes: Lanes) -> None:
    reject(lanes, "r1", "r2")
    lanes.redis.delete(f"{lanes.prefix}tercel:run:{RUN}")

    tercel("rejected", "discard", "r1", "--yes")
    tercel("rejected", "replay", "r2", "--yes")

    assert balance(lanes.run_counts(RUN)).closes
