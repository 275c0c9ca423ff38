"""Runs the demo: its processes, its course, and what is said of it at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.child import StartError
from tercel.cli import console
from tercel.cli.demo import report
from tercel.cli.demo.display import shown
from tercel.cli.demo.example import FOLDER, MAPPINGS, PURCHASES, prepare
from tercel.cli.demo.homes import home_at, near, tercel_command
from tercel.cli.demo.house import WORKERS, House, built
from tercel.cli.demo.performing import Performance, print_lines, say
from tercel.cli.demo.story import Story
from tercel.cli.failing import INTERRUPTED
from tercel.cli.sandbox import EXAMPLE
from tercel.cli.state import current
from tercel.cli.worker import MARGIN_S
from tercel.errors import UsageError

FAILED: Final = 1  # exit status: something is not where it should be


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for. ``customers`` None: all of them; ``home`` None: a temporary folder."""

    customers: int | None
    events: int
    home: Path | None
    stay: bool


def run(wish: Wish) -> int:
    """Run the demo and return the exit status. Raises UsageError, UnavailableError, StartError."""
    if current().config is not None:
        raise UsageError("The demo uses settings of its own: leave --config away.")
    with home_at(wish.home) as home:
        status = Demo(wish, home.path).run()
        home.keep = status not in (0, INTERRUPTED)
        return status


class Demo:
    """One run of it. Use it from the main thread."""

    def __init__(self, wish: Wish, home: Path) -> None:
        self._wish, self._home = wish, home
        self._performance = Performance()

    def run(self) -> int:
        """Run it to its end and return the exit status. Raises what its course raised."""
        performance = self._performance
        with performance.listening():
            example = prepare(self._home / "files", customers=self._wish.customers, events=self._wish.events)
            rate, items = EXAMPLE.rate.per_second, EXAMPLE.batch_items
            console.out(
                f"Starting Redis, a Talon.One stand-in ({rate} calls a second, {items:,} items a call), "
                f"{WORKERS} workers and Flower ..."
            )
            with built(self._home, EXAMPLE, say=say, stopped=performance.stopped.is_set) as house:
                if house is not None:
                    story = Story(house, example, stopped=performance.stopped)
                    performance.supervise(
                        house.programs,
                        grace_s=house.settings.worker.grace_s + MARGIN_S,
                        tick=house.tick,
                        course=lambda: self._course(house, story),
                    )
        return performance.ended()

    def _course(self, house: House, story: Story) -> bool:
        """Tell the story; whether to stay afterwards."""
        performance = self._performance
        watched = story.wait_for_workers()
        if performance.stopped.is_set():
            return False
        if watched:
            console.out(f"Flower shows all of it: {house.flower_url}\n")
        elif story.workers_answer():
            say(f"Flower does not answer; it goes on without. See {house.logs / 'flower.log'}")
        else:
            raise StartError(f"The workers did not start; {house.logs} may say why.")
        with shown(live=console.on_terminal()) as show:
            story.deliver(show)
        if performance.stopped.is_set():
            return False
        outcome = story.outcome()
        performance.status = 0 if outcome.ok else FAILED
        print_lines([report.Line(""), *report.lines(outcome), report.Line(""), *self._next_steps(house)])
        return self._wish.stay and outcome.ok

    def _next_steps(self, house: House) -> Iterator[report.Line]:
        if self._performance.status == FAILED:
            yield report.Line(f"Settings, data and logs of this run are kept: {self._home}")
            return
        tercel = tercel_command()
        mapping, purchases = near(FOLDER / MAPPINGS[PURCHASES]), near(FOLDER / PURCHASES)
        if self._wish.stay:
            with_config = f"{tercel} -c {house.settings_file}"
            yield report.Line(f"Flower: {house.flower_url}", report.HEAD)
            yield report.Line("It all goes on running. In another terminal:")
            yield report.Line(f"  {with_config} status")
            yield report.Line(f"  {with_config} rejected list")
            yield report.Line(f"  {with_config} backfill -m {mapping} {purchases}")
            yield report.Line("Ctrl-C ends it, and nothing is left behind.")
            return
        yield report.Line(f"Flower listened on {house.flower_url} until now. On a terminal, the demo stays with it.")
        yield report.Line("To go on, the first in one terminal and the others in a second:")
        yield report.Line(f"  {tercel} up --sandbox     a stand-in that stays, for your own files too")
        yield report.Line(f"  {tercel} backfill -d sandbox -m {mapping} {purchases}")
        yield report.Line(f"  {tercel} status --watch   see it being delivered")
