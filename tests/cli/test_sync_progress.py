"""The progress of a sync's run: what is said in each phase, and how rate, share and time left come about."""

from __future__ import annotations

from producers.warehouse.syncing.report import Phase, SyncCounts, SyncProgress
from tercel.balance import Balance
from tercel.cli.progress import Plain
from tercel.cli.sync.progress import SyncShow


class Shown:
    """Keeps what it was told to show."""

    def __init__(self) -> None:
        self.last: tuple[str, float | None, str] = ("", None, "")

    def reading(self, progress: object) -> None:
        raise AssertionError("a sync does not read as a backfill does")

    def delivering(self, run: str, found: Balance, remark: str) -> None:
        raise AssertionError("a sync does not wait as a backfill does")

    def working(self, text: str, share: float | None, remark: str) -> None:
        self.last = (text, share, remark)

    def close(self) -> None:
        pass


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def at(phase: Phase, share: float | None = None, waiting_for: str = "", **counts: int) -> SyncProgress:
    return SyncProgress("8f2c91d0", "vips", phase, SyncCounts(**counts), share, waiting_for)


def test_reading_says_rows_and_their_rate() -> None:
    shown, clock = Shown(), Clock()
    show = SyncShow(shown, 60.0, clock)
    show(at(Phase.QUERYING, source_rows=0))
    clock.now = 2.0

    show(at(Phase.QUERYING, share=0.5, source_rows=120_000, invalid=3))

    assert shown.last == ("sync vips, run 8f2c91d0: 120,000 rows read, 3 invalid, 60,000 rows/s", 0.5, "")


def test_sending_says_calls_the_share_of_the_limit_and_the_time_left() -> None:
    shown, clock = Shown(), Clock()
    show = SyncShow(shown, 60.0, clock)
    show(at(Phase.SENDING, due=300_000))
    clock.now = 2.0

    show(at(Phase.SENDING, due=300_000, succeeded=59_990, rejected=10, waiting_for="the lane is full"))

    assert shown.last == (
        "sync vips, run 8f2c91d0: 60,000 of 300,000 rows delivered or rejected, about 60 calls, 10 rejected, "
        "30,000 rows/s, 50% of the limit, 8.0 s left",
        0.2,
        "the lane is full",
    )


def test_the_rate_of_one_phase_says_nothing_of_the_next() -> None:
    shown, clock = Shown(), Clock()
    show = SyncShow(shown, 60.0, clock)
    show(at(Phase.QUERYING, source_rows=1_000_000))
    clock.now = 1.0

    show(at(Phase.SENDING, due=5))

    assert "rows/s" not in shown.last[0]


def test_without_a_terminal_a_line_is_said_now_and_then() -> None:
    said: list[str] = []
    clock = Clock()
    show = SyncShow(Plain(said.append, clock), 0.0, clock)
    show(at(Phase.COMPARING, source_rows=7))
    clock.now = 6.0

    show(at(Phase.COMPARING, source_rows=7))

    assert said == ["sync vips, run 8f2c91d0: comparing 7 rows with what was delivered"]
