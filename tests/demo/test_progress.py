"""What is said while the demo runs."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from tercel.balance import balance
from tercel.cli.demo.display import PlainShow, picture
from tercel.cli.demo.snapshot import RunView, Snapshot, plain_line


def run(title: str = "profiles", rows: int = 3_000, read: int = 3_000, per_call: int = 1_000, **parts: int) -> RunView:
    counts = {"received": sum(parts.values()), **parts}
    return RunView(title, "8f2c91d0", rows, per_call, read, balance(counts))


def shot(*runs: RunView, last_second: int = 59, calls: int = 120) -> Snapshot:
    return Snapshot(elapsed_s=3.04, runs=runs, calls=calls, last_second=last_second, limit=60)


def test_a_line_says_where_every_record_is_and_how_the_limit_is_used() -> None:
    line = plain_line(shot(run(waiting=1_000, in_flight=900, retrying=100, delivered=989, merged=10, rejected=1)))

    assert line == (
        "  3.0 s: 3,000 read, 1,000 queued, 1,000 in flight, 999 delivered, 1 rejected; "
        "59 of 60 requests/s, 120 calls, about 1 s left"
    )


def test_the_time_left_counts_calls_not_records() -> None:
    purchases = run("purchases", rows=120, read=120, per_call=1, waiting=120)
    profiles = run(rows=60_000, read=0)

    assert shot(profiles, purchases).seconds_left == pytest.approx((60 + 120) / 60)


def test_a_run_without_rows_is_finished() -> None:
    assert shot(run(rows=0, read=0)).finished


def test_a_run_whose_rows_are_not_all_read_is_not_finished() -> None:
    assert not shot(run(read=2_000, delivered=2_000)).finished


def test_the_picture_fits_eighty_columns() -> None:
    console = Console(width=80, record=True, file=StringIO())
    console.print(picture(shot(run("memberships", rows=32_759, read=32_759, delivered=32_759))))

    lines = console.export_text().splitlines()
    assert len(lines) == 3
    assert "32,759" in lines[1]
    assert "59 of 60 requests/s, 120 calls, done" in lines[2]


def test_plain_lines_are_a_second_apart_and_the_last_comes_once(capsys: pytest.CaptureFixture[str]) -> None:
    now = 100.0
    show = PlainShow(clock=lambda: now)
    under_way, ended = shot(run(waiting=3_000)), shot(run(delivered=3_000))

    show.show(under_way)
    show.show(under_way)
    now = 101.5
    show.show(under_way)
    show.show(ended)
    show.show(ended)

    assert capsys.readouterr().out.count("\n") == 3
