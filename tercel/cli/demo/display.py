"""Showing how the demo goes: a small table that is always up to date on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from tercel.cli import console
from tercel.cli.demo.snapshot import RunView, Snapshot, plain_line, rate_text

PLAIN_EVERY_S: Final = 1.0  # seconds between two plain lines
UNDER_WAY: Final = "cyan"  # the colour of a bar that is not full; rich's own red says that something is wrong
BAR_CELLS: Final = 16  # width of a bar: the table fits 80 columns
HEADS: Final = ("read", "queued", "in flight", "delivered", "rejected")


class Show(Protocol):
    """What shows a look."""

    def show(self, shot: Snapshot) -> None:
        """Show it, in the place of the one before."""


class PlainShow:
    """A line every second, and one at the end."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._next = clock, 0.0
        self._ended = False

    def show(self, shot: Snapshot) -> None:
        """Say it, if the last line is a second old."""
        if self._ended or (self._clock() < self._next and not shot.finished):
            return
        self._next, self._ended = self._clock() + PLAIN_EVERY_S, shot.finished
        console.out(plain_line(shot))


class LiveShow:
    """A line for each run, and one for the rate."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, shot: Snapshot) -> None:
        """Draw it anew."""
        self._live.update(picture(shot), refresh=True)


def picture(shot: Snapshot) -> Group:
    """Return the table of the runs with the rate below it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", min_width=11)
    table.add_column("", width=BAR_CELLS)
    for head in HEADS:
        table.add_column(head, justify="right", min_width=len("999,999"))
    for run in shot.runs:
        table.add_row(*_cells(run))
    rate = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    rate.add_column(min_width=11)
    rate.add_column(width=BAR_CELLS)
    rate.add_column(no_wrap=True)
    bar = ProgressBar(
        total=shot.limit, completed=min(shot.last_second, shot.limit), width=BAR_CELLS, complete_style=UNDER_WAY
    )
    rate.add_row("rate", bar, Text(rate_text(shot)))
    return Group(table, rate)


@contextmanager
def shown(*, live: bool) -> Iterator[Show]:
    """Give what shows progress best."""
    if not live:
        yield PlainShow()
        return
    with Live(console=Console(), auto_refresh=False, transient=False) as drawing:
        yield LiveShow(drawing)


def _cells(run: RunView) -> tuple[Text | ProgressBar, ...]:
    rejected = Text(f"{run.rejected:,}", style="yellow" if run.rejected else "")
    numbers = (run.read, run.queued, run.in_flight, run.delivered)
    bar = ProgressBar(
        total=max(1, run.rows), completed=run.settled if run.rows else 1, width=BAR_CELLS, complete_style=UNDER_WAY
    )
    return Text(run.title), bar, *(Text(f"{n:,}") for n in numbers), rejected
