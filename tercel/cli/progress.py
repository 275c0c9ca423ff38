"""How a backfill or sync goes: a live line on a terminal, a plain line now and then elsewhere. Always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from producers.warehouse import Progress
from tercel.balance import Balance
from tercel.cli.console import clean, note

PLAIN_EVERY_S = 5.0  # seconds between two plain lines


class Show(Protocol):
    """What shows progress."""

    def reading(self, progress: Progress) -> None:
        """Rows are being read."""

    def delivering(self, run: str, found: Balance, remark: str) -> None:
        """All rows are on the lanes; ``found`` says how far delivery is, ``remark`` what stands in its way."""

    def working(self, text: str, share: float | None, remark: str) -> None:
        """Work goes on: ``text`` says how far it is, ``share`` (0 to 1; None: not known) of it is done."""

    def close(self) -> None:
        """Show nothing any more."""


class Quiet:
    """Shows nothing."""

    def reading(self, progress: Progress) -> None:
        """Show nothing."""

    def delivering(self, run: str, found: Balance, remark: str) -> None:
        """Show nothing."""

    def working(self, text: str, share: float | None, remark: str) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Do nothing."""


class Plain:
    """A line every few seconds, and whenever what it waits for changes."""

    def __init__(self, say: Callable[[str], None] = note, clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._next = clock() + PLAIN_EVERY_S
        self._remark = ""

    def reading(self, progress: Progress) -> None:
        """Say how many rows were read."""
        self._tell(reading_text(progress), progress.waiting_for)

    def delivering(self, run: str, found: Balance, remark: str) -> None:
        """Say how many records are still to be delivered."""
        self._tell(delivering_text(run, found), remark)

    def working(self, text: str, share: float | None, remark: str) -> None:
        """Say how far the work is."""
        self._tell(text if share is None else f"{text} ({share:.0%})", remark)

    def close(self) -> None:
        """Do nothing."""

    def _tell(self, text: str, remark: str) -> None:
        now = self._clock()
        if now < self._next and (not remark or remark == self._remark):
            return
        self._next, self._remark = now + PLAIN_EVERY_S, remark
        self._say(f"{text}{f'; {clean(remark)}' if remark else ''}")


class Live:
    """One line that is always up to date, with a bar."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bars.add_task("reading", total=1.0)
        self._bars.start()

    def reading(self, progress: Progress) -> None:
        """Show the share of the input that was read."""
        remark = f"; {clean(progress.waiting_for)}" if progress.waiting_for else ""
        self._bars.update(self._task, completed=progress.share, description=reading_text(progress) + remark)

    def delivering(self, run: str, found: Balance, remark: str) -> None:
        """Show the share of the records that are settled."""
        share = 1 - found.unfinished / found.received if found.received else 1.0
        text = delivering_text(run, found) + (f"; {clean(remark)}" if remark else "")
        self._bars.update(self._task, completed=share, description=text)

    def working(self, text: str, share: float | None, remark: str) -> None:
        """Show how far the work is; where that is not known, the bar only moves."""
        said = f"{text}; {clean(remark)}" if remark else text
        if share is None:
            self._bars.update(self._task, total=None, description=said)
        else:
            self._bars.update(self._task, total=1.0, completed=share, description=said)

    def close(self) -> None:
        """Take the line away."""
        self._bars.stop()


def reading_text(progress: Progress) -> str:
    """Return how far reading is."""
    return (
        f"run {progress.run}: {clean(progress.file)}: {progress.rows:,} rows read ({progress.share:.0%}), "
        f"{progress.rejected:,} rejected"
    )


def delivering_text(run: str, found: Balance) -> str:
    """Return how far delivery is."""
    parts = found.parts
    in_calls = parts["in_flight"] + parts["retrying"]
    settled = found.received - found.unfinished
    return (
        f"run {run}: {settled:,} of {found.received:,} settled, {parts['waiting']:,} waiting, {in_calls:,} in flight, "
        f"{parts['rejected']:,} rejected"
    )


@contextmanager
def progress_display(*, quiet: bool) -> Iterator[Show]:
    """Give what shows progress best: nothing, a live line, or plain lines."""
    show: Show = Quiet() if quiet else Live() if sys.stderr.isatty() else Plain()
    try:
        yield show
    finally:
        show.close()
