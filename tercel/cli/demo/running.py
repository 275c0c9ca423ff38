"""Runs the demo: the processes in the main thread's care, its course in another, and everything gone at the end."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.child import StartError
from tercel.cli import console
from tercel.cli.demo import report
from tercel.cli.demo.display import shown
from tercel.cli.demo.example import FOLDER, MAPPINGS, PURCHASES, prepare
from tercel.cli.demo.house import WORKERS, House, built
from tercel.cli.demo.story import Story
from tercel.cli.failing import INTERRUPTED
from tercel.cli.sandbox import EXAMPLE
from tercel.cli.state import current
from tercel.cli.supervising import Supervisor, stopping_on_signals
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
    with _home(wish.home) as home:
        demo = Demo(wish, home.path)
        home.keep = demo.run() not in (0, INTERRUPTED)
        return demo.status


class Demo:
    """One run of it. Use it from the main thread."""

    def __init__(self, wish: Wish, home: Path) -> None:
        self._wish, self._home = wish, home
        self._stopped = threading.Event()
        self._supervisor: Supervisor | None = None
        self._error: BaseException | None = None
        self.status = INTERRUPTED

    def run(self) -> int:
        """Run it to its end and return the exit status. Raises what its course raised."""
        with stopping_on_signals(self._stop):
            example = prepare(self._home / "files", customers=self._wish.customers, events=self._wish.events)
            rate, items = EXAMPLE.rate.per_second, EXAMPLE.batch_items
            console.out(
                f"Starting Redis, a Talon.One stand-in ({rate} calls a second, {items:,} items a call), "
                f"{WORKERS} workers and Flower ..."
            )
            with built(self._home, EXAMPLE, say=_say, stopped=self._stopped.is_set) as house:
                if house is not None:
                    self._supervise(house, Story(house, example, stopped=self._stopped))
        if self._error is not None:
            raise self._error
        return self.status

    def _supervise(self, house: House, story: Story) -> None:
        supervisor = Supervisor(
            house.programs, grace_s=house.settings.worker.grace_s + MARGIN_S, say=_say, tick=house.tick
        )
        self._supervisor = supervisor
        if self._stopped.is_set():
            supervisor.stop()
        course = threading.Thread(target=self._tell, args=(house, story), name="demo", daemon=True)
        course.start()
        try:
            supervisor.run()
        finally:
            self._stopped.set()
            course.join()

    def _tell(self, house: House, story: Story) -> None:
        """Tell the story; whatever happens, the supervisor learns of its end."""
        try:
            self._course(house, story)
        except BaseException as error:
            self._error = error
        if self._error is not None or not self._wish.stay or self.status == FAILED:
            self._end()

    def _course(self, house: House, story: Story) -> None:
        watched = story.wait_for_workers()
        if self._stopped.is_set():
            return
        if watched:
            console.out(f"Flower shows all of it: {house.flower_url}\n")
        elif story.workers_answer():
            _say(f"Flower does not answer; it goes on without. See {house.logs / 'flower.log'}")
        else:
            raise StartError(f"The workers did not start; {house.logs} may say why.")
        with shown(live=console.on_terminal()) as show:
            story.deliver(show)
        if self._stopped.is_set():
            return
        outcome = story.outcome()
        self.status = 0 if outcome.ok else FAILED
        _print([report.Line(""), *report.lines(outcome), report.Line(""), *self._next_steps(house)])

    def _next_steps(self, house: House) -> Iterator[report.Line]:
        if self.status == FAILED:
            yield report.Line(f"Settings, data and logs of this run are kept: {self._home}")
            return
        tercel = _tercel()
        mapping, purchases = _near(FOLDER / MAPPINGS[PURCHASES]), _near(FOLDER / PURCHASES)
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

    def _stop(self) -> None:
        """Somebody wants it to end."""
        self._stopped.set()
        self._end()

    def _end(self) -> None:
        if self._supervisor is not None:
            self._supervisor.stop()


@dataclass(slots=True)
class _Home:
    path: Path
    keep: bool = True


@contextmanager
def _home(wished: Path | None) -> Iterator[_Home]:
    """Give the demo's folder: the one wished for, or a temporary one that goes unless something went wrong."""
    if wished is not None:
        yield _Home(_new_folder(wished))
        return
    home = _Home(Path(tempfile.mkdtemp(prefix="tercel-demo-")))
    try:
        yield home
    finally:
        if home.keep:
            console.note(f"tercel: what is left of the demo, its logs too, lies in {home.path}")
        else:
            shutil.rmtree(home.path, ignore_errors=True)


def _new_folder(wished: Path) -> Path:
    """Make the folder; one that holds something is refused: it may be a real home. Raises UsageError."""
    try:
        path = wished.expanduser().absolute()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        filled = any(path.iterdir())
    except (OSError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else "there is no such user"
        raise UsageError(f"--home {wished} cannot be used: {why}.") from error
    if filled:
        raise UsageError(f"--home {wished} holds something already: the demo wants a new or an empty folder.")
    return path


def _print(lines: list[report.Line]) -> None:
    if not console.on_terminal():
        console.out("\n".join(line.text for line in lines))
        return
    from rich.console import Console
    from rich.text import Text

    printer = Console()
    for line in lines:
        printer.print(Text(line.text, style=line.style), soft_wrap=True)


def _tercel() -> str:
    """Return how this command is called from here: its name, or its path where that is not on the PATH."""
    script = Path(sys.executable).with_name("tercel")
    found = shutil.which("tercel")
    return "tercel" if found and Path(found).samefile(script) else _near(script)


def _near(path: Path) -> str:
    """Return a path as seen from the working directory, where it lies below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _say(text: str) -> None:
    console.note(f"tercel: {text}")
