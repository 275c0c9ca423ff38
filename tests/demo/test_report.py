"""What the demo says at its end, and when it says that something is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tercel.balance import balance
from tercel.cli.demo.example import Load
from tercel.cli.demo.expected import Holding
from tercel.cli.demo.report import Outcome, Sent, lines
from tercel.store import StoredRejection

REJECTION = StoredRejection(
    record_id="1", deployment="sandbox", kind="profile", run="378caae8", code="T451", reason="wrong type",
    answer="", record=None,
)  # fmt: skip
HELD = {"profiles": Holding(2_000, "a" * 32), "memberships": Holding(0, "b" * 32), "events": Holding(0, "c" * 32)}


def sent(title: str, rows: int, *, broken: int = 0, rejections: tuple[StoredRejection, ...] = (), **parts: int) -> Sent:
    load = Load(title, Path(f"{title}.csv"), Path(f"{title}.toml"), rows, per_call=1_000, broken=broken)
    return Sent(load, "8f2c91d0", balance({"received": sum(parts.values()), **parts}), rejections)


GOOD = Outcome(
    sent=(
        sent("profiles", 2_000, delivered=2_000),
        sent("corrections", 1_000, broken=1, rejections=(REJECTION,), delivered=999, rejected=1),
    ),
    seconds=8.04,
    calls=476,
    throttled=0,
    most_in_a_second=60,
    limit=60,
    expected=HELD,
    held=HELD,
)


def text(outcome: Outcome) -> str:
    return "\n".join(line.text for line in lines(outcome))


def test_a_good_outcome_names_records_seconds_calls_and_the_limit() -> None:
    said = text(GOOD)

    assert GOOD.ok
    assert "3,000 records in 8.0 s, with 476 calls" in said
    assert "Most the stand-in saw: 60. Answers 429: 0." in said


def test_an_answer_429_is_told_and_fails_nothing_because_its_call_was_sent_again() -> None:
    outcome = replace(GOOD, throttled=2, most_in_a_second=62)

    assert outcome.ok
    assert "Most the stand-in saw: 62. Answers 429: 2." in text(outcome)
    assert "A 429 should not happen" in text(outcome)


def test_each_run_has_its_balance_line() -> None:
    assert "corrections  1,000 received = 999 delivered + 1 rejected   (run 8f2c91d0)" in text(GOOD)


def test_the_broken_record_comes_with_its_reason_and_its_cure() -> None:
    said = text(GOOD)

    assert "One of the 1,000 corrections was broken on purpose; the other 999 went through" in said
    assert "T451: wrong type" in said
    assert "`tercel explain T451` advises: " in said


def test_a_difference_of_contents_is_a_failure_even_where_the_counts_agree() -> None:
    outcome = replace(GOOD, held={**HELD, "profiles": Holding(2_000, "f" * 32)})

    assert not outcome.ok
    assert "DIFFERENT" in text(outcome)


def test_an_unexpected_rejection_is_a_failure() -> None:
    outcome = replace(GOOD, sent=(sent("profiles", 2_000, delivered=1_999, rejected=1), GOOD.sent[1]))

    assert not outcome.ok
    assert "WRONG: 0 should have been rejected" in text(outcome)


def test_a_broken_record_that_went_through_is_a_failure() -> None:
    assert not replace(GOOD, sent=(sent("corrections", 1_000, broken=1, delivered=1_000),)).ok


def test_rows_that_never_came_in_are_a_failure() -> None:
    assert not replace(GOOD, sent=(sent("profiles", 2_000, delivered=1_500),)).ok


def test_a_stalled_demo_is_a_failure_and_says_so() -> None:
    outcome = replace(GOOD, stalled=True)

    assert not outcome.ok
    assert "NOTHING MOVED" in text(outcome)
